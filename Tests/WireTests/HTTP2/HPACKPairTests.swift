import Basis
import Testing

@testable import Wire

/// An encoder and a decoder that talk, whatever is sent and whenever the table's size changes.
@Suite("HPACK: both ends")
struct HPACKPairTests {
    private struct Fields {
        private static let names = [
            ":path", ":status", "server", "date", "x", "x-long-name-of-a-field", "cookie", "te", "",
            "grpc-timeout", "content-length", "Upper", "a\0b",
        ]
        var generator: SeededGenerator

        mutating func next() -> TestField {
            let name = Self.names.randomElement(using: &generator)!
            // Few values, so that some come again; now and then a large one.
            let isLarge = Int.random(in: 0..<30, using: &generator) == 0
            let count = Int.random(in: 0...(isLarge ? 3_000 : 40), using: &generator)
            let first = UInt8.random(in: 0...3, using: &generator)
            let value = (0..<count).map { _ in
                isLarge ? UInt8.random(in: .min ... .max, using: &generator) : 0x61 + first
            }
            let isSensitive = Int.random(in: 0..<8, using: &generator) == 0
            return TestField(Array(name.utf8), value, isSensitive: isSensitive)
        }
    }

    @Test("all fields arrive, and after each block the tables are equal", arguments: 0..<24)
    func random(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var fields = Fields(generator: SeededGenerator.stream(seed: seed, index: 1))
        var encoder = HPACKEncoder()
        var decoder = HPACKDecoder(
            tableBytes: 16_384, listBytesMax: 1_000_000, fieldsMax: 1_000)
        var output = ByteQueue()
        for round in 0..<120 {
            if Int.random(in: 0..<6, using: &generator) == 0 {
                for _ in 0...Int.random(in: 0..<3, using: &generator) {
                    let sizes: [UInt32] = [0, 1, 33, 100, 700, 4_095, 4_096, 10_000]
                    let bytes = sizes.randomElement(using: &generator)!
                    encoder.peerAllows(tableBytes: bytes)
                }
            }
            output.removeAll()
            encoder.begin(&output)
            let sent = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in fields.next() }
            for field in sent {
                let isKept = Int.random(in: 0..<4, using: &generator) > 0
                encoder.append(
                    name: field.name.span, value: field.value.span,
                    indexing: field.isSensitive ? .never : isKept ? .incremental : .none,
                    to: &output)
            }
            var list = FieldList()
            let facts = try decoder.decode(output.bytes, into: &list)
            #expect(list.fields == sent, "seed \(seed), round \(round)")
            #expect(list.misnamed.isEmpty, "seed \(seed), round \(round)")
            #expect(
                decoder.table.fields == encoder.table.fields
                    && decoder.table.size == encoder.table.size, "seed \(seed), round \(round)")
            #expect(facts.fields == sent.count)
            let bytes = sent.reduce(0) { $0 + $1.name.count + $1.value.count + 32 }
            #expect(facts.listBytes == bytes)
        }
    }

    @Test("a table keeps entries whole wherever its ring wraps", arguments: 0..<16)
    func ring(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let limit = [0, 32, 64, 100, 512, 1_000, 4_096, 16_384][Int(seed) % 8]
        var table = HPACKDynamicTable(limit: limit)
        var model: [TestField] = []
        var modelLimit = limit
        func size() -> Int { model.reduce(0) { $0 + $1.name.count + $1.value.count + 32 } }
        for round in 0..<600 {
            if Int.random(in: 0..<40, using: &generator) == 0 {
                modelLimit = Int.random(in: 0...limit, using: &generator)
                table.resize(to: modelLimit)
            } else {
                // Often as large as it gets: one entry in one piece is what rings find hard.
                let most = Bool.random(using: &generator) ? max(0, modelLimit - 30) : 50
                let name = Int.random(in: 0...20, using: &generator)
                let value = Int.random(in: 0...most, using: &generator)
                let field = TestField(
                    Array(repeating: UInt8(round & 0xFF), count: name),
                    Array(repeating: UInt8(round >> 1 & 0xFF), count: value))
                let isKept = table.insert(
                    name: field.name.span, value: field.value.span, known: .other)
                model.insert(field, at: 0)
                #expect(isKept == (name + value + 32 <= modelLimit))
            }
            while size() > modelLimit { model.removeLast() }
            if round % 4 == 0 { #expect(table.fields == model, "seed \(seed), round \(round)") }
            #expect(table.size == size() && table.count == model.count)
        }
        #expect(table.storageBytes <= max(0, 10_240, limit * 5 / 2))
    }

    @Test(
        "an entry may end with the ring, and one byte longer begins at its start", arguments: 0...2)
    func ringEnd(_ excess: Int) {
        // 512 bytes of table are a ring of 1,024, of which 24 are behind the fifth entry.
        var table = HPACKDynamicTable(limit: 512)
        for (index, count) in [200, 200, 200, 200, 200, 23 + excess, 200].enumerated() {
            let value = Array(repeating: UInt8(index), count: count)
            let isKept = table.insert(name: Span(), value: value.span, known: .other)
            #expect(isKept)
            #expect(table.fields.first == TestField([], value))
        }
        #expect(table.fields.map(\.value.count) == [200, 23 + excess])
        #expect(table.fields.last?.value == Array(repeating: 5, count: 23 + excess))
        #expect(table.storageBytes == 1_024 + 16 * 8)
    }
}
