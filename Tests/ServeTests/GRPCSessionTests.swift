import Basis
import TestSupport
import Testing
import Wire

@testable import Serve

private typealias H2 = HTTP2Frames
private typealias Calls = GRPCFrames

/// Calls of gRPC on a virtual clock, answered by the connection's thread and by workers.
@Suite("gRPC sessions")
struct GRPCSessionTests {
    private static let reply = ["1:200", "1 data 16", "1 grpc 0 end"]
    private static let nine = Calls.unary { $0.replyBytes = 9 }

    /// A call, and what is answered.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let words: [String]

        init(_ name: String, _ bytes: [UInt8], _ words: [String]) {
            (testDescription, self.bytes, self.words) = (name, bytes, words)
        }
    }

    private static func failed(_ status: Int, _ text: String) -> [String] {
        ["1:200 grpc \(status) \(text) end"]
    }

    private static func asked(_ status: UInt8, _ text: String) -> [UInt8] {
        [0x28, status, 0x32, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    static let cases = [
        Case("a reply", Calls.call(1, "Unary", nine), reply),
        Case(
            "an empty reply", Calls.call(1, "Unary", []), ["1:200", "1 data 5", "1 grpc 0 end"]),
        Case(
            "a format",
            Calls.head(1, "Unary", [("content-type", "application/grpc+proto")])
                + Calls.data(1, Calls.message(nine)), reply),
        Case(
            "a status", Calls.call(1, "Unary", asked(5, "not here: 100%\u{E4}")),
            failed(5, "not here: 100%\u{E4}")),
        Case("a status without a text", Calls.call(1, "Unary", [0x28, 7]), ["1:200 grpc 7 end"]),
        Case(
            "health", Calls.call(1, "/grpc.health.v1.Health/Check", []),
            ["1:200", "1 data 7", "1 grpc 0 end"]),
        Case(
            "unknown health", Calls.call(1, "/grpc.health.v1.Health/Check", [10, 1, 97]),
            failed(5, "no such service")),
        Case("no message", Calls.head(1, "Unary", ends: true), failed(12, noMessage)),
        Case("no message but an end", Calls.head(1, "Unary") + Calls.data(1, []), noneAtAll),
        Case(
            "two messages",
            Calls.head(1, "Unary")
                + Calls.data(1, Calls.message(nine) + Calls.message(nine)),
            failed(12, "the method wants one message, and there are more")),
        Case(
            "a compressed message",
            Calls.head(1, "Unary")
                + Calls.data(1, Calls.message(nine, flag: 1)),
            failed(13, "a compressed message without grpc-encoding")),
        Case(
            "a flag of no meaning",
            Calls.head(1, "Unary")
                + Calls.data(1, Calls.message(nine, flag: 2)),
            failed(13, "a message's flag is neither 0 nor 1")),
        Case(
            "half a message", Calls.head(1, "Unary") + Calls.data(1, [0, 0, 0]),
            failed(13, "the request ends within a message")),
        Case(
            "no protobuf", Calls.call(1, "Unary", [0x10]),
            failed(13, "a message is not of its type")
        ),
        Case(
            "too large a wish", Calls.call(1, "Unary", [0x10, 0x81, 0x80, 0x80, 2]),
            failed(3, "a number in the message is beyond its limit")),
        Case(
            "a message that says it is too large",
            Calls.head(1, "Unary")
                + Calls.data(1, [0, 0, 0x40, 0, 1]),
            failed(8, "a message is larger than is taken")),
        Case(
            "a stream of three", Calls.call(1, "ServerStream", Calls.stream(3, of: 9)),
            ["1:200", "1 data 48", "1 grpc 0 end"]),
        Case(
            "an empty stream", Calls.call(1, "ServerStream", Calls.stream(0, of: 9)),
            ["1:200", "1 grpc 0 end"]),
        Case(
            "a stream that is asked for badly", Calls.call(1, "ServerStream", [0x08]),
            failed(13, "a message is not of its type")),
        Case(
            "counts",
            Calls.head(1, "ClientStream")
                + Calls.data(1, Calls.message([1]) + Calls.message([]), ends: false)
                + Calls.data(1, Calls.message([2, 3])),
            ["1:200", "1 data 9", "1 grpc 0 end"]),
        Case(
            "counts of nothing", Calls.head(1, "ClientStream", ends: true),
            ["1:200", "1 data 5", "1 grpc 0 end"]),
        Case(
            "counts of half a message", Calls.head(1, "ClientStream") + Calls.data(1, [0, 0]),
            failed(13, "the request ends within a message")),
        Case(
            "counts of what is no message",
            Calls.head(1, "ClientStream")
                + Calls.data(1, Calls.message([1]) + [7]),
            failed(13, "a message's flag is neither 0 nor 1")),
    ]
    private static let noMessage = "the method wants one message, and there is none"
    private static let noneAtAll = failed(12, noMessage)

    @Test("calls and their ends, by the connection's thread and by workers", arguments: cases)
    func calls(example: Case) {
        for sent in Calls.answers(example.bytes) { #expect(Calls.words(sent) == example.words) }
    }

    @Test("a call means the same wherever the network cuts it")
    func cuts() {
        let bytes = Calls.call(1, "Unary", Self.nine)
        for cut in 0...bytes.count {
            let connection = Calls.own()
            connection.receive(Array(bytes[..<cut]))
            connection.receive(Array(bytes[cut...]))
            #expect(Calls.words(connection.sent) == Self.reply, "cut at \(cut)")
        }
    }

    @Test("frames and messages cut a stream in different places")
    func unaligned() {
        let message = Calls.message(Self.nine)
        let connection = Calls.own()
        connection.receive(Calls.head(1, "Unary"))
        for byte in message { connection.receive(Calls.data(1, [byte], ends: false)) }
        connection.receive(Calls.data(1, []))
        #expect(Calls.words(connection.sent) == Self.reply)
        #expect(
            Calls.payload(connection.sent, 1)
                == [0, 0, 0, 0, 11, 10, 9] + [UInt8](repeating: 0x78, count: 9))
    }

    @Test(
        "calls that are refused by their head, without waiting for their end",
        arguments: [
            Case("method", Calls.head(1, "Nary"), failed(12, "no such method")),
            Case("other path", Calls.head(1, "/echo"), failed(12, "no such method")),
            Case(
                "encoding", Calls.head(1, "Unary", [("grpc-encoding", "gzip")]),
                failed(12, "messages are not compressed here")),
            Case(
                "timeout", Calls.head(1, "Unary", [("grpc-timeout", "5 s")]),
                failed(13, "grpc-timeout is not one to eight digits and a unit")),
        ])
    func heads(example: Case) {
        for sent in Calls.answers(example.bytes + H2.get(3, "/json")) {
            let words = Calls.words(sent)
            #expect(words.contains(example.words[0]) && words.contains("1 reset NO_ERROR"))
            #expect(words.contains("3 data 27 end"))
        }
    }

    @Test("an encoding that changes nothing is taken")
    func identity() {
        for sent in Calls.answers(
            Calls.call(1, "Unary", Self.nine, [("grpc-encoding", "identity")]))
        {
            #expect(Calls.words(sent) == Self.reply)
        }
    }

    @Test(
        "a method of gRPC is no resource of HTTP",
        arguments: [
            ("POST", "application/json", "1:415"), ("POST", "application/grpcx", "1:415"),
            ("GET", "application/grpc", "1:405 end"), ("PUT", "text/plain", "1:405 end"),
        ])
    func otherTypes(method: String, type: String, word: String) {
        let fields = H2.request(method, "/switchyard.v1.Bench/Unary", [("content-type", type)])
        for sent in Calls.answers(H2.headers(1, fields)) {
            #expect(Calls.words(sent).first == word)
        }
        let connection = Calls.Own(OwnDesk(responder: Responder(ledger: PaymentLedger())))
        connection.receive(
            "POST /switchyard.v1.Bench/Unary HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n"
                + "Content-Type: application/grpc\r\n\r\n")
        #expect(connection.text.hasPrefix("HTTP/1.1 415 "))
    }

    @Test("a message above the limit is refused as it comes, whatever its prefix says")
    func large() {
        let connection = Calls.own()
        connection.receive(Calls.head(1, "Unary"))
        let piece = [UInt8](repeating: 0, count: 16_384)
        for _ in 0..<257 { connection.receive(Calls.data(1, piece, ends: false)) }
        #expect(
            Calls.words(connection.sent)
                == Self.failed(8, "a message is larger than is taken") + ["1 reset NO_ERROR"])
        #expect(connection.held == 0)
        var options = ServerOptions()
        options.bodyLimit = ByteCount(raw: 10)
        let small = Calls.own(options)
        small.receive(Calls.call(1, "Unary", [UInt8](repeating: 0, count: 6)))
        #expect(Calls.words(small.sent).first?.hasPrefix("1:200 grpc 8") == true)
        // A stream may have more in all.
        small.receive(
            Calls.head(3, "ClientStream")
                + Calls.data(3, Calls.message([1, 2, 3]) + Calls.message([1, 2, 3])))
        #expect(Calls.words(small.sent).last == "3 grpc 0 end")
    }

    @Test("a long reply is made as the windows let it")
    func window() {
        let connection = Calls.own()
        connection.receive(Calls.call(1, "Unary", Calls.unary { $0.replyBytes = 100_000 }))
        #expect(!Calls.words(connection.sent).contains("1 grpc 0 end"))
        connection.receive(H2.update(0, 1_000_000) + H2.update(1, 1_000_000))
        #expect(Calls.words(connection.sent).last == "1 grpc 0 end")
        #expect(Calls.payload(connection.sent, 1).count == 100_009)
        #expect(connection.held == 0)
    }
}
