import Basis
import Testing

@testable import Wire

/// Bytes that are no block, or a block that may not come now.
@Suite("HPACK: what a decoder refuses")
struct HPACKDecoderTests {
    struct Fault: CustomTestStringConvertible, Sendable {
        let name: String
        let block: String
        init(_ name: String, _ block: String) {
            self.name = name
            self.block = block
        }
        var testDescription: String { name }
    }

    static let faults = [
        Fault("index zero, RFC 7541 §6.1", "80"),
        Fault("an index beyond the tables, §2.3.3", "be"),
        Fault("far beyond the tables", "ffffffff7f"),
        Fault("an index beyond 32 bits, §5.1", "ffffffffff7f"),
        Fault("an integer that does not end", "ff80808080808080"),
        Fault("an integer that is cut", "ff80"),
        Fault("a name index beyond the tables", "7e0161"),
        Fault("a name index beyond the tables, without indexing", "0f2f0161"),
        Fault("a name index beyond the tables, never indexed", "1f2f0161"),
        Fault("a field that ends with its name", "400161"),
        Fault("a field that ends before its name", "40"),
        Fault("a value longer than the block", "40016102 61"),
        Fault("a name longer than the block", "407f80ffff07"),
        Fault("a value cut in its length", "4001617f"),
        Fault("a Huffman name with 8 bits of padding, §5.2", "4082 1fff 0161"),
        Fault("a Huffman value with zeros for padding, §5.2", "400161 81 18"),
        Fault("EOS in a Huffman value, §5.2", "400161 84 fffffffc"),
        Fault("a size update behind a field, §4.2", "82 20"),
        Fault("a size update beyond the limit, §6.3", "3fe21f"),
        Fault("a size update far beyond the limit", "3fffffff7f"),
        Fault("three size updates", "20 20 20"),
        Fault("a size update that is cut", "3f"),
    ]

