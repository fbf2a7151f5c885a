import Basis
import Platform
import TestSupport
import Testing
import Wire

@testable import Serve

private typealias H2 = HTTP2Frames

/// What RFC 9113 says that a broken rule ends, rule by rule.
@Suite("HTTP/2 rules")
struct HTTP2RuleTests {
    /// Frames behind the opening, and the words that they are owed in the end.
    private static let faults: [(String, [UInt8], String)] = [
        // RFC 9113 §3.4.
        ("a first frame that is no SETTINGS", H2.preface + H2.ping(1), "goaway 0 PROTOCOL_ERROR"),
        // §4.2.
        (
            "PING of 7", H2.opening + H2.frame(6, [1, 2, 3, 4, 5, 6, 7]),
            "goaway 0 FRAME_SIZE_ERROR"
        ),
        (
            "SETTINGS of 7", H2.opening + H2.frame(4, [0, 0, 0, 0, 0, 0, 0]),
            "goaway 0 FRAME_SIZE_ERROR"
        ),
        (
            "SETTINGS acknowledged with payload",
            H2.opening + H2.frame(4, flags: 1, [0, 0, 0, 0, 0, 0]),
            "goaway 0 FRAME_SIZE_ERROR"
        ),
        (
            "HEADERS too large",
            H2.opening
                + H2.frame(
                    1, flags: 5, stream: 1, [UInt8](repeating: 0, count: 16_385)),
            "goaway 0 FRAME_SIZE_ERROR"
        ),
        (
            "RST_STREAM of 3",
            H2.opening + H2.headers(1, H2.request("POST", "/echo"), flags: 4)
                + H2.frame(3, stream: 1, [0, 0, 0]), "goaway 1 FRAME_SIZE_ERROR"
        ),
        ("WINDOW_UPDATE of 3", H2.opening + H2.frame(8, [0, 0, 1]), "goaway 0 FRAME_SIZE_ERROR"),
        (
            "PRIORITY of 4",
            H2.opening + H2.headers(1, H2.request("POST", "/echo"), flags: 4)
                + H2.frame(2, stream: 1, [0, 0, 0, 0]), "1 reset FRAME_SIZE_ERROR"
        ),
        // §4.3.
        (
            "a block that is none",
            H2.opening + H2.frame(1, flags: 5, stream: 1, [0xFF, 0xFF, 0xFF]),
            "goaway 0 COMPRESSION_ERROR"
        ),
        (
            "an index without an entry", H2.opening + H2.frame(1, flags: 5, stream: 1, [0xBE]),
            "goaway 0 COMPRESSION_ERROR"
        ),
        // §5.1.
        ("DATA on an idle stream", H2.opening + H2.data(1, "x"), "goaway 0 PROTOCOL_ERROR"),
        ("RST_STREAM on an idle stream", H2.opening + H2.reset(1), "goaway 0 PROTOCOL_ERROR"),
        (
            "WINDOW_UPDATE on an idle stream", H2.opening + H2.update(1, 1),
            "goaway 0 PROTOCOL_ERROR"
        ),
        (
            "DATA behind the end", H2.opening + H2.get(1, "/wait?us=1000") + H2.data(1, "x"),
            "1 reset STREAM_CLOSED"
        ),
        (
            "HEADERS behind the end", H2.opening + H2.get(1, "/wait?us=1000") + H2.get(1, "/json"),
            "1 reset STREAM_CLOSED"
        ),
        (
            "DATA on a stream that has ended", H2.opening + H2.get(1, "/json") + H2.data(1, "x"),
            "1 reset STREAM_CLOSED"
        ),
        (
            "HEADERS on a stream that has ended",
            H2.opening + H2.get(1, "/json") + H2.get(1, "/json"),
            "goaway 1 STREAM_CLOSED"
        ),
        // §5.1.1.
        ("an even stream", H2.opening + H2.get(2, "/json"), "goaway 0 PROTOCOL_ERROR"),
        (
            "a stream below the last", H2.opening + H2.get(5, "/json") + H2.get(3, "/json"),
            "goaway 5 PROTOCOL_ERROR"
        ),
        // §6.
        ("DATA on stream 0", H2.opening + H2.data(0, "x"), "goaway 0 PROTOCOL_ERROR"),
        ("HEADERS on stream 0", H2.opening + H2.get(0, "/json"), "goaway 0 PROTOCOL_ERROR"),
        (
            "PRIORITY on stream 0", H2.opening + H2.frame(2, [0, 0, 0, 0, 0]),
            "goaway 0 PROTOCOL_ERROR"
        ),
        ("RST_STREAM on stream 0", H2.opening + H2.reset(0), "goaway 0 PROTOCOL_ERROR"),
        ("SETTINGS on a stream", H2.opening + H2.frame(4, stream: 1), "goaway 0 PROTOCOL_ERROR"),
        (
            "PING on a stream",
            H2.opening + H2.frame(6, stream: 1, [UInt8](repeating: 0, count: 8)),
            "goaway 0 PROTOCOL_ERROR"
        ),
        (
            "GOAWAY on a stream",
            H2.opening + H2.frame(7, stream: 1, [UInt8](repeating: 0, count: 8)),
            "goaway 0 PROTOCOL_ERROR"
        ),
        (
            "PUSH_PROMISE", H2.opening + H2.frame(5, flags: 4, stream: 1, [0, 0, 0, 2]),
            "goaway 0 PROTOCOL_ERROR"
        ),
        (
            "padding as long as the frame",
            H2.opening
                + H2.headers(1, H2.request("POST", "/echo"), flags: 4)
                + H2.frame(0, flags: 9, stream: 1, [5, 1, 2, 3, 4]), "goaway 1 PROTOCOL_ERROR"
        ),
        // §6.5.2.
        ("ENABLE_PUSH 2", H2.preface + H2.settings([(2, 2)]), "goaway 0 PROTOCOL_ERROR"),
        (
            "a window beyond 2^31-1", H2.preface + H2.settings([(4, 1 << 31)]),
            "goaway 0 FLOW_CONTROL_ERROR"
        ),
        (
            "frames below 16,384", H2.preface + H2.settings([(5, 16_383)]),
            "goaway 0 PROTOCOL_ERROR"
        ),
        (
            "frames beyond 2^24-1", H2.preface + H2.settings([(5, 1 << 24)]),
            "goaway 0 PROTOCOL_ERROR"
        ),
        // §6.9.
        ("an increment of 0", H2.opening + H2.update(0, 0), "goaway 0 PROTOCOL_ERROR"),
        (
            "an increment of 0 on a stream",
            H2.opening + H2.get(1, "/wait?us=1000")
                + H2.update(1, 0), "1 reset PROTOCOL_ERROR"
        ),
        (
            "a window that overflows", H2.opening + H2.update(0, 1 << 31 - 1),
            "goaway 0 FLOW_CONTROL_ERROR"
        ),
        (
            "a stream's window that overflows",
            H2.opening + H2.get(1, "/wait?us=1000")
                + H2.update(1, 1 << 31 - 1), "1 reset FLOW_CONTROL_ERROR"
        ),
        (
            "settings that overflow a window",
            H2.opening + H2.get(1, "/wait?us=1000")
                + H2.update(1, 1 << 30) + H2.settings([(4, 1 << 31 - 1)]),
            "goaway 1 FLOW_CONTROL_ERROR"
        ),
        // §6.10.
        (
            "CONTINUATION without HEADERS", H2.opening + H2.frame(9, flags: 4, stream: 1),
            "goaway 0 PROTOCOL_ERROR"
        ),
        (
            "another frame inside a block",
            H2.opening
                + H2.headers(1, H2.request("GET", "/json"), flags: 1) + H2.ping(1),
            "goaway 0 PROTOCOL_ERROR"
        ),
        (
            "CONTINUATION of another stream",
            H2.opening
                + H2.headers(1, H2.request("GET", "/json"), flags: 1)
                + H2.frame(9, flags: 4, stream: 3), "goaway 0 PROTOCOL_ERROR"
        ),
        // §8.1.
        (
            "a second head without an end",
            H2.opening
                + H2.headers(1, H2.request("POST", "/echo"), flags: 4)
                + H2.headers(1, [("a", "b")], flags: 4), "1 reset PROTOCOL_ERROR"
        ),
        (
            "a pseudo-field in trailers",
            H2.opening
                + H2.headers(1, H2.request("POST", "/echo"), flags: 4)
                + H2.headers(1, [(":path", "/")]), "1 reset PROTOCOL_ERROR"
        ),
        // §8.1.1.
        (
            "less than content-length",
            H2.opening
                + H2.headers(1, H2.request("POST", "/echo", [("content-length", "3")]), flags: 4)
                + H2.data(1, "ab"), "1 reset PROTOCOL_ERROR"
        ),
        (
            "more than content-length",
            H2.opening
                + H2.headers(1, H2.request("POST", "/echo", [("content-length", "1")]), flags: 4)
                + H2.data(1, "ab", ends: false), "1 reset PROTOCOL_ERROR"
        ),
        (
            "a length and no payload",
            H2.opening
                + H2.headers(1, H2.request("POST", "/echo", [("content-length", "1")])),
            "1 reset PROTOCOL_ERROR"
        ),
        // §8.2 and §8.3.
        (
            "an upper-case name", H2.opening + H2.headers(1, H2.request("GET", "/", [("A", "b")])),
            "1 reset PROTOCOL_ERROR"
        ),
        (
            "a field of connections",
            H2.opening
                + H2.headers(1, H2.request("GET", "/", [("connection", "close")])),
            "1 reset PROTOCOL_ERROR"
        ),
        (
            "te: gzip", H2.opening + H2.headers(1, H2.request("GET", "/", [("te", "gzip")])),
            "1 reset PROTOCOL_ERROR"
        ),
        (
            "no :path", H2.opening + H2.headers(1, [(":method", "GET"), (":scheme", "http")]),
            "1 reset PROTOCOL_ERROR"
        ),
        (
            ":method twice",
            H2.opening
                + H2.headers(1, [(":method", "GET")] + H2.request("GET", "/")),
            "1 reset PROTOCOL_ERROR"
        ),
        (
            "a pseudo-field behind others",
            H2.opening
                + H2.headers(
                    1, [(":method", "GET"), (":scheme", "http"), ("a", "b"), (":path", "/")]),
            "1 reset PROTOCOL_ERROR"
        ),
        (
            "an unknown pseudo-field",
            H2.opening
                + H2.headers(1, H2.request("GET", "/", []) + [(":x", "y")]),
            "1 reset PROTOCOL_ERROR"
        ),
        (
            "a response's pseudo-field",
            H2.opening
                + H2.headers(1, [(":status", "200")] + H2.request("GET", "/")),
            "1 reset PROTOCOL_ERROR"
        ),
    ]

    @Test("a broken rule ends the stream or the connection, with its code", arguments: faults)
    func fault(name: String, bytes: [UInt8], owed: String) {
        for isCut in [false, true] {
            let connection = HTTP2Loop.make()
            if isCut {
                for byte in bytes { connection.receive([byte]) }
            } else {
                connection.receive(bytes)
            }
            #expect(HTTP2Loop.words(connection).contains(owed), "\(name)")
            if owed.hasPrefix("goaway") {
                #expect(connection.hasFinishedSending && HTTP2Loop.words(connection).last == owed)
            } else {
                // An unrelated stream lives on.
                connection.receive(H2.get(101, "/plaintext"))
                #expect(HTTP2Loop.words(connection).suffix(2) == ["101:200", "101 data 13 end"])
            }
        }
    }
}
