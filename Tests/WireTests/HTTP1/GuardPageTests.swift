import Testing
import Wire

@Suite("Reading within bounds")
struct GuardPageTests {
    @Test("no prefix of a request is read beyond its end", arguments: CutTests.requests)
    func requests(_ sample: Sample) {
        for count in 1...sample.bytes.count {
            GuardedBytes(Array(sample.bytes.prefix(count))).withSpan { span in
                var parser = HTTP1.RequestParser()
                var head = HTTP1.RequestHead()
                var at = 0
                loop: while true {
                    switch parser.next(span, from: at, into: &head) {
                    case .needMore, .refuse: break loop
                    case .head(let next), .body(_, _, let next), .endOfBody(let next):
                        at = next
                    }
                }
                #expect(at <= count)
            }
        }
    }

    @Test("no prefix of a response is read beyond its end", arguments: CutTests.responses)
    func responses(_ sample: Sample) {
        var predictor = HTTP1.ResponsePredictor()
        _ = ResponseTrace(sample.bytes, predictor: &predictor)
        for count in 1...sample.bytes.count {
            GuardedBytes(Array(sample.bytes.prefix(count))).withSpan { span in
                var parser = HTTP1.ResponseParser()
                if case .complete(_, let next) = parser.next(
                    span, from: 0, predictor: &predictor)
                {
                    #expect(next <= count)
                }
            }
        }
    }

    @Test("an empty span is no reason to read")
    func empty() {
        let nothing: [UInt8] = []
        var server = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        guard case .needMore = server.next(nothing.span, from: 0, into: &head) else {
            Issue.record("something was read")
            return
        }
        var client = HTTP1.ResponseParser()
        #expect(client.next(nothing.span, from: 0) == .needMore(keepFrom: 0))
    }
}
