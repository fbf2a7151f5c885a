import Basis

/// Reads the field blocks that one peer sends, RFC 7541 §3.2 and §6.
///
/// Every error is COMPRESSION_ERROR and ends the connection, whatever becomes of the stream that
/// the block belongs to (RFC 9113 §4.3). A list that is too long is no such error: its fields are
/// no longer told to the visitor, but read, so that the tables stay in step.
package struct HPACKDecoder: ~Copyable {
    /// What there is to say of a whole block.
    package struct Block: BitwiseCopyable, Equatable, Sendable {
        /// Name, value and 32 for each field, RFC 9113 §6.5.2, whether it was visited or not.
        package internal(set) var listBytes = 0
        package internal(set) var fields = 0
        /// The list is beyond what was allowed and was not visited to its end.
        package internal(set) var isOversized = false
        /// The dynamic table is another one than before, so that the same bytes would mean
        /// something else.
        package internal(set) var changedTable = false
    }

    /// The field list that is visited, at most.
    package let listBytesMax: Int
    package let fieldsMax: Int

    var table: HPACKDynamicTable
    private let huffman = Huffman()
    /// Strings that do not stand in the block as they are; none of them outlives its field.
    private var scratch = ByteQueue()
    /// The limit that binds the peer: a size update may not go beyond (RFC 7541 §6.3).
    private var announced: Int
    /// The peer has acknowledged a limit below the one in use and owes an update.
    private var owesUpdate = false

    /// - Parameter tableBytes: SETTINGS_HEADER_TABLE_SIZE as announced or to be announced, at most
    ///   `HTTP2.Limit.tableBytesMax`. Until the peer acknowledges a larger one than 4,096, it uses
    ///   4,096, which no block can tell from ours.
    package init(
        tableBytes: Int = HTTP2.Limit.tableBytes, listBytesMax: Int = HTTP2.Limit.listBytes,
        fieldsMax: Int = HTTP2.Limit.fields
    ) {
        self.listBytesMax = listBytesMax
        self.fieldsMax = fieldsMax
        announced = max(tableBytes, HTTP2.Limit.tableBytes)
        table = HPACKDynamicTable(limit: announced)
        table.resize(to: HTTP2.Limit.tableBytes)
    }

    /// Bytes of memory held.
    package var storageBytes: Int { table.storageBytes + scratch.storageBytes }

    /// The peer has acknowledged our SETTINGS with this HEADER_TABLE_SIZE. If that is below what
    /// it uses, its next block must begin with a size update, RFC 7541 §4.2.
    package mutating func acknowledged(tableBytes: Int) {
        precondition(tableBytes <= table.limitMax, "a table beyond what the decoder was made for")
        announced = tableBytes
        if table.limit > tableBytes { owesUpdate = true }
    }

    /// Reads one whole block, its fragments joined.
    ///
    /// Hot: once a request or response.
    package mutating func decode<Visitor: FieldVisitor & ~Copyable>(
        _ block: Span<UInt8>, into visitor: inout Visitor
    ) throws(HTTP2.Failure) -> Block {
        var facts = Block()
        var at = 0
        try updateSizes(block, at: &at, facts: &facts)
        while at < block.count {
            let first = block[at]
            if first & 0x80 != 0 {
                try indexed(block, at: &at, facts: &facts, into: &visitor)
            } else if first & 0x40 != 0 {
                try literal(
                    block, at: &at, prefix: 6, isInserted: true, facts: &facts, into: &visitor)
            } else if first & 0x20 != 0 {
                // RFC 7541 §4.2.
                throw .compression("a table size update behind a field")
            } else {
                try literal(
                    block, at: &at, prefix: 4, isInserted: false, facts: &facts, into: &visitor)
            }
        }
        scratch.trim(above: HTTP2.Limit.tableBytes)
        return facts
    }

    /// Dynamic table size updates, RFC 7541 §6.3, which begin a block and nothing else.
    private mutating func updateSizes(
        _ block: Span<UInt8>, at: inout Int, facts: inout Block
    ) throws(HTTP2.Failure) {
        var updates = 0
        while at < block.count, block[at] & 0xE0 == 0x20 {
            let size = Int(try integer(block, at: &at, prefix: 5))
            updates += 1
            // RFC 7541 §4.2: the smallest in between and the final one, more have no use.
            guard updates <= 2 else { throw .compression("more than two table size updates") }
            guard size <= announced else {
                throw .compression("a table size update beyond SETTINGS_HEADER_TABLE_SIZE")
            }
            table.resize(to: size)
            owesUpdate = false
            facts.changedTable = true
        }
        if owesUpdate { throw .compression("no table size update after its limit was lowered") }
    }

    /// Indexed field, RFC 7541 §6.1.
    @inline(always)
    private mutating func indexed<Visitor: FieldVisitor & ~Copyable>(
        _ block: Span<UInt8>, at: inout Int, facts: inout Block, into visitor: inout Visitor
    ) throws(HTTP2.Failure) {
        let index = Int(try integer(block, at: &at, prefix: 7))
        if index == 0 { throw .compression("index zero") }
        if index <= HPACKStaticTable.count {
            let (name, value) = (HPACKStaticTable.name(index), HPACKStaticTable.value(index))
            if try Self.count(name, value, listBytesMax, fieldsMax, in: &facts) {
                visitor.visit(
                    HPACKStaticTable.known(index), name: name, value: value, isSensitive: false)
            }
            return
        }
        let number = try self.number(index)
        let (name, value) = (table.name(number), table.value(number))
        if try Self.count(name, value, listBytesMax, fieldsMax, in: &facts) {
            visitor.visit(table.known(number), name: name, value: value, isSensitive: false)
        }
    }

    /// Literal field, RFC 7541 §6.2: with indexing (`isInserted`), without, or never to be indexed.
    private mutating func literal<Visitor: FieldVisitor & ~Copyable>(
        _ block: Span<UInt8>, at: inout Int, prefix: Int, isInserted: Bool, facts: inout Block,
        into visitor: inout Visitor
    ) throws(HTTP2.Failure) {
        let isSensitive = !isInserted && block[at] & 0x10 != 0
        scratch.removeAll()
        let index = Int(try integer(block, at: &at, prefix: prefix))
        var known = HTTP.FieldName.other
        let nameText: Text
        if index == 0 {
            nameText = try string(block, at: &at)
            known = HTTP.FieldName(Self.bytes(nameText, in: block, scratch.bytes))
        } else if index <= HPACKStaticTable.count {
            nameText = .staticName(index)
            known = HPACKStaticTable.known(index)
        } else {
            // A copy, as the insertion of this field may evict the one it borrows from (RFC 7541
            // §4.4).
            let number = try self.number(index)
            known = table.known(number)
            Self.copyName(number, of: table, to: &scratch)
            nameText = .scratch(0..<scratch.count)
        }
        let valueText = try string(block, at: &at)
        let isVisited = try Self.count(
            Self.bytes(nameText, in: block, scratch.bytes),
            Self.bytes(valueText, in: block, scratch.bytes), listBytesMax, fieldsMax, in: &facts)
        if isVisited {
            visitor.visit(
                known, name: Self.bytes(nameText, in: block, scratch.bytes),
                value: Self.bytes(valueText, in: block, scratch.bytes), isSensitive: isSensitive)
        }
        if isInserted {
            facts.changedTable = true
            Self.insert(nameText, valueText, known, in: block, scratch, to: &table)
        }
    }

    // Static, as the compiler tells accesses to parameters apart, but not to what lies in `self`.

    private static func copyName(
        _ number: UInt64, of table: borrowing HPACKDynamicTable, to scratch: inout ByteQueue
    ) {
        scratch.append(table.name(number))
    }

    private static func insert(
        _ name: Text, _ value: Text, _ known: HTTP.FieldName, in block: Span<UInt8>,
        _ scratch: borrowing ByteQueue, to table: inout HPACKDynamicTable
    ) {
        table.insert(
            name: bytes(name, in: block, scratch.bytes),
            value: bytes(value, in: block, scratch.bytes), known: known)
    }

    /// Where the bytes of a string are until its field is done.
    private enum Text {
        case block(Range<Int>)
        case scratch(Range<Int>)
        case staticName(Int)
    }

    @_lifetime(copy block, copy scratch)
    @inline(always)
    private static func bytes(
        _ text: Text, in block: Span<UInt8>, _ scratch: Span<UInt8>
    ) -> Span<UInt8> {
        switch text {
        case .block(let range): block.extracting(range)
        case .scratch(let range): scratch.extracting(range)
        case .staticName(let index): HPACKStaticTable.name(index)
        }
    }

    /// A string, RFC 7541 §5.2.
    private mutating func string(
        _ block: Span<UInt8>, at: inout Int
    ) throws(HTTP2.Failure) -> Text {
        guard at < block.count else { throw .compression("a block ends inside a field") }
        let isCompressed = block[at] & 0x80 != 0
        let length = Int(try integer(block, at: &at, prefix: 7))
        guard length <= block.count &- at else {
            throw .compression("a string is longer than its block")
        }
        let range = at..<at &+ length
        at = range.upperBound
        guard isCompressed else { return .block(range) }
        let start = scratch.count
        do throws(Huffman.Fault) {
            try huffman.decode(block.extracting(range), to: &scratch)
        } catch {
            switch error {
            case .endOfStringInside: throw .compression("EOS inside a Huffman string")
            case .badPadding: throw .compression("a Huffman string is padded with other than EOS")
            }
        }
        return .scratch(start..<scratch.count)
    }

    /// The insertion number of the entry at `index`, which is beyond the static table.
    @inline(always)
    private func number(_ index: Int) throws(HTTP2.Failure) -> UInt64 {
        guard let number = table.number(index: index) else {
            throw .compression("an index beyond the tables")
        }
        return number
    }

    @inline(always)
    private func integer(
        _ block: Span<UInt8>, at: inout Int, prefix: Int
    ) throws(HTTP2.Failure) -> UInt32 {
        switch HPACKInteger.read(block, at: at, prefix: prefix) {
        case .value(let value, let next):
            at = next
            return value
        case .truncated: throw .compression("a block ends inside a field")
        case .tooLarge: throw .compression("an integer beyond 32 bits")
        }
    }

    /// Counts a field; says whether it is visited. Costs are known before anything is copied, so
    /// that a block of references to one large entry (CVE-2016-6581) costs a few steps a byte.
    @inline(always)
    private static func count(
        _ name: Span<UInt8>, _ value: Span<UInt8>, _ bytesMax: Int, _ fieldsMax: Int,
        in facts: inout Block
    ) throws(HTTP2.Failure) -> Bool {
        facts.fields &+= 1
        facts.listBytes &+= name.count &+ value.count &+ HPACKDynamicTable.entryOverhead
        if facts.listBytes <= bytesMax, facts.fields <= fieldsMax { return true }
        facts.isOversized = true
        let excess = HTTP2.Limit.listExcess
        guard facts.listBytes <= bytesMax &* excess, facts.fields <= fieldsMax &* excess else {
            throw .connection(.enhanceYourCalm, "a field list far beyond what is taken")
        }
        return false
    }
}
