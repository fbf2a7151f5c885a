import Basis
import Testing

@testable import Wire

/// RFC 7541 Appendix C, all of it.
@Suite("HPACK: the examples of RFC 7541")
struct HPACKExampleTests {
    /// Blocks of one connection, with the table after each.
    struct Connection: CustomTestStringConvertible, Sendable {
        struct Step: Sendable {
            let block: String
            let fields: [(String, String)]
            let table: [(String, String)]
            let size: Int
        }
        let name: String
        var tableBytes = 4_096
        /// Whether our encoder makes the same choices.
        var isOurs = false
        let steps: [Step]
        var testDescription: String { name }
    }

    private static let firstRequest = [
        (":method", "GET"), (":scheme", "http"), (":path", "/"),
        (":authority", "www.example.com"),
    ]
    private static let secondRequest = firstRequest + [("cache-control", "no-cache")]
    private static let thirdRequest = [
        (":method", "GET"), (":scheme", "https"), (":path", "/index.html"),
        (":authority", "www.example.com"), ("custom-key", "custom-value"),
    ]
    private static func requests(_ blocks: [String]) -> [Connection.Step] {
        let authority = (":authority", "www.example.com")
        let cache = ("cache-control", "no-cache")
        return [
            .init(block: blocks[0], fields: firstRequest, table: [authority], size: 57),
            .init(block: blocks[1], fields: secondRequest, table: [cache, authority], size: 110),
            .init(
                block: blocks[2], fields: thirdRequest,
                table: [("custom-key", "custom-value"), cache, authority], size: 164),
        ]
    }

    private static func responses(_ blocks: [String]) -> [Connection.Step] {
        let status = (":status", "302")
        let cache = ("cache-control", "private")
        let date = ("date", "Mon, 21 Oct 2013 20:13:21 GMT")
        let location = ("location", "https://www.example.com")
        let later = ("date", "Mon, 21 Oct 2013 20:13:22 GMT")
        let coding = ("content-encoding", "gzip")
        let cookie = ("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1")
        return [
            .init(
                block: blocks[0], fields: [status, cache, date, location],
                table: [location, date, cache, status], size: 222),
            .init(
                block: blocks[1], fields: [(":status", "307"), cache, date, location],
                table: [(":status", "307"), location, date, cache], size: 222),
            .init(
                block: blocks[2],
                fields: [(":status", "200"), cache, later, location, coding, cookie],
                table: [cookie, coding, later], size: 215),
        ]
    }

    static let connections = [
        Connection(
            name: "C.2.1 literal with indexing",
            steps: [
                .init(
                    block: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
                    fields: [("custom-key", "custom-header")],
                    table: [("custom-key", "custom-header")], size: 55)
            ]),
        Connection(
            name: "C.2.2 literal without indexing",
            steps: [
                .init(
                    block: "040c 2f73 616d 706c 652f 7061 7468",
                    fields: [(":path", "/sample/path")], table: [], size: 0)
            ]),
        Connection(
            name: "C.2.4 indexed",
            steps: [.init(block: "82", fields: [(":method", "GET")], table: [], size: 0)]),
        Connection(
            name: "C.3 requests",
            steps: requests([
                "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                "8286 84be 5808 6e6f 2d63 6163 6865",
                "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
            ])),
        Connection(
            name: "C.4 requests with Huffman coding", isOurs: true,
            steps: requests([
                "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
                "8286 84be 5886 a8eb 1064 9cbf",
                "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
            ])),
        Connection(
            name: "C.5 responses in 256 bytes of table", tableBytes: 256,
            steps: responses([
                """
                4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 \
                2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 \
                6c65 2e63 6f6d
                """,
                "4803 3330 37c1 c0bf",
                """
                88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d \
                54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 \
                5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e \
                3d31
                """,
            ])),
        Connection(
            name: "C.6 responses in 256 bytes of table with Huffman coding", tableBytes: 256,
            isOurs: true,
            steps: responses([
                """
                4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 \
                2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3
                """,
                "4883 640e ffc1 c0bf",
                """
                88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab \
                77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f \
                9587 3160 65c0 03ed 4ee5 b106 3d50 07
                """,
            ])),
    ]

