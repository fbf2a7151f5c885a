/// A first-in first-out run of bytes in one contiguous, growable piece of memory.
///
/// Storage appears with the first byte and can be given back with `releaseStorage()`, so that an
/// idle connection costs only the three words of this header. Appending may move the bytes; a
/// `Span` taken before is then refused by the compiler.
@safe
package struct ByteQueue: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>?
    private var capacity: Int
    private var head: Int
    private var tail: Int

    package init() {
        // SAFETY: nil points nowhere.
        unsafe base = nil
        capacity = 0
        head = 0
        tail = 0
    }

    package init(capacity: Int) {
        self.init()
        reserve(capacity)
    }

    deinit {
        // SAFETY: `base` came from `allocate` in `makeRoom` and has no other owner.
        unsafe base?.deallocate()
    }

    @inline(always)
    package var count: Int { tail - head }
    @inline(always)
    package var isEmpty: Bool { tail == head }
    /// Bytes of memory held, used or not.
    package var storageBytes: Int { capacity }

    /// The queued bytes, oldest first.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(always)
        borrowing get {
            // SAFETY: `head..<tail` was initialised by appends and lies within the allocation,
            // which lives as long as `self`.
            let view = unsafe Span(_unsafeElements: unsafeBytes)
            return unsafe _overrideLifetime(view, borrowing: self)
        }
    }

    /// The same for a caller whose borrow the compiler can't tell from its other accesses. Gone
    /// with the next change of the queue.
    package var unsafeBytes: UnsafeBufferPointer<UInt8> {
        @inline(always)
        borrowing get {
            unsafe UnsafeBufferPointer(
                start: unsafe base.map { unsafe UnsafePointer($0 + head) }, count: tail - head)
        }
    }

    /// Makes room for `count` more bytes behind the queued ones.
    @inline(always)
    package mutating func reserve(_ count: Int) {
        if capacity - tail < count { makeRoom(for: count) }
    }

    @inline(never)
    private mutating func makeRoom(for count: Int) {
        let used = tail - head
        if unsafe base != nil, capacity - used >= count, head >= used {
            // SAFETY: both ranges lie in the allocation; `update` copes with neighbours, and
            // `head >= used` keeps the cost of sliding proportional to what was consumed before.
            unsafe base!.update(from: base! + head, count: used)
        } else {
            let wanted = max(max(64, capacity * 2), used + count)
            let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
            // SAFETY: `fresh` holds `wanted >= used` bytes and is another allocation than `old`.
            if let old = unsafe base {
                unsafe fresh.update(from: old + head, count: used)
                unsafe old.deallocate()
            }
            unsafe base = fresh
            capacity = wanted
        }
        head = 0
        tail = used
    }

    @inline(always)
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        // SAFETY: `reserve` left room for a byte at `tail`.
        unsafe base![tail] = byte
        tail += 1
    }

    @inline(always)
    package mutating func append(_ bytes: Span<UInt8>) {
        let count = bytes.count
        if count == 0 { return }
        reserve(count)
        unsafe bytes.withUnsafeBufferPointer { source in
            // SAFETY: `reserve` left room for `count` bytes at `tail`; the source is another
            // object.
            unsafe (base! + tail).update(from: source.baseAddress!, count: count)
        }
        tail += count
    }

    /// Appends the UTF-8 of a literal, without making a `String`.
    @inline(always)
    package mutating func append(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        if count == 0 { return }
        reserve(count)
        // SAFETY: a literal's bytes live for ever; `reserve` left room for them.
        unsafe (base! + tail).update(from: text.utf8Start, count: count)
        tail += count
    }

    /// Appends `value` in network order.
    @inline(always)
    package mutating func append<Word: FixedWidthInteger & BitwiseCopyable>(bigEndian value: Word) {
        reserve(MemoryLayout<Word>.size)
        // SAFETY: `reserve` left room for the word at `tail`; unaligned stores of trivial types are
        // allowed.
        unsafe UnsafeMutableRawPointer(base! + tail).storeBytes(
            of: value.bigEndian, as: Word.self)
        tail += MemoryLayout<Word>.size
    }

    /// Writes `value` in network order over what is queued at `offset`.
    @inline(always)
    package mutating func overwrite<Word: FixedWidthInteger & BitwiseCopyable>(
        bigEndian value: Word, at offset: Int
    ) {
        precondition(offset >= 0 && count - offset >= MemoryLayout<Word>.size)
        // SAFETY: the line above; unaligned stores of trivial types are allowed.
        unsafe UnsafeMutableRawPointer(base! + head + offset).storeBytes(
            of: value.bigEndian, as: Word.self)
    }

    /// Drops the `count` youngest bytes.
    @inline(always)
    package mutating func removeLast(_ count: Int) {
        precondition(count >= 0 && count <= tail - head, "dropping more than is queued")
        tail -= count
    }

    /// Appends `value` in decimal digits.
    @inline(always)
    package mutating func append(decimal value: UInt64) {
        if value < 10 {
            append(UInt8(truncatingIfNeeded: value) &+ 48)
            return
        }
        var digits = 0
        var rest = value
        while rest != 0 {
            digits += 1
            rest /= 10
        }
        reserve(digits)
        rest = value
        var position = tail + digits
        // SAFETY: `reserve` left room for `digits` bytes at `tail`, and the loop writes just those.
        while rest != 0 {
            position -= 1
            unsafe base![position] = UInt8(truncatingIfNeeded: rest % 10) &+ 48
            rest /= 10
        }
        tail += digits
    }

    /// Appends `count` copies of `byte`.
    package mutating func append(repeating byte: UInt8, count: Int) {
        precondition(count >= 0, "a negative number of bytes")
        if count == 0 { return }
        reserve(count)
        // SAFETY: `reserve` left room for `count` bytes at `tail`.
        unsafe (base! + tail).update(repeating: byte, count: count)
        tail += count
    }

    /// Drops the `count` oldest bytes.
    @inline(always)
    package mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= tail - head, "consuming more than is queued")
        head += count
        if head == tail {
            head = 0
            tail = 0
        }
    }

    /// Forgets the bytes, keeps the memory.
    @inline(always)
    package mutating func removeAll() {
        head = 0
        tail = 0
    }

    /// Forgets the bytes and gives the memory back.
    package mutating func releaseStorage() {
        // SAFETY: as in `deinit`; the pointer is forgotten at once.
        unsafe base?.deallocate()
        unsafe base = nil
        capacity = 0
        head = 0
        tail = 0
    }

    /// Gives memory back when there is more than `kept` bytes of it and less than half is in use,
    /// as in a long queue that drains. Halving moves each byte that was ever queued at most once.
    @inline(always)
    package mutating func trim(above kept: Int) {
        if capacity > kept, count < capacity / 2 { shrink() }
    }

    @inline(never)
    private mutating func shrink() {
        var fitting = ByteQueue()
        fitting.append(bytes)
        swap(&self, &fitting)
    }

    /// Lends at least `minimum` writable bytes behind the queued ones to `fill`, which returns how
    /// many it initialised (recv(2) and the like). `minimum` is at least 1.
    @inline(always)
    package mutating func withFreeSpace<Failure: Error>(
        minimum: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        precondition(minimum > 0, "a zero-length read would look like a close")
        reserve(minimum)
        // SAFETY: `tail..<capacity` is allocated and owned by `self`.
        let free = unsafe UnsafeMutableRawBufferPointer(start: base! + tail, count: capacity - tail)
        let added = try unsafe fill(free)
        precondition(
            added >= 0 && added <= free.count, "more bytes reported than there was room for")
        tail += added
        return added
    }
}
