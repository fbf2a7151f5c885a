import Basis
import Wire

/// What a client makes of a connection's bytes, whatever pieces they came in, up to the peer's
/// close.
struct ResponseTrace: Equatable, CustomStringConvertible {
    private(set) var responses: [HTTP1.Response] = []
    private(set) var failure: HTTP1.ResponseFailure?
    private(set) var close: HTTP1.CloseVerdict?

    /// - Parameters:
    ///   - cuts: where a piece ends and the next one begins, in any order.
    ///   - predicts: look at each response through a predictor that saw the ones before it.
    init(
        _ bytes: [UInt8], cuts: [Int] = [], answersHead: Bool = false, predicts: Bool = false
    ) {
        var predictor = HTTP1.ResponsePredictor()
        self.init(
            bytes, cuts: cuts, answersHead: answersHead, predicts: predicts,
            predictor: &predictor)
    }

    init(
        _ bytes: [UInt8], cuts: [Int] = [], answersHead: Bool = false, predicts: Bool = true,
        predictor: inout HTTP1.ResponsePredictor
    ) {
        var parser = HTTP1.ResponseParser(answersHead: answersHead)
        var pending: [UInt8] = []
        var start = 0
        for cut in cuts.sorted() + [bytes.count] {
            pending += bytes[start..<cut]
            start = cut
            var at = 0
            var isDry = false
            while !isDry {
                let event =
                    predicts
                    ? parser.next(pending.span, from: at, predictor: &predictor)
                    : parser.next(pending.span, from: at)
                switch event {
                case .needMore(let keepFrom):
                    at = keepFrom
                    isDry = true
                case .complete(let response, let next):
                    responses.append(response)
                    at = next
                case .failure(let failure):
                    self.failure = failure
                    return
                }
            }
            pending.removeFirst(at)
        }
        close = parser.close()
    }

    var description: String {
        let failure = self.failure.map { "\($0)" } ?? "no failure"
        let close = self.close.map { "\($0)" } ?? "not closed"
        return "\(responses) \(failure) \(close)"
    }
}
