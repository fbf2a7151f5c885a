import Basis
import Testing
import Wire

@Suite("WebSocket messages")
struct ReceiverTests {
    private static let smile = Array("😀".utf8)
    private static let long = Array(repeating: UInt8(ascii: "x"), count: 300)

    /// What a client sends, as first bytes and payloads, and what it means.
    struct Talk: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let frames: [(first: UInt8, payload: [UInt8])]
        let steps: [ReceiverTrace.Step]

        init(
            _ name: String, _ frames: [(UInt8, [UInt8])], _ steps: [ReceiverTrace.Step]
        ) {
            testDescription = name
            self.frames = frames
            self.steps = steps
        }

        func bytes(for role: WebSocket.Role) -> [UInt8] {
            frames.flatMap {
                role == .server
                    ? RawFrame.masked($0.first, $0.payload) : RawFrame.plain($0.first, $0.payload)
            }
        }
    }

    static let talks = [
        Talk("text", [(0x81, Array("Hello".utf8))], [.message(.text, Array("Hello".utf8))]),
        Talk("empty", [(0x81, []), (0x82, [])], [.message(.text, []), .message(.binary, [])]),
        Talk(
            "binary is anything", [(0x82, [0, 0xFF, 0xC0])], [.message(.binary, [0, 0xFF, 0xC0])]),
        Talk("two-byte length", [(0x81, long)], [.message(.text, long)]),
        Talk(
            "three fragments", [(0x01, [0x61]), (0x00, [0x62]), (0x80, [0x63])],
            [.message(.text, [0x61, 0x62, 0x63])]),
        Talk(
            "empty fragments", [(0x02, []), (0x00, []), (0x00, [1]), (0x80, [])],
            [.message(.binary, [1])]),
        Talk(
            "a character over four fragments",
            [(0x01, [smile[0]]), (0x00, [smile[1]]), (0x00, [smile[2]]), (0x80, [smile[3]])],
            [.message(.text, smile)]),
        Talk(
            "controls between fragments",
            [
                (0x89, []), (0x01, [0x61, smile[0]]), (0x89, [1, 2]), (0x00, Array(smile[1...2])),
                (0x8A, [3]), (0x8A, []), (0x80, [smile[3]]), (0x89, [4]),
            ],
            [
                .ping([]), .ping([1, 2]), .pong([3]), .pong([]),
                .message(.text, [0x61] + smile), .ping([4]),
            ]),
        Talk(
            "messages on end",
            [(0x81, [0x61]), (0x82, [2]), (0x01, [0x63]), (0x80, []), (0x81, [])],
            [
                .message(.text, [0x61]), .message(.binary, [2]), .message(.text, [0x63]),
                .message(.text, []),
            ]),
        Talk(
            "the longest ping", [(0x89, Array(long.prefix(125)))],
            [.ping(Array(long.prefix(125)))]),
        Talk("close", [(0x88, [])], [.close(nil, [])]),
        Talk("close with a code", [(0x88, [0x03, 0xE8])], [.close(1000, [])]),
        Talk(
            "close with a reason, inside of a message",
            [(0x01, [0x61]), (0x88, [0x0F, 0xA0] + smile)],
            [.close(4000, smile)]),
        Talk(
            "the longest reason", [(0x88, [0x03, 0xE9] + long.prefix(123))],
            [.close(1001, Array(long.prefix(123)))]),
        Talk(
            "nothing is heard behind a close",
            [(0x88, [0x03, 0xE8]), (0x81, [0x61]), (0xFF, [0xFF])],
            [.close(1000, [])]),
        Talk(
            "nothing is heard behind a failure", [(0x81, [0xFF]), (0x81, [0x61]), (0x88, [])],
            [.failure(.invalidText)]),
    ]

    @Test("mean the same wherever the network cuts them, twice", arguments: talks)
    func cuts(_ talk: Talk) {
        for role in [WebSocket.Role.server, .client] {
            let bytes = talk.bytes(for: role)
            #expect(ReceiverTrace(bytes, role: role).steps == talk.steps)
            let single = ReceiverTrace(bytes, role: role, cuts: Array(0..<bytes.count))
            #expect(single.steps == talk.steps && single.fault == nil)
            for first in 0...bytes.count {
                let seconds = bytes.count < 60 ? Array(first...bytes.count) : [first]
                for second in seconds {
                    let trace = ReceiverTrace(bytes, role: role, cuts: [first, second])
                    if trace.steps != talk.steps || trace.fault != nil {
                        Issue.record("cut at \(first) and \(second): \(trace)")
                    }
                }
            }
        }
    }

    @Test(
        "of every length come back",
        arguments: [0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537, 1 << 20])
    func lengths(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 17) }
        for role in [WebSocket.Role.server, .client] {
            let bytes =
                role == .server ? RawFrame.masked(0x82, payload) : RawFrame.plain(0x82, payload)
            let header = bytes.count - count
            for cuts in [[], Array(1...header), [header + count / 2], [bytes.count - 1]] {
                let trace = ReceiverTrace(bytes, role: role, cuts: cuts)
                #expect(trace.steps == [.message(.binary, payload)] && trace.fault == nil)
            }
        }
    }

    @Test("a message may be as large as the limit, and is then forgotten")
    func limit() {
        let half = Array(repeating: UInt8(1), count: 150)
        let bytes =
            RawFrame.masked(0x02, half) + RawFrame.masked(0x89, Array(half.prefix(125)))
            + RawFrame.masked(0x80, half) + RawFrame.masked(0x82, half + half)
        let trace = ReceiverTrace(bytes, role: .server, messageLimit: 300)
        let whole = ReceiverTrace.Step.message(.binary, half + half)
        #expect(trace.steps == [.ping(Array(half.prefix(125))), whole, whole])
    }

    @Test("a payload is passed on as it comes, and its parts say where they are")
    func parts() {
        let bytes = RawFrame.plain(0x81, "abcd")
        var receiver = WebSocket.Receiver(role: .client)
        #expect(!receiver.isMidMessage)
        #expect(receiver.next(bytes.span.extracting(first: 2), from: 0) == .needMore(keepFrom: 2))
        #expect(receiver.isMidMessage)
        guard
            case .part(let first, let next) = receiver.next(
                bytes.span.extracting(first: 4), from: 2)
        else {
            Issue.record("no part")
            return
        }
        #expect(first.isFirst && !first.isLast && first.kind == .text)
        #expect(first.payload.range == 2..<4 && next == 4)
        guard case .part(let second, let end) = receiver.next(bytes.span, from: 4) else {
            Issue.record("no part")
            return
        }
        #expect(!second.isFirst && second.isLast && second.payload.range == 4..<6 && end == 6)
        #expect(!receiver.isMidMessage && !receiver.isOver)
        #expect(receiver.next(bytes.span, from: 6) == .needMore(keepFrom: 6))
    }

    @Test("what comes behind the last word is dropped")
    func over() {
        var receiver = WebSocket.Receiver(role: .client)
        let bytes = RawFrame.plain(0x88) + [1, 2, 3]
        guard case .close(nil, let reason) = receiver.next(bytes.span, from: 0) else {
            Issue.record("no close")
            return
        }
        #expect(reason.count == 0 && receiver.isOver)
        #expect(receiver.next(bytes.span, from: 2) == .needMore(keepFrom: bytes.count))
    }

    @Test("the state of a direction is small")
    func size() {
        #expect(MemoryLayout<WebSocket.FrameReader>.size <= 24)
        #expect(MemoryLayout<WebSocket.Receiver>.size <= 32)
        #expect(MemoryLayout<UTF8Validator>.size == 3)
    }

    @Test("no prefix is read beyond its end", arguments: talks)
    func guarded(_ talk: Talk) {
        let bytes = talk.bytes(for: .server)
        for count in 1...bytes.count {
            GuardedBytes(Array(bytes.prefix(count))).withSpan { span in
                var receiver = WebSocket.Receiver(role: .server)
                var at = 0
                while at < count {
                    switch receiver.next(span, from: at) {
                    case .part(_, let next), .ping(_, let next), .pong(_, let next): at = next
                    case .needMore, .close, .failure: return
                    }
                }
                #expect(at == count)
            }
        }
    }
}
