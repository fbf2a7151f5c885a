import Basis
import Measure
import Testing
import Wire

@testable import Load

@Suite("HTTP/2 client: heads of a mix")
struct HTTP2MixHeadTests {
    /// Fields as a server reads them.
    private struct List: FieldVisitor {
        var lines: [String] = []

        mutating func visit(
            _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>, isSensitive: Bool
        ) {
            let name = String(decoding: Array(copying: name), as: UTF8.self)
            let value = String(decoding: Array(copying: value), as: UTF8.self)
            lines.append("\(name)=\(value)" + (isSensitive ? " (secret)" : ""))
        }
    }

    /// A connection's encoder and what reads it at the other end.
    private struct Ends: ~Copyable {
        private var encoder = HTTP2RequestEncoder()
        private var decoder: HPACKDecoder

        init(tableBytes: Int) {
            // The encoder uses no more of a larger one.
            let used = min(tableBytes, HTTP2.Limit.tableBytes)
            decoder = HPACKDecoder(tableBytes: used, listBytesMax: 100_000)
            decoder.acknowledged(tableBytes: used)
            encoder.peerAllows(tableBytes: UInt32(tableBytes))
        }

        /// The block of a request, and what its reader has of it.
        mutating func send(
            _ kind: Int, of heads: HTTP2MixHeads, filled: [[UInt8]] = []
        ) throws -> (block: [UInt8], lines: [String], changesTable: Bool) {
            var values = ByteQueue()
            for value in filled {
                values.append(bigEndian: UInt32(value.count))
                values.append(value.span)
            }
            var output = ByteQueue()
            encoder.write(
                kind, of: heads, filled: values.bytes, stream: 1, endStream: true, to: &output)
            var frames = Array(copying: output.bytes)
            var block: [UInt8] = []
            while frames.count >= 9 {
                let count = Int(frames[0]) << 16 | Int(frames[1]) << 8 | Int(frames[2])
                block += frames[9..<(9 + count)]
                frames.removeFirst(9 + count)
            }
            #expect(frames.isEmpty)
            var list = List()
            let facts = try decoder.decode(block.span, into: &list)
            return (block, list.lines, facts.changedTable)
        }
    }

    private static func requests(_ count: Int) throws -> [HTTP2Request] {
        try (0..<count).map { kind in
            var fields: [HTTP1.RequestTemplate.Field] = [
                .init("X-Token", "shared"), .init("Cookie", "secret=\(kind)"),
                .init("Authorization", "Bearer secret"),
            ]
            if kind % 3 == 1 { fields.append(.init("Accept", "text/html")) }
            // Twice, as it stands; and longer than a small table.
            if kind % 5 == 2 { fields += [.init("X-Twice", "a"), .init("X-Twice", "a")] }
            if kind % 7 == 3 { fields.append(.init("X-Long", String(repeating: "l", count: 300))) }
            return try HTTP2Request(
                HTTP1.RequestTemplate(
                    method: kind % 2 == 0 ? "GET" : "POST", target: "/of/kind/\(kind)",
                    host: "h.example", fields: fields))
        }
    }

    private static func lines(of request: HTTP2Request) -> [String] {
        request.fields.map {
            let name = String(decoding: $0.name, as: UTF8.self)
            let value = String(decoding: $0.value, as: UTF8.self)
            let isSecret = ["cookie", "authorization"].contains(name)
            return "\(name)=\(value)" + (isSecret ? " (secret)" : "")
        }
    }

    @Test(
        "every kind is read as it is, and soon no table changes any more",
        arguments: [1, 2, 30, 128], [0, 40, 200, 1_000, 4_096, 65_536])
    func rounds(kinds: Int, tableBytes: Int) throws {
        let all = try Self.requests(kinds)
        let heads = HTTP2MixHeads(all)
        var ends = Ends(tableBytes: tableBytes)
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for round in 0..<4 {
            for kind in all.indices.shuffled(using: &generator) {
                let sent = try ends.send(kind, of: heads)
                #expect(sent.lines == Self.lines(of: all[kind]), "seed \(seed), kind \(kind)")
                // The first round says what there is. Where the size of the table came with it,
                // what was there before may go, and come again.
                if round >= 2 { #expect(!sent.changesTable, "seed \(seed), round \(round)") }
            }
        }
    }

    @Test("fields of many kinds are the ones that a small table has", arguments: [60, 250])
    func ranking(tableBytes: Int) throws {
        let all = try Self.requests(30)
        let heads = HTTP2MixHeads(all)
        var ends = Ends(tableBytes: tableBytes)
        let first = try ends.send(0, of: heads).block.count
        let again = try ends.send(0, of: heads).block.count
        // Of the host one byte is left, and of the token too where it has room.
        #expect((tableBytes == 60 ? 6...10 : 20...30).contains(first - again))
        #expect(heads.kept.map(\.tableBytes) == heads.kept.map(\.tableBytes).sorted())
        #expect(heads.kept.last!.tableBytes <= HTTP2.Limit.tableBytes)
    }

    @Test("values of a request's own stand where their places are", arguments: [0, 4_096])
    func filled(tableBytes: Int) throws {
        let mark = [PlaceMarks.mark, 0x80]
        let template = try HTTP1.RequestTemplate(
            method: "GET", target: "/", host: "h",
            fields: [
                .init("X-First", "same"), .init("X-Own", bytes: mark),
                .init("Cookie", bytes: mark),
            ])
        let request = try HTTP2Request(template, scheme: "http", isTemplated: true)
        let heads = HTTP2MixHeads([request])
        var ends = Ends(tableBytes: tableBytes)
        for values in [["1", "2"], ["", ""], [String(repeating: "v", count: 40_000), "end"]] {
            let lines = try ends.send(0, of: heads, filled: values.map { Array($0.utf8) }).lines
            #expect(
                lines == [
                    ":method=GET", ":scheme=http", ":authority=h", ":path=/", "x-first=same",
                    "x-own=\(values[0])", "cookie=\(values[1]) (secret)",
                ])
        }
    }
}
