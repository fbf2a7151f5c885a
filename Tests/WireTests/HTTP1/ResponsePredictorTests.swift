import Basis
import Testing

@testable import Wire

@Suite("Skipping a response that repeats")
struct ResponsePredictorTests {
    private static let head =
        "HTTP/1.1 200 OK\r\nServer: switchyard\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        + "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
    private static let response = Array((head + "Hello, World!").utf8)

    @Test("the second of two equal responses is taken from memory")
    func matches() {
        var predictor = HTTP1.ResponsePredictor()
        var parser = HTTP1.ResponseParser()
        let bytes = Self.response
        #expect(predictor.match(bytes.span, at: 0, answersHead: false) == nil)
        let first = parser.next(bytes.span, from: 0, predictor: &predictor)
        let remembered = predictor.match(bytes.span, at: 0, answersHead: false)
        #expect(first == .complete(remembered ?? HTTP1.Response(), next: bytes.count))
        #expect(parser.next(bytes.span, from: 0, predictor: &predictor) == first)
        // The same bytes mean something else when they answer HEAD.
        #expect(predictor.match(bytes.span, at: 0, answersHead: true) == nil)
    }

    @Test(
        "a response whose end is not told by its head is not remembered",
        arguments: [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nabc",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        ])
    func doesNotRemember(_ text: String) {
        var predictor = HTTP1.ResponsePredictor()
        let bytes = Array(text.utf8)
        _ = ResponseTrace(bytes, predictor: &predictor)
        #expect(predictor.match(bytes.span, at: 0, answersHead: false) == nil)
    }

    @Test("whatever comes after whatever, the answer is the parser's", arguments: 0..<40)
    func agrees(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var predictor = HTTP1.ResponsePredictor()
        for _ in 0..<50 {
            var bytes = Self.response + Self.response
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                mutate(&bytes, using: &generator)
            }
            let answersHead = Int.random(in: 0..<8, using: &generator) == 0
            let cuts = [Int.random(in: 0...bytes.count, using: &generator)]
            let parsed = ResponseTrace(bytes, answersHead: answersHead)
            let predicted = ResponseTrace(
                bytes, cuts: cuts, answersHead: answersHead, predictor: &predictor)
            #expect(predicted == parsed, "seed \(seed), cut at \(cuts[0])")
        }
    }

    @Test("a change of any one byte of the head is noticed")
    func noticesAnyByte() {
        for index in 0..<Self.head.utf8.count {
            var predictor = HTTP1.ResponsePredictor()
            _ = ResponseTrace(Self.response, predictor: &predictor)
            var bytes = Self.response
            bytes[index] ^= 1
            #expect(
                predictor.match(bytes.span, at: 0, answersHead: false) == nil, "byte \(index)")
            let predicted = ResponseTrace(bytes, predictor: &predictor)
            #expect(predicted == ResponseTrace(bytes), "byte \(index)")
        }
    }
}
