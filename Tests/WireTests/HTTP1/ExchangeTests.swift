import Basis
import Testing
import Wire

/// A server made of nothing but the parser and the encoder: echoes payload, whole or streamed.
private struct EchoServer {
    private var parser = HTTP1.RequestParser()
    private var input: [UInt8] = []
    private var head = HTTP1.RequestHead()
    private var payload: [UInt8] = []
    private(set) var isClosed = false
    private let streams: Bool
    private let date = HTTPDate(unixSeconds: 784_111_777)

    init(streams: Bool) { self.streams = streams }

    /// Takes bytes and returns the bytes it answers with.
    mutating func receive(_ bytes: [UInt8]) -> [UInt8] {
        input += bytes
        var parser = self.parser
        var head = self.head
        var output = ByteQueue()
        var at = 0
        loop: while !isClosed {
            switch parser.next(input.span, from: at, into: &head) {
            case .needMore:
                break loop
            case .head(let end):
                self.head = head
                payload = []
                if head.expectsContinue { HTTP1.ReplyEncoder.writeContinue(to: &output) }
                if head.framing == .none { reply(to: &output) }
                at = end
            case .body(let start, let end, let next):
                payload += input[start..<end]
                at = next
            case .endOfBody(let next):
                reply(to: &output)
                at = next
            case .refuse(let refusal):
                HTTP1.ReplyEncoder.write(refusal, date: date, to: &output)
                isClosed = true
            }
        }
        self.parser = parser
        input.removeFirst(at)
        let sent = output.bytes
        return sent.indices.map { sent[$0] }
    }

    private mutating func reply(to output: inout ByteQueue) {
        var encoder = HTTP1.ReplyEncoder(answering: head)
        if streams {
            encoder.beginHead(.ok, date: date, to: &output)
            encoder.endHead(.stream, to: &output)
            for byte in payload { encoder.writePiece([byte].span, to: &output) }
            encoder.endStream(to: &output)
        } else {
            encoder.write(
                .ok, contentType: "text/plain", content: payload.span, date: date, to: &output)
        }
        isClosed = !encoder.keepAlive
    }
}

@Suite("Client and server joined in memory")
struct ExchangeTests {
    @Test("each request gets its reply, however both ways are cut", arguments: 0..<60)
    func exchanges(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let body = [UInt8](repeating: 0x61, count: Int.random(in: 0..<60, using: &generator))
        let methods = ["GET", "HEAD", "POST"]
        let method = methods[Int.random(in: 0..<3, using: &generator)]
        let fields = [
            HTTP1.RequestTemplate.Field("Expect", "100-continue"),
            HTTP1.RequestTemplate.Field("X-Filler", String(repeating: "f", count: 40)),
        ].filter { _ in Bool.random(using: &generator) }
        let request = try HTTP1.RequestTemplate(
            method: method, target: "/echo?q", host: "a:80", fields: fields, body: body)
        var server = EchoServer(streams: Bool.random(using: &generator))
        var client = HTTP1.ResponseParser(answersHead: request.answersHead)
        var predictor = HTTP1.ResponsePredictor()

        let requests = 20
        let upstream = (0..<requests).flatMap { _ in request.bytes }
        var downstream: [UInt8] = []
        var received: [UInt8] = []
        var sent = 0
        var responses: [HTTP1.Response] = []
        while responses.count < requests {
            let piece = min(Int.random(in: 1..<200, using: &generator), upstream.count - sent)
            downstream += server.receive(Array(upstream[sent..<sent + piece]))
            sent += piece
            let arrived = min(Int.random(in: 0..<200, using: &generator), downstream.count)
            received += downstream.prefix(arrived)
            downstream.removeFirst(arrived)
            var at = 0
            read: while true {
                switch client.next(received.span, from: at, predictor: &predictor) {
                case .needMore(let keepFrom):
                    at = keepFrom
                    break read
                case .complete(let response, let next):
                    responses.append(response)
                    at = next
                case .failure(let failure):
                    Issue.record("seed \(seed): \(failure)")
                    return
                }
            }
            received.removeFirst(at)
            if sent == upstream.count, downstream.isEmpty, responses.count < requests {
                Issue.record("seed \(seed): \(responses.count) of \(requests) replies")
                return
            }
        }
        let payload = method == "HEAD" ? 0 : UInt64(body.count)
        #expect(responses.allSatisfy { $0.status == .ok && $0.keepAlive }, "seed \(seed)")
        #expect(responses.allSatisfy { $0.bodyBytes == payload }, "seed \(seed)")
        #expect(client.close() == .idle, "seed \(seed)")
    }
}
