/// The fields one side of a connection has sent and may name again by number, RFC 7541 §2.3.2.
///
/// The bytes lie in a ring in the order of their arrival, each entry in one piece; nothing is ever
/// shifted. An entry is known by its insertion number, which never changes: the index of HPACK
/// counts back from the newest. Memory comes with the first insertion and doubles up to what the
/// limit needs, so that a connection with the usual few fields holds a kilobyte.
@safe
package struct HPACKDynamicTable: ~Copyable {
    /// What an entry costs beside its bytes, RFC 7541 §4.1.
    package static let entryOverhead = 32

    private struct Entry: BitwiseCopyable {
        var start: UInt16
        var nameCount: UInt16
        var valueCount: UInt16
        var known: HTTP.FieldName

        var count: Int { Int(nameCount) &+ Int(valueCount) }
    }

    /// The most that `limit` may become.
    package let limitMax: Int
    /// The most that `size` may be, RFC 7541 §4.2.
    package private(set) var limit: Int
    /// Bytes of all names and values, and 32 an entry.
    package private(set) var size = 0
    /// Entries ever inserted; the newest has the number `inserted - 1`.
    package private(set) var inserted: UInt64 = 0
    /// Entries that are there.
    package private(set) var count = 0

    /// The sum of sizes that `bytes` and `entries` have room for; twice as many bytes, as one
    /// entry in one piece needs up to half of the ring free at one place. A power of two.
    private var room = 0
    private var bytes: UnsafeMutablePointer<UInt8>?
    private var entries: UnsafeMutablePointer<Entry>?
    /// Where the next entry's bytes begin.
    private var tail = 0

    package init(limit: Int = HTTP2.Limit.tableBytes) {
        precondition(limit >= 0 && limit <= HTTP2.Limit.tableBytesMax)
        limitMax = limit
        self.limit = limit
        // SAFETY: nil points nowhere.
        unsafe bytes = nil
        unsafe entries = nil
    }

    // SAFETY: both came from `allocate` in `grow` and have no other owner.
    deinit {
        unsafe bytes?.deallocate()
        unsafe entries?.deallocate()
    }

    /// Bytes of memory held, used or not.
    package var storageBytes: Int {
        room * 2 + room / Self.entryOverhead * MemoryLayout<Entry>.stride
    }

    /// The number of the entry that HPACK's `index` (62 and up) names; nil when there is none.
    @inline(always)
    package func number(index: Int) -> UInt64? {
        let age = index &- HPACKStaticTable.count &- 1
        guard age >= 0, age < count else { return nil }
        return inserted &- 1 &- UInt64(age)
    }

    /// HPACK's index of the entry with `number`; nil when it is evicted.
    @inline(always)
    package func index(number: UInt64) -> Int? {
        guard number < inserted, inserted &- number <= UInt64(count) else { return nil }
        return HPACKStaticTable.count &+ Int(truncatingIfNeeded: inserted &- number)
    }

    @_lifetime(borrow self)
    @inline(always)
    package func name(_ number: UInt64) -> Span<UInt8> {
        let entry = entry(number)
        return piece(Int(entry.start), Int(entry.nameCount))
    }

    @_lifetime(borrow self)
    @inline(always)
    package func value(_ number: UInt64) -> Span<UInt8> {
        let entry = entry(number)
        return piece(Int(entry.start) &+ Int(entry.nameCount), Int(entry.valueCount))
    }

    @inline(always)
    package func known(_ number: UInt64) -> HTTP.FieldName { entry(number).known }

    /// Adds a field in front, RFC 7541 §4.4; one that is larger than the table empties it.
    /// - Returns: whether the field is in the table now.
    @discardableResult
    package mutating func insert(
        name: Span<UInt8>, value: Span<UInt8>, known: HTTP.FieldName
    ) -> Bool {
        let added = name.count &+ value.count &+ Self.entryOverhead
        if added > limit {
            evict(to: 0)
            return false
        }
        evict(to: limit &- added)
        if size &+ added > room { grow(for: size &+ added) }
        // SAFETY: `place` answers with room for the bytes within the ring, which has no entry
        // there; the sources are other objects; the slot is one of `room / entryOverhead`, of
        // which less are taken, as `size` counts 32 an entry.
        let start = place(name.count &+ value.count)
        precondition(start &+ name.count &+ value.count <= room &* 2, "beyond the ring")
        unsafe Self.copy(name, to: bytes! + start)
        unsafe Self.copy(value, to: bytes! + start + name.count)
        unsafe entries![slot(inserted)] = Entry(
            start: UInt16(truncatingIfNeeded: start),
            nameCount: UInt16(truncatingIfNeeded: name.count),
            valueCount: UInt16(truncatingIfNeeded: value.count), known: known)
        tail = start &+ name.count &+ value.count
        inserted &+= 1
        count &+= 1
        size &+= added
        return true
    }

    /// Takes a new limit, at most `limitMax`, and evicts what is above it, RFC 7541 §4.3.
    package mutating func resize(to limit: Int) {
        precondition(limit >= 0 && limit <= limitMax, "a table beyond what was announced")
        self.limit = limit
        evict(to: limit)
    }

    private mutating func evict(to size: Int) {
        while self.size > size {
            self.size &-= entry(inserted &- UInt64(count)).count &+ Self.entryOverhead
            count &-= 1
        }
    }

    /// Where `length` bytes fit in one piece behind the newest entry.
    ///
    /// The ring has `2 * room` bytes and live entries at most `room - length` of them, so when they
    /// are in one run, one of the two sides of it has `room / 2 + length / 2 >= length`; when they
    /// are in two, what was skipped at the end was less than one entry, and `length` is left.
    private func place(_ length: Int) -> Int {
        if count == 0 { return 0 }
        let oldest = Int(entry(inserted &- UInt64(count)).start)
        if tail > oldest || tail == oldest && size == Self.entryOverhead &* count {
            return tail &+ length <= room &* 2 ? tail : 0
        }
        return tail
    }

    @inline(always)
    private func slot(_ number: UInt64) -> Int {
        Int(truncatingIfNeeded: number) & (room / Self.entryOverhead &- 1)
    }

    @inline(always)
    private func entry(_ number: UInt64) -> Entry {
        precondition(
            number < inserted && inserted &- number <= UInt64(count), "an entry that is gone")
        // SAFETY: the line above: the slot was written by `insert`.
        return unsafe entries![slot(number)]
    }

    @_lifetime(borrow self)
    @inline(always)
    private func piece(_ start: Int, _ count: Int) -> Span<UInt8> {
        // SAFETY: the range belongs to a live entry, whose bytes `insert` wrote; they stay as long
        // as `self` is not changed.
        let span = unsafe Span(
            _unsafeElements: UnsafeBufferPointer(start: bytes! + start, count: count))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    private static func copy(_ source: Span<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
        // SAFETY: the caller vouches for the room at `target`.
        unsafe source.withUnsafeBufferPointer { source in
            if let base = source.baseAddress {
                unsafe target.update(from: base, count: source.count)
            }
        }
    }

    /// Moves to a ring with room for entries of `wanted` bytes.
    @inline(never)
    private mutating func grow(for wanted: Int) {
        var room = max(512, self.room)
        while room < wanted { room *= 2 }
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: room * 2)
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: room / Self.entryOverhead)
        var tail = 0
        // SAFETY: all live entries fit the larger ring one behind the other; the old memory has no
        // other owner.
        for number in inserted - UInt64(count)..<inserted {
            var entry = entry(number)
            unsafe (bytes + tail).update(from: self.bytes! + Int(entry.start), count: entry.count)
            entry.start = UInt16(truncatingIfNeeded: tail)
            tail += entry.count
            unsafe entries[Int(truncatingIfNeeded: number) & (room / Self.entryOverhead - 1)] =
                entry
        }
        unsafe self.bytes?.deallocate()
        unsafe self.entries?.deallocate()
        unsafe self.bytes = bytes
        unsafe self.entries = entries
        self.room = room
        self.tail = tail
    }
}