    @Test("our decoder reads them", arguments: connections)
    func decoding(_ connection: Connection) throws {
        var decoder = HPACKDecoder()
        if connection.tableBytes != 4_096 {
            var update = ByteQueue()
            HPACKInteger.append(connection.tableBytes, prefix: 5, pattern: 0x20, to: &update)
            #expect(try decoder.fields(update.array).isEmpty)
        }
        for step in connection.steps {
            let fields = try decoder.fields(hex(step.block))
            #expect(fields == step.fields.map { TestField($0.0, $0.1) })
            #expect(decoder.table.fields == step.table.map { TestField($0.0, $0.1) })
            #expect(decoder.table.size == step.size)
        }
    }

    @Test("our encoder writes them", arguments: connections.filter(\.isOurs))
    func encoding(_ connection: Connection) throws {
        var encoder = HPACKEncoder(capacity: connection.tableBytes)
        var output = ByteQueue()
        encoder.begin(&output)
        for step in connection.steps {
            output.removeAll()
            encoder.begin(&output)
            for (name, value) in step.fields {
                encoder.append(
                    name: Array(name.utf8).span, value: Array(value.utf8).span, to: &output)
            }
            #expect(output.array == hex(step.block))
            #expect(encoder.table.fields == step.table.map { TestField($0.0, $0.1) })
        }
    }

    @Test("C.2.3: a field that is never indexed is neither kept nor forgotten to be one")
    func neverIndexed() throws {
        let block = hex("1008 7061 7373 776f 7264 0673 6563 7265 74")
        let field = TestField("password", "secret", isSensitive: true)
        var decoder = HPACKDecoder()
        #expect(try decoder.fields(block) == [field])
        #expect(decoder.table.count == 0)
        var encoder = HPACKEncoder()
        var output = ByteQueue()
        encoder.append(
            name: field.name.span, value: field.value.span, indexing: .never, to: &output)
        #expect(encoder.table.count == 0)
        #expect(try decoder.fields(output.array) == [field])
    }

    @Test(
        "C.1: integers",
        arguments: [
            (10, 5, "0a"), (1_337, 5, "1f9a0a"), (42, 8, "2a"), (0, 1, "00"), (1, 1, "0100"),
            (30, 5, "1e"), (31, 5, "1f00"), (127, 7, "7f00"), (254, 7, "7f7f"),
            (255, 7, "7f8001"), (4_294_967_295, 7, "7f80ffffff0f"),
        ] as [(Int, Int, String)])
    func integers(value: Int, prefix: Int, bytes: String) {
        var output = ByteQueue()
        HPACKInteger.append(value, prefix: prefix, pattern: 0, to: &output)
        #expect(output.array == hex(bytes))
        // The bits above the prefix mean something else.
        let pattern = prefix == 8 ? 0 : UInt8.max << prefix
        var patterned = output.array
        patterned[0] |= pattern
        let whole = HPACKInteger.read(patterned.span, at: 0, prefix: prefix)
        #expect(whole == .value(UInt32(value), next: patterned.count))
        for count in 0..<patterned.count {
            let cut = Array(patterned.prefix(count))
            #expect(HPACKInteger.read(cut.span, at: 0, prefix: prefix) == .truncated)
        }
    }

    @Test(
        "integers beyond 32 bits are refused before anything is shifted out",
        arguments: ["7f81ffffff0f", "7fffffffff7f", "7f8080808080", "7fffffffffffffffffff7f"])
    func tooLarge(bytes: String) {
        #expect(HPACKInteger.read(hex(bytes).span, at: 0, prefix: 7) == .tooLarge)
    }
}
