import Basis
import TestSupport
import Testing
import Wire

@Suite("Responses as servers write them")
struct ResponseToleranceTests {
    @Test("each means what the table says", arguments: ResponseCase.all)
    func means(_ test: ResponseCase) {
        #expect(meaning(ResponseTrace(test.bytes)) == test.meaning)
    }

    @Test("each means the same wherever the network cuts it", arguments: ResponseCase.all)
    func cuts(_ test: ResponseCase) {
        if test.bytes.count < 1_000 {
            #expect(Properties.responseFault(test.bytes) == nil)
            return
        }
        let whole = ResponseTrace(test.bytes)
        var generator = SeededGenerator(seed: UInt64(test.bytes.count))
        for pieces in [1, 2, 40] {
            let cuts = (0..<pieces).map { _ in
                Int.random(in: 0...test.bytes.count, using: &generator)
            }
            #expect(ResponseTrace(test.bytes, cuts: cuts, predicts: true) == whole, "\(cuts)")
        }
    }

    @Test("a long head that comes in small pieces is not read from its beginning each time")
    func longHead() {
        let field = Array("X: \(String(repeating: "y", count: 995))\r\n".utf8)
        var bytes = Array("HTTP/1.1 200 OK\r\n".utf8)
        for _ in 0..<100 { bytes += field }
        var parser = HTTP1.ResponseParser()
        for piece in field {
            // Were the bytes before the unfinished line looked at again, they would be refused.
            bytes.append(piece)
            #expect(parser.next(bytes.span, from: 0) == .needMore(keepFrom: 0))
            if bytes[0] != 0 { for index in 0..<90_000 { bytes[index] = 0 } }
        }
    }

    /// What the trace of one response comes to.
    private func meaning(_ trace: ResponseTrace) -> ResponseCase.Meaning? {
        if case .malformed(let refusal)? = trace.failure { return .refused("\(refusal)") }
        if trace.failure != nil || trace.responses.count > 1 { return nil }
        switch (trace.responses.first, trace.close) {
        case (let response?, .idle): return answer(response)
        case (nil, .complete(let response)): return answer(response)
        case (nil, .truncated), (nil, .idle): return .cutOff
        default: return nil
        }
    }

    private func answer(_ response: HTTP1.Response) -> ResponseCase.Meaning {
        .answer(
            status: Int(response.status.code), bodyBytes: Int(response.bodyBytes),
            keepsOpen: response.keepAlive)
    }
}
