import Basis
import Testing

@testable import Wire

@Suite("the pieces of a flush")
struct FlushPiecesTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let framing: MessageFraming
        let bytes: [UInt8]
        /// Where the one cut of head-then-body is; nil for none.
        let cut: Int?

        var testDescription: String { name }
    }

    private static func text(
        _ name: String, _ framing: MessageFraming, _ head: String, _ rest: String = ""
    ) -> Case {
        Case(
            name: name, framing: framing, bytes: Array((head + rest).utf8),
            cut: rest.isEmpty ? nil : head.utf8.count)
    }

    private static func frame(_ type: UInt8, _ flags: UInt8, _ length: Int) -> [UInt8] {
        [0, UInt8(length >> 8), UInt8(length & 255), type, flags, 0, 0, 0, 1]
            + [UInt8](repeating: 7, count: length)
    }

    private static func frames(
        _ name: String, _ framing: MessageFraming, _ head: [UInt8], _ rest: [UInt8] = []
    ) -> Case {
        Case(
            name: name, framing: framing, bytes: head + rest, cut: rest.isEmpty ? nil : head.count)
    }

    private static let get = "GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
    private static let empty = "HTTP/1.1 204 No Content\r\n\r\n"
    private static let upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

    static let cases = [
        text("a request without a body", .http1Requests, get),
        text("several of them", .http1Requests, get + get + get),
        text("a request with a body", .http1Requests, post, "abc"),
        text("a body that looks like heads", .http1Requests, post, "a\r\n\r\nb\r\n\r\n"),
        text("pipelined requests", .http1Requests, post, "abc" + post + "abc"),
        text("a reply", .http1Replies, ok, "abc"),
        text("a reply without a body", .http1Replies, empty),
        text("a reply behind others without bodies", .http1Replies, empty + empty + ok, "abc"),
        text("a reply behind 100", .http1Replies, "HTTP/1.1 100 Continue\r\n\r\n" + ok, "abc"),
        text("replies", .http1Replies, ok, "abc" + ok + "abc"),
        text("the rest of a body", .http1Replies, "abc\r\n\r\nHTTP/1.1 200 OK\r\n\r\nabc"),
        text("half a head", .http1Replies, "HTTP/1.1 200 OK\r\nA: b"),
        text("nothing known", .opaque, ok + "abc"),
        frames("a call", .http2, frame(1, 4, 20), frame(0, 1, 5)),
        frames("a request that is its head", .http2, frame(1, 5, 20) + frame(1, 5, 20)),
        frames(
            "a preface in front", .http2,
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 6) + frame(1, 4, 3),
            frame(0, 0, 300) + frame(0, 1, 0)),
        frames("a head in two frames", .http2, frame(1, 0, 20) + frame(9, 4, 9), frame(0, 1, 5)),
        frames("a reply without a body in front", .http2, frame(1, 5, 2) + frame(1, 4, 2), [0]),
        frames("trailers are no head", .http2, frame(0, 0, 9) + frame(1, 5, 9) + frame(8, 0, 4)),
        frames("only what is no message", .http2, frame(4, 1, 0) + frame(6, 1, 8)),
        frames("a frame cut in its head", .http2, [0, 0, 9]),
        frames("a frame that goes on", .http2, [0, 1, 0, 1, 4, 0, 0, 0, 1, 7]),
        frames("a message", .webSocket, [0x81, 3], [1, 2, 3]),
        frames("a longer one", .webSocket, [0x82, 126, 1, 0], [UInt8](repeating: 7, count: 256)),
        frames(
            "the longest kind", .webSocket, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0], [7, 7]),
        frames("a masked one", .webSocket, [0x81, 0x83, 9, 9, 9, 9], [1, 2, 3]),
        frames("behind an empty one", .webSocket, [0x81, 0, 0x81, 1], [9]),
        frames("two of them", .webSocket, [0x81, 1], [9, 0x81, 1, 9]),
        frames("empty ones", .webSocket, [0x81, 0, 0x81, 0x80, 1, 2, 3, 4]),
        frames("a header alone", .webSocket, [0x81, 5]),
        text("the agreement on it", .webSocket, upgraded),
        text("a frame behind the agreement", .webSocket, upgraded, "\u{01}\u{03}abc"),
        frames("one byte", .webSocket, [0x81]),
        frames("nothing", .webSocket, []),
    ]

    @Test("a body begins where it does", arguments: cases)
    func bodies(flush: Case) {
        #expect(flush.framing.firstBody(in: flush.bytes.span) == flush.cut)
    }

    @Test("whatever is cut off, nothing is read that is not there", arguments: cases)
    func truncated(flush: Case) {
        for count in 0...flush.bytes.count {
            for framing in [MessageFraming.http1Requests, .http1Replies, .http2, .webSocket] {
                let body = framing.firstBody(in: flush.bytes.span.extracting(first: count))
                #expect(body ?? 1 > 0 && body ?? 0 < max(1, count), "\(count)")
            }
        }
    }

    /// The pieces of a flush, of which each write takes at most `limit` bytes.
    private func pieces(
        _ flush: [UInt8], _ shape: WriteShape, _ framing: MessageFraming, limit: Int = .max
    ) -> [Int] {
        var state = FlushPieces()
        var sizes: [Int] = []
        var taken = 0
        var size = 0
        while taken < flush.count {
            let rest = flush.span.extracting(droppingFirst: taken)
            let next = state.next(of: rest, shape, framing)
            // What is left of a piece is offered as it is, also where nothing was taken of it.
            #expect(next == state.next(of: rest, shape, framing))
            let count = min(next, limit)
            state.took(count)
            taken += count
            size += count
            if count == next {
                sizes.append(size)
                size = 0
            }
        }
        return sizes
    }

    @Test("the shapes of a flush, however little is taken at a time", arguments: cases)
    func shapes(flush: Case) {
        let count = flush.bytes.count
        if count == 0 { return }
        for limit in [Int.max, 1, 2, 3, 5, 7, 100] {
            #expect(pieces(flush.bytes, .one, flush.framing, limit: limit) == [count])
            let expected = flush.cut.map { [$0, count - $0] } ?? [count]
            #expect(pieces(flush.bytes, .headThenBody, flush.framing, limit: limit) == expected)
            let trickle = pieces(flush.bytes, .trickle, flush.framing, limit: limit)
            #expect(trickle.count == min(4, count) && trickle.reduce(0, +) == count)
            #expect(trickle.max()! - trickle.min()! <= 1, "\(trickle)")
        }
    }

    @Test("what is appended while a flush goes is the next one")
    func appended() {
        let reply = Array((Self.ok + "abc").utf8)
        var state = FlushPieces()
        var waiting = reply
        var writes: [Int] = []
        for turn in 0..<6 {
            if turn < 3 { waiting += reply }
            if waiting.isEmpty { break }
            let size = state.next(of: waiting.span, .headThenBody, .http1Replies)
            state.took(size)
            waiting.removeFirst(size)
            writes.append(size)
        }
        let head = reply.count - 3
        #expect(writes == [head, 3 + reply.count, head, 3 + reply.count])
    }
}