    @Test("each is COMPRESSION_ERROR for the connection", arguments: faults)
    func refused(_ fault: Fault) {
        var decoder = HPACKDecoder()
        #expect(throws: HTTP2.Failure(.compression, .connection, "")) {
            try decoder.fields(hex(fault.block))
        }
    }

    @Test("no prefix of a block is read beyond its end")
    func bounds() throws {
        let blocks = HPACKExampleTests.connections.flatMap { $0.steps.map { hex($0.block) } }
        for block in blocks {
            for count in 1...block.count {
                let prefix = Array(block.prefix(count))
                func outcome(_ span: Span<UInt8>) -> String {
                    var decoder = HPACKDecoder()
                    var list = FieldList()
                    do throws(HTTP2.Failure) {
                        let facts = try decoder.decode(span, into: &list)
                        return "\(facts) \(list.fields)"
                    } catch {
                        return "\(error.reason) \(list.fields)"
                    }
                }
                let guarded = GuardedBytes(prefix).withSpan { outcome($0) }
                #expect(guarded == outcome(prefix.span))
            }
        }
    }

    @Test("a size update of the least and the last limit begins a block; 4,096 is the default")
    func sizeUpdates() throws {
        var decoder = HPACKDecoder()
        var facts = HPACKDecoder.Block()
        #expect(try decoder.fields(hex("400161 0162")) == [TestField("a", "b")])
        #expect(decoder.table.count == 1)
        var list = FieldList()
        let block = hex("20 3fe11f 82")
        facts = try decoder.decode(block.span, into: &list)
        #expect(list.fields == [TestField(":method", "GET")])
        #expect(facts.changedTable)
        #expect(decoder.table.count == 0 && decoder.table.limit == 4_096)
    }

    @Test("a peer that acknowledged a smaller table than it uses must say so first, §4.2")
    func owedUpdate() throws {
        var decoder = HPACKDecoder(tableBytes: 100)
        #expect(try decoder.fields(hex("400161 0162")) == [TestField("a", "b")])
        decoder.acknowledged(tableBytes: 100)
        var silent = HPACKDecoder(tableBytes: 100)
        silent.acknowledged(tableBytes: 100)
        #expect(throws: HTTP2.Failure(.compression, .connection, "")) {
            try silent.fields(hex("82"))
        }
        #expect(throws: HTTP2.Failure(.compression, .connection, "")) {
            try decoder.fields(hex("3f46"))
        }
        var dutiful = HPACKDecoder(tableBytes: 100)
        dutiful.acknowledged(tableBytes: 100)
        #expect(try dutiful.fields(hex("3f45 82")) == [TestField(":method", "GET")])
        #expect(try dutiful.fields(hex("82")) == [TestField(":method", "GET")])
        // A larger one binds nobody to anything.
        var larger = HPACKDecoder(tableBytes: 8_192)
        larger.acknowledged(tableBytes: 8_192)
        #expect(try larger.fields(hex("82")) == [TestField(":method", "GET")])
        #expect(try larger.fields(hex("3fe13f 82")) == [TestField(":method", "GET")])
        #expect(larger.table.limit == 8_192)
    }

    @Test("an entry larger than the table empties it and is a field all the same, §4.4")
    func largeEntry() throws {
        var decoder = HPACKDecoder()
        _ = try decoder.fields(hex("3f21 400161 0162"))
        #expect(decoder.table.count == 1 && decoder.table.limit == 64)
        let value = Array(repeating: UInt8(ascii: "c"), count: 32)
        #expect(try decoder.fields(hex("400161 20") + value) == [TestField([0x61], value)])
        #expect(decoder.table.count == 0 && decoder.table.size == 0)
    }

    @Test("a name may come from the entry that its field evicts, §4.4")
    func evictedName() throws {
        var decoder = HPACKDecoder()
        _ = try decoder.fields(hex("3f11 4003616263 0a") + Array("0123456789".utf8))
        #expect(decoder.table.count == 1 && decoder.table.limit == 48)
        let value = Array("9876543210".utf8)
        let field = TestField(Array("abc".utf8), value)
        #expect(try decoder.fields(hex("7e 0a") + value) == [field])
        #expect(decoder.table.fields == [field])
    }

    /// Counts without keeping.
    private struct Counter: FieldVisitor {
        var fields = 0
        mutating func visit(
            _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>, isSensitive: Bool
        ) {
            fields += 1
        }
    }

    @Test("a list beyond its limits is not visited to its end, but keeps the tables in step")
    func oversized() throws {
        var decoder = HPACKDecoder(listBytesMax: 200, fieldsMax: 3)
        var counter = Counter()
        // 42 each by RFC 9113 §6.5.2.
        let bytes = hex("82 82 82 400161 0162")
        var facts = try decoder.decode(bytes.span, into: &counter)
        #expect(counter.fields == 3 && facts.fields == 4 && facts.isOversized)
        #expect(decoder.table.fields == [TestField("a", "b")])
        counter = Counter()
        let long = hex("4001637f31") + Array(repeating: 0x64, count: 176)
        facts = try decoder.decode(long.span, into: &counter)
        #expect(counter.fields == 0 && facts.listBytes == 209 && facts.isOversized)
        #expect(decoder.table.count == 2)
        let small = hex("bf 82")
        counter = Counter()
        facts = try decoder.decode(small.span, into: &counter)
        #expect(counter.fields == 2 && !facts.isOversized && !facts.changedTable)
    }

    @Test("a block of references to one large entry ends the connection early, CVE-2016-6581")
    func bomb() throws {
        var decoder = HPACKDecoder()
        var counter = Counter()
        let entry = hex("400161 7fc01e") + Array(repeating: 0x62, count: 4_031)
        let first = try decoder.decode(entry.span, into: &counter)
        #expect(first.listBytes == 4_064 && !first.isOversized)
        let references = Array(repeating: 0xBE as UInt8, count: 16_000)
        #expect(throws: HTTP2.Failure(.enhanceYourCalm, .connection, "")) {
            try decoder.decode(references.span, into: &counter)
        }
        #expect(counter.fields == 1 + 4)
        #expect(decoder.storageBytes < 16 * 1_024)
    }
}
