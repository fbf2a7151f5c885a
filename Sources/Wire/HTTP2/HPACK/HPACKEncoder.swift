package import Basis

/// Writes the field blocks that one end sends, RFC 7541 §6.
///
/// A block is `begin` and then its fields; between two blocks the peer's limit may change. Fields
/// that are sent again and again are `HPACKCachedField`s and cost no search.
package struct HPACKEncoder: ~Copyable {
    /// What the peer's table is to do with a field.
    package enum Indexing: BitwiseCopyable, Equatable, Sendable {
        /// Keep it: it will come again.
        case incremental
        /// Not keep it: it is unlikely to come again as it is.
        case none
        /// Not keep it, here or behind any proxy, RFC 7541 §7.1.3: secrets.
        case never
    }

    var table: HPACKDynamicTable
    private let huffman = Huffman()
    /// The most that is used, whatever the peer offers.
    private let capacity: Int
    /// What the peer allows, capped by `capacity`.
    private var limit: Int
    /// The smallest limit since the last block; nil when it did not change.
    private var smallestLimit: Int?

    /// - Parameter capacity: bytes of table to use at most.
    package init(capacity: Int = HTTP2.Limit.tableBytes) {
        precondition(capacity >= 0 && capacity <= HTTP2.Limit.tableBytes)
        self.capacity = capacity
        limit = capacity
        // Until it says otherwise a peer has 4,096 (RFC 9113 §6.5.2), of which less may be used
        // only when it is told so (RFC 7541 §4.2).
        table = HPACKDynamicTable(limit: HTTP2.Limit.tableBytes)
        smallestLimit = capacity < HTTP2.Limit.tableBytes ? capacity : nil
    }

    /// Whether the next block begins with a table size update, or may.
    package var owesSizeUpdate: Bool { smallestLimit != nil }
    /// Entries that it has had the peer keep so far.
    package var insertions: UInt64 { table.inserted }
    /// The size of the table, as the last block left it.
    @inline(always)
    package var tableBytes: Int { table.limit }
    /// Bytes of memory held.
    package var storageBytes: Int { table.storageBytes }

    /// The peer has sent SETTINGS_HEADER_TABLE_SIZE. Called for each value in the order they came,
    /// as the smallest of several counts too.
    package mutating func peerAllows(tableBytes: UInt32) {
        let allowed = min(Int(tableBytes), capacity)
        if allowed == limit, smallestLimit == nil { return }
        limit = allowed
        smallestLimit = min(smallestLimit ?? allowed, allowed)
    }

    /// Begins a block: writes the table size updates that are due, RFC 7541 §4.2.
    @inline(always)
    package mutating func begin(_ output: inout ByteQueue) {
        if smallestLimit != nil { updateSize(&output) }
    }

    @inline(never)
    private mutating func updateSize(_ output: inout ByteQueue) {
        let smallest = min(smallestLimit ?? limit, limit)
        smallestLimit = nil
        // An update that changes nothing for the peer is left out, but entries that it evicted at
        // the smallest size are gone.
        if smallest < table.limit, smallest < limit {
            table.resize(to: smallest)
            HPACKInteger.append(smallest, prefix: 5, pattern: 0x20, to: &output)
        }
        if limit != table.limit {
            table.resize(to: limit)
            HPACKInteger.append(limit, prefix: 5, pattern: 0x20, to: &output)
        }
    }

    /// Appends a field that one of the static table's entries is.
    @inline(always)
    package func append(staticIndex index: Int, to output: inout ByteQueue) {
        precondition(index >= 1 && index <= HPACKStaticTable.count)
        HPACKInteger.append(index, prefix: 7, pattern: 0x80, to: &output)
    }

    /// Appends a field whose name one of the static table's entries has, as a literal that no
    /// table keeps.
    ///
    /// Hot: once a reply, for its length. The value goes as it is: a few digits shrink by a byte
    /// or none.
    @inline(always)
    package func append(
        staticName index: Int, decimal value: UInt64, to output: inout ByteQueue
    ) {
        precondition(index >= 1 && index <= HPACKStaticTable.count)
        HPACKInteger.append(index, prefix: 4, pattern: 0, to: &output)
        output.append(Self.decimalDigits(value))
        output.append(decimal: value)
    }

    private static func decimalDigits(_ value: UInt64) -> UInt8 {
        var digits: UInt8 = 1
        var rest = value
        while rest >= 10 {
            digits &+= 1
            rest /= 10
        }
        return digits
    }

    /// Appends a field that this connection repeats: one byte or two while the peer has it,
    /// otherwise a literal that it keeps.
    ///
    /// Hot: several times a reply.
    /// - Parameters:
    ///   - name: in lower case, RFC 9113 §8.2.
    ///   - stamp: tells apart the values that the field takes in turn, as the second does for a
    ///     Date.
    @inline(always)
    package mutating func append(
        _ name: StaticString, _ value: Span<UInt8>, stamp: UInt64 = 0,
        cached: inout HPACKCachedField, to output: inout ByteQueue
    ) {
        append(name: name.span, value: value, stamp: stamp, cached: &cached, to: &output)
    }

    /// The same for a name that is no literal of the program.
    ///
    /// Hot: several times a request of a mix.
    @inline(always)
    package mutating func append(
        name: Span<UInt8>, value: Span<UInt8>, stamp: UInt64 = 0,
        cached: inout HPACKCachedField, to output: inout ByteQueue
    ) {
        if stamp == cached.stamp, let index = table.index(number: cached.number) {
            HPACKInteger.append(index, prefix: 7, pattern: 0x80, to: &output)
        } else {
            insert(name, value, stamp: stamp, cached: &cached, to: &output)
        }
    }

    @inline(never)
    private mutating func insert(
        _ name: Span<UInt8>, _ value: Span<UInt8>, stamp: UInt64,
        cached: inout HPACKCachedField, to output: inout ByteQueue
    ) {
        cached = HPACKCachedField()
        let number = table.inserted
        let isKept = appendLiteral(
            name: name, value: value, indexing: .incremental,
            nameIndex: HPACKStaticTable.find(name: name, value: value)?.index, to: &output)
        if isKept {
            cached.number = number
            cached.stamp = stamp
        }
    }

    /// Appends any field: by its index in either table if it has one, and as a literal otherwise.
    /// - Parameter name: in lower case, RFC 9113 §8.2.
    package mutating func append(
        name: Span<UInt8>, value: Span<UInt8>, indexing: Indexing = .incremental,
        to output: inout ByteQueue
    ) {
        let known = HPACKStaticTable.find(name: name, value: value)
        if let known, known.hasValue, indexing != .never {
            HPACKInteger.append(known.index, prefix: 7, pattern: 0x80, to: &output)
            return
        }
        let own = find(name: name, value: value)
        if let own, own.hasValue, indexing != .never {
            HPACKInteger.append(own.index, prefix: 7, pattern: 0x80, to: &output)
            return
        }
        _ = appendLiteral(
            name: name, value: value, indexing: indexing, nameIndex: known?.index ?? own?.index,
            to: &output)
    }

    /// Whether the static table has the field whole.
    /// - Parameter name: in lower case, RFC 9113 §8.2.
    package static func isStatic(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
        HPACKStaticTable.find(name: name, value: value)?.hasValue == true
    }

    /// Appends what stands before the value of a literal that no table keeps, and that needs none
    /// but the static one.
    /// - Parameter name: in lower case, RFC 9113 §8.2.
    package func beginLiteral(
        name: Span<UInt8>, indexing: Indexing, to output: inout ByteQueue
    ) {
        let empty = ByteQueue()
        let known = HPACKStaticTable.find(name: name, value: empty.bytes)?.index
        HPACKInteger.append(
            known ?? 0, prefix: 4, pattern: indexing == .never ? 0x10 : 0, to: &output)
        if known == nil { append(string: name, to: &output) }
    }

    /// The youngest entry that is this field, or at least has this name. Linear over at most 128
    /// entries, most of which differ in the lengths that are compared first.
    private func find(
        name: Span<UInt8>, value: Span<UInt8>
    ) -> (index: Int, hasValue: Bool)? {
        var named: Int?
        var number = table.inserted
        let oldest = number &- UInt64(table.count)
        while number > oldest {
            number &-= 1
            guard table.name(number).equals(name) else { continue }
            let index = table.index(number: number)
            if table.value(number).equals(value) { return index.map { ($0, true) } }
            named = named ?? index
        }
        return named.map { ($0, false) }
    }

    /// Appends a literal field, RFC 7541 §6.2; says whether the tables keep it.
    private mutating func appendLiteral(
        name: Span<UInt8>, value: Span<UInt8>, indexing: Indexing, nameIndex: Int?,
        to output: inout ByteQueue
    ) -> Bool {
        let pattern: UInt8
        switch indexing {
        case .incremental: pattern = 0x40
        case .none: pattern = 0
        case .never: pattern = 0x10
        }
        HPACKInteger.append(
            nameIndex ?? 0, prefix: indexing == .incremental ? 6 : 4, pattern: pattern,
            to: &output)
        if nameIndex == nil { append(string: name, to: &output) }
        append(string: value, to: &output)
        guard indexing == .incremental else { return false }
        return table.insert(name: name, value: value, known: .other)
    }

    /// Appends a string in whichever form is shorter, RFC 7541 §5.2.
    private func append(string text: Span<UInt8>, to output: inout ByteQueue) {
        let count = huffman.encodedCount(text)
        // The examples of RFC 7541 take the code where both are as long.
        if !text.isEmpty, count <= text.count {
            HPACKInteger.append(count, prefix: 7, pattern: 0x80, to: &output)
            huffman.encode(text, count: count, to: &output)
        } else {
            HPACKInteger.append(text.count, prefix: 7, pattern: 0, to: &output)
            output.append(text)
        }
    }
}
