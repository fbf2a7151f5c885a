import Basis
import Report
import TestSupport
import Testing

@testable import Wire

@Suite("HPACK: hpack for Python")
struct HPACKPeerTests {
    /// Lists of fields, and the sizes that the encoder's table is changed to before each.
    private struct Talk {
        struct Field {
            let name: [UInt8]
            let value: [UInt8]
            let isSensitive: Bool
        }
        var blocks: [(sizes: [Int], fields: [Field])] = []

        init(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            let names = [
                ":path", ":status", "server", "date", "x", "x-long-name-of-a-field", "cookie",
                "content-length", "grpc-timeout",
            ]
            for _ in 0..<60 {
                let sizes = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                    [0, 40, 100, 1_000, 4_096].randomElement(using: &generator)!
                }
                let isChanged = Int.random(in: 0..<5, using: &generator) == 0
                let fields = (0..<Int.random(in: 1..<10, using: &generator)).map { _ in
                    let count = Int.random(in: 0..<40, using: &generator)
                    let isText = Bool.random(using: &generator)
                    return Field(
                        name: Array(names.randomElement(using: &generator)!.utf8),
                        value: (0..<count).map { _ in
                            isText
                                ? UInt8.random(in: 0x61...0x63, using: &generator)
                                : UInt8.random(in: .min ... .max, using: &generator)
                        }, isSensitive: Int.random(in: 0..<9, using: &generator) == 0)
                }
                blocks.append((isChanged ? sizes : [], fields))
            }
        }

        var json: JSONValue {
            .array(
                blocks.map { block in
                    [
                        "sizes": .array(block.sizes.map { .integer(Int64($0)) }),
                        "fields": .array(block.fields.map(Self.json)),
                    ]
                })
        }

        static func json(_ field: Field) -> JSONValue {
            .array([hex(field.name), hex(field.value), .bool(field.isSensitive)])
        }
    }

    private static func entries(_ table: borrowing HPACKDynamicTable) -> JSONValue {
        var entries: [JSONValue] = []
        var index = 62
        while let number = table.number(index: index) {
            let (name, value) = (table.name(number), table.value(number))
            entries.append(
                .array([hex(name.indices.map { name[$0] }), hex(value.indices.map { value[$0] })]))
            index += 1
        }
        return .array(entries)
    }

    @Test(
        "we read its blocks, and our tables are equal after each",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: [(1, true), (2, false), (3, true)] as [(UInt64, Bool)])
    func reads(seed: UInt64, compresses: Bool) throws {
        let script = """
            from hpack import Encoder
            encoder = Encoder()
            blocks = []
            for block in given["blocks"]:
                for size in block["sizes"]:
                    # The same size again makes it forget that there was a change.
                    if size != encoder.header_table_size: encoder.header_table_size = size
                fields = [(bytes.fromhex(n), bytes.fromhex(v), s) for n, v, s in block["fields"]]
                text = encoder.encode(fields, huffman=given["huffman"])
                table = encoder.header_table
                blocks.append([text.hex(), [[n.hex(), v.hex()] for n, v in table.dynamic_entries]])
            print(json.dumps(blocks))
            """
        let talk = Talk(seed: seed)
        let answer = try PythonOracle.answer(
            script, ["blocks": talk.json, "huffman": .bool(compresses)])
        #expect(answer.elements.count == talk.blocks.count)
        var decoder = HPACKDecoder()
        for (index, (block, theirs)) in zip(talk.blocks, answer.elements).enumerated() {
            var list = PeerFields()
            _ = try decoder.decode(theirs.elements[0].bytes.span, into: &list)
            #expect(list.fields == block.fields.map(Talk.json), "seed \(seed), block \(index)")
            #expect(
                Self.entries(decoder.table) == theirs.elements[1], "seed \(seed), block \(index)")
        }
    }

    @Test(
        "it reads our blocks, and our tables are equal after each",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence), arguments: 4...7 as ClosedRange)
    func writes(seed: UInt64) throws {
        let talk = Talk(seed: seed)
        var encoder = HPACKEncoder()
        var blocks: [JSONValue] = []
        var tables: [JSONValue] = []
        for block in talk.blocks {
            for size in block.sizes { encoder.peerAllows(tableBytes: UInt32(size)) }
            var output = ByteQueue()
            encoder.begin(&output)
            for field in block.fields {
                encoder.append(
                    name: field.name.span, value: field.value.span,
                    indexing: field.isSensitive ? .never : .incremental, to: &output)
            }
            blocks.append(hex(output.copy))
            tables.append(Self.entries(encoder.table))
        }
        let script = """
            from hpack import Decoder, NeverIndexedHeaderTuple
            decoder = Decoder(max_header_list_size=1 << 20)
            answers = []
            for block in given["blocks"]:
                fields = [[f[0].hex(), f[1].hex(), isinstance(f, NeverIndexedHeaderTuple)]
                          for f in decoder.decode(bytes.fromhex(block), raw=True)]
                table = decoder.header_table
                answers.append([fields, [[n.hex(), v.hex()] for n, v in table.dynamic_entries]])
            print(json.dumps(answers))
            """
        let answer = try PythonOracle.answer(script, ["blocks": .array(blocks)])
        #expect(answer.elements.count == talk.blocks.count)
        for (index, theirs) in answer.elements.enumerated() {
            let sent = talk.blocks[index].fields.map(Talk.json)
            #expect(theirs.elements[0].elements == sent, "seed \(seed), block \(index)")
            #expect(theirs.elements[1] == tables[index], "seed \(seed), block \(index)")
        }
    }

    @Test(
        "its Huffman code is ours, for every symbol",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
    func huffman() throws {
        let texts: [[UInt8]] = (UInt8.min ... .max).flatMap { symbol -> [[UInt8]] in
            [[symbol], [0x61, symbol, 255 - symbol, 0x7A]]
        }
        let script = """
            from hpack.huffman import HuffmanEncoder
            from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
            encoder = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)
            print(json.dumps([encoder.encode(bytes.fromhex(t)).hex() for t in given["texts"]]))
            """
        let answer = try PythonOracle.answer(script, ["texts": .array(texts.map { hex($0) })])
        #expect(answer.elements.count == texts.count)
        for (text, code) in zip(texts, answer.elements) {
            var ours = ByteQueue()
            let huffman = Huffman()
            huffman.encode(text.span, count: huffman.encodedCount(text.span), to: &ours)
            #expect(hex(ours.copy) == code)
            var back = ByteQueue()
            try huffman.decode(code.bytes.span, to: &back)
            #expect(back.copy == text)
        }
    }
}
