import Testing

@testable import Wire

/// What RFC 9113 demands of each frame, and what becomes of one that is otherwise.
@Suite("HTTP/2: reading frames")
struct FrameReaderTests {
    struct Rule: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let failure: HTTP2.Failure
        var role = HTTP2.Role.server

        init(
            _ name: String, _ bytes: [UInt8], _ code: HTTP2.ErrorCode,
            stream: UInt32 = 0, role: HTTP2.Role = .server
        ) {
            self.name = name
            self.bytes = bytes
            failure = HTTP2.Failure(code, HTTP2.Scope(stream), "")
            self.role = role
        }

        var testDescription: String { name }
    }

    private static let openBlock = frame(1, flags: 0, stream: 1, [0x82])

    static let rules = [
        Rule("§4.2 HEADERS too large", frame(1, stream: 1, length: 16_385), .frameSize),
        Rule("§4.2 SETTINGS too large", frame(4, length: 16_386), .frameSize),
        Rule("§4.2 DATA too large on stream 0", frame(0, length: 16_385), .frameSize),
        Rule("§4.2 PING too large", frame(6, length: 16_385), .frameSize),
        Rule(
            "§4.2 DATA too large", frame(0, stream: 1, zeros(16_385)), .frameSize, stream: 1),
        Rule(
            "§4.2 unknown type too large", frame(0xEE, stream: 3, zeros(16_385)), .frameSize,
            stream: 3),
        Rule("§6.1 DATA on stream 0", frame(0, [1]), .protocol),
        Rule("§6.1 DATA, padding of the payload", frame(0, flags: 8, stream: 1, [1]), .protocol),
        Rule(
            "§6.1 DATA, padding beyond", frame(0, flags: 8, stream: 1, [255] + zeros(254)),
            .protocol),
        Rule("§6.1 DATA without its padding's length", frame(0, flags: 8, stream: 1), .frameSize),
        Rule("§6.2 HEADERS on stream 0", frame(1, flags: 4, [0x82]), .protocol),
        Rule(
            "§6.2 HEADERS, padding beyond", frame(1, flags: 0xC, stream: 1, [2, 0x82]), .protocol),
        Rule("§6.2 HEADERS, padding's length", frame(1, flags: 0xC, stream: 1), .frameSize),
        Rule(
            "§6.2 HEADERS, no room for priority", frame(1, flags: 0x24, stream: 1, zeros(4)),
            .frameSize),
        Rule(
            "§6.2 HEADERS, padding in the priority",
            frame(1, flags: 0x2C, stream: 1, [1] + zeros(5)), .frameSize),
        Rule("§6.3 PRIORITY on stream 0", frame(2, zeros(5)), .protocol),
        Rule("§6.3 PRIORITY of 4", frame(2, stream: 5, zeros(4)), .frameSize, stream: 5),
        Rule("§6.3 PRIORITY of 6", frame(2, stream: 5, zeros(6)), .frameSize, stream: 5),
        Rule("§6.4 RST_STREAM on stream 0", frame(3, zeros(4)), .protocol),
        Rule("§6.4 RST_STREAM of 3", frame(3, stream: 1, zeros(3)), .frameSize),
        Rule("§6.4 RST_STREAM of 5", frame(3, stream: 1, zeros(5)), .frameSize),
        Rule("§6.5 SETTINGS on a stream", frame(4, stream: 1), .protocol),
        Rule("§6.5 SETTINGS of 5", frame(4, zeros(5)), .frameSize),
        Rule("§6.5 SETTINGS of 7", frame(4, zeros(7)), .frameSize),
        Rule("§6.5 ACK with a payload", frame(4, flags: 1, setting(1, 0)), .frameSize),
        Rule("§6.5 ACK on a stream", frame(4, flags: 1, stream: 1), .protocol),
        Rule("§6.5.2 ENABLE_PUSH 2", frame(4, setting(2, 2)), .protocol),
        Rule("§6.5.2 INITIAL_WINDOW_SIZE 2^31", frame(4, setting(4, 1 << 31)), .flowControl),
        Rule("§6.5.2 MAX_FRAME_SIZE 2^14-1", frame(4, setting(5, 16_383)), .protocol),
        Rule("§6.5.2 MAX_FRAME_SIZE 2^24", frame(4, setting(5, 1 << 24)), .protocol),
        Rule("RFC 8441 §3 ENABLE_CONNECT_PROTOCOL 2", frame(4, setting(8, 2)), .protocol),
        Rule(
            "a later parameter counts as much", frame(4, setting(1, 0) + setting(5, 0)), .protocol),
        Rule(
            "33 parameters", frame(4, (0..<33).flatMap { _ in setting(9, 0) }), .enhanceYourCalm),
        Rule("§8.4 PUSH_PROMISE to a server", frame(5, flags: 4, stream: 1, zeros(5)), .protocol),
        Rule("§6.7 PING on a stream", frame(6, stream: 1, zeros(8)), .protocol),
        Rule("§6.7 PING of 7", frame(6, zeros(7)), .frameSize),
        Rule("§6.7 PING of 9", frame(6, zeros(9)), .frameSize),
        Rule("§6.8 GOAWAY on a stream", frame(7, stream: 1, zeros(8)), .protocol),
        Rule("§6.8 GOAWAY of 7", frame(7, zeros(7)), .frameSize),
        Rule("§6.9 increment 0 on a stream", frame(8, stream: 7, zeros(4)), .protocol, stream: 7),
        Rule(
            "§6.9 increment 0 but for the reserved bit", frame(8, stream: 7, [0x80, 0, 0, 0]),
            .protocol, stream: 7),
        Rule("§6.9 increment 0 for the connection", frame(8, zeros(4)), .protocol),
        Rule("§6.9 WINDOW_UPDATE of 3", frame(8, stream: 1, zeros(3)), .frameSize),
        Rule("§6.9 WINDOW_UPDATE of 5", frame(8, [0, 0, 0, 1, 0]), .frameSize),
        Rule("§6.10 CONTINUATION without HEADERS", frame(9, flags: 4, stream: 1), .protocol),
        Rule("§6.10 CONTINUATION on stream 0", frame(9, flags: 4), .protocol),
        Rule("§6.10 DATA in a block", openBlock + frame(0, stream: 1), .protocol),
        Rule("§6.10 HEADERS in a block", openBlock + frame(1, flags: 4, stream: 3), .protocol),
        Rule("§6.10 PING in a block", openBlock + frame(6, zeros(8)), .protocol),
        Rule("§6.10 RST_STREAM in a block", openBlock + frame(3, stream: 1, zeros(4)), .protocol),
        Rule("§6.10 unknown type in a block", openBlock + frame(0xEE, stream: 1), .protocol),
        Rule("§6.10 CONTINUATION of another", openBlock + frame(9, stream: 3), .protocol),
        Rule(
            "a 9th CONTINUATION", openBlock + (0..<9).flatMap { _ in frame(9, stream: 1, [0x82]) },
            .enhanceYourCalm),
        Rule(
            "a block beyond 64 KiB",
            openBlock + (0..<4).flatMap { _ in frame(9, stream: 1, zeros(16_384)) },
            .enhanceYourCalm),
        Rule(
            "§8.4 PUSH_PROMISE", frame(5, flags: 4, stream: 1, zeros(5)), .protocol, role: .client),
        Rule("§6.5.2 ENABLE_PUSH 1 by a server", frame(4, setting(2, 1)), .protocol, role: .client),
    ]

    private static func opening(_ role: HTTP2.Role) -> [UInt8] {
        role == .server ? clientOpening : frame(4)
    }

    @Test("each rule has its code and its scope, wherever the bytes are cut", arguments: rules)
    func broken(_ rule: Rule) {
        // Behind it a frame that shows whether the connection lives on.
        let bytes = Self.opening(rule.role) + rule.bytes + frame(6, [1, 2, 3, 4, 5, 6, 7, 8])
        let whole = FrameTrace(bytes, role: rule.role)
        let last = whole.steps.last
        if rule.failure.scope == .connection {
            #expect(last == .failure(rule.failure))
        } else {
            let flowBytes: UInt32 = rule.bytes[3] == 0 ? UInt32(rule.bytes.count - 9) : 0
            #expect(whole.steps.dropLast().last == .fault(rule.failure, flowBytes: flowBytes))
            #expect(last == .frame("ping(72623859790382856)", []))
        }
        let step = max(1, bytes.count / 200)
        for cut in stride(from: 0, through: bytes.count, by: step) {
            #expect(FrameTrace(bytes, role: rule.role, cuts: [cut]) == whole, "cut at \(cut)")
        }
    }

    @Test("a failed reader stays failed")
    func stays() {
        var reader = HTTP2.FrameReader(role: .client)
        let bad = frame(6, zeros(8))
        let failure = HTTP2.FrameEvent.failure(HTTP2.Failure(.protocol, .connection, ""))
        #expect(reader.next(bad.span, from: 0) == failure)
        #expect(reader.next(frame(4).span, from: 0) == failure)
    }

    @Test(
        "the opening is the preface and SETTINGS, RFC 9113 §3.4",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", [], "connection PROTOCOL_ERROR"),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", [], "connection PROTOCOL_ERROR"),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(6, zeros(8)), "connection PROTOCOL_ERROR"),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(4, flags: 1), "connection PROTOCOL_ERROR"),
            (
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(1, flags: 5, stream: 1),
                "connection PROTOCOL_ERROR"
            ),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(4), "SETTINGS"),
        ] as [(String, [UInt8], String)])
    func opening(preface: String, behind: [UInt8], last: String) {
        let trace = FrameTrace(Array(preface.utf8) + behind, role: .server)
        #expect(trace.frames.last == last)
    }

    /// What an ordinary connection looks like, with all types of frames.
    static let ordinary =
        clientOpening + frame(4, flags: 1) + frame(8, [0, 1, 0, 0])
        + frame(1, flags: 0x5, stream: 1, [0x82, 0x86])
        + frame(1, flags: 0x2C, stream: 3, [3] + [0, 0, 0, 3, 9] + [0x82] + zeros(3))
        + frame(0, stream: 3, [1, 2, 3]) + frame(0, flags: 9, stream: 3, [2, 7, 0, 0])
        + frame(2, stream: 9, zeros(5)) + frame(0xEE, flags: 0xFF, stream: 1 << 31 | 5, [1, 2])
        + frame(1, flags: 1, stream: 5, [0x82]) + frame(9, stream: 5, [0x86])
        + frame(9, stream: 5) + frame(9, flags: 4, stream: 5, [0x84])
        + frame(3, stream: 5, bigEndian(8)) + frame(6, zeros(8)) + frame(6, flags: 1, zeros(8))
        + frame(4, setting(3, 100) + setting(0x99, 7) + setting(4, 0))
        + frame(8, stream: 3, bigEndian(1 << 31 | 5)) + frame(0, flags: 1, stream: 7)
        + frame(0, flags: 8, stream: 7, [0]) + frame(7, bigEndian(3) + bigEndian(0) + [0x61])

    static let ordinaryFrames = [
        "preface", "SETTINGS", "settingsAck", "windowUpdate(stream: 0, increment: 65536)",
        "HEADERS 1 end", "HEADERS 3", "DATA 3 3", "DATA 3 4 end", "ignored", "ignored",
        "HEADERS 5 end ...", "CONTINUATION 5 ...", "CONTINUATION 5 ...", "CONTINUATION 5",
        "resetStream(stream: 5, Wire.HTTP2.ErrorCode(rawValue: 8))", "ping(0)", "pingAck(0)",
        "SETTINGS", "windowUpdate(stream: 3, increment: 5)", "DATA 7 0 end", "DATA 7 1",
        "GOAWAY 3 0",
    ]

    @Test("all types, and the same cut at every byte and byte by byte")
    func cuts() {
        let whole = FrameTrace(Self.ordinary, role: .server)
        #expect(whole.frames == Self.ordinaryFrames)
        #expect(whole.steps[5] == .frame("HEADERS 3", [0x82]))
        #expect(whole.steps[7] == .frame("DATA 3 4 end", [7]))
        #expect(whole.leftOver == 0)
        for cut in 0...Self.ordinary.count {
            #expect(FrameTrace(Self.ordinary, role: .server, cuts: [cut]) == whole)
        }
        let bytewise = Array(0..<Self.ordinary.count)
        #expect(FrameTrace(Self.ordinary, role: .server, cuts: bytewise) == whole)
    }

    @Test("no prefix is read beyond its end")
    func bounds() {
        for count in 1...Self.ordinary.count {
            let prefix = Array(Self.ordinary.prefix(count))
            GuardedBytes(prefix).withSpan { span in
                var reader = HTTP2.FrameReader(role: .server)
                var at = 0
                loop: while true {
                    switch reader.next(span, from: at) {
                    case .needMore, .failure: break loop
                    case .preface(let next), .frame(_, let next), .skipped(let next),
                        .streamFault(_, _, let next):
                        at = next
                    }
                }
                #expect(at <= count)
            }
        }
    }

    @Test("8 CONTINUATION frames and 64 KiB are taken, and a larger frame once it is allowed")
    func limits() {
        let block =
            Self.openBlock + (0..<7).flatMap { _ in frame(9, stream: 1, zeros(8_000)) }
            + frame(9, flags: 4, stream: 1, zeros(9_535))
        #expect(FrameTrace(clientOpening + block, role: .server).frames.last == "CONTINUATION 1")
        var reader = HTTP2.FrameReader(role: .client)
        reader.maxFrameSize = 20_000
        let bytes = frame(4) + frame(0, stream: 1, zeros(20_000))
        #expect(reader.next(bytes.span, from: 0) == .frame(.settings(HTTP2.Run(9, 9)), next: 9))
        let run = HTTP2.Run(18, 20_018)
        let data = HTTP2.Frame.data(stream: 1, run, flowBytes: 20_000, endStream: false)
        #expect(reader.next(bytes.span, from: 9) == .frame(data, next: 20_018))
        #expect(!reader.isInBlock)
    }
}
