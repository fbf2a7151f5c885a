// Hot path
import Wire

/// Takes the events out of the answers of one connection of HTTP/1.1 as they come (WHATWG HTML
/// §9.2). What it makes of them does not depend on how they were cut.
struct EventStreamReader: ~Copyable {
    /// What comes next.
    enum Step: BitwiseCopyable {
        /// Everything before `keepFrom` is done with.
        case needMore(keepFrom: Int)
        /// The final head of an answer; go on at `end`, also where the input ends there.
        case head(HTTP1.ResponseHead, end: Int)
        /// An event, which `events` holds until the next step; never one without data. Go on at
        /// `end`, which is before the input's end: the answer may be over with it.
        case event(end: Int)
        /// The answer is over.
        case end(HTTP1.Response, next: Int)
        case violation(Violation)
    }

    private(set) var events = EventStream.Parser()
    /// Whether the payload under way is a stream of events.
    private(set) var isStream = false
    /// Payload at the place of the next step that the parser of answers has passed.
    private var payload = 0
    /// Whether the next step begins at the last byte of an event, which is done with.
    private var isAtLastByte = false

    /// Whether an event has begun and is not over.
    var isMidEvent: Bool { isStream && events.isMidEvent }

    /// The next step of the answer at `input[offset...]`.
    mutating func next(
        _ input: Span<UInt8>, from offset: Int, of answers: inout HTTP1.ResponseParser
    ) -> Step {
        var at = offset
        if isAtLastByte {
            isAtLastByte = false
            at &+= 1
        }
        while true {
            if payload > 0 {
                let end = at &+ payload
                switch events.next(input.extracting(first: end), from: at) {
                case .event(let next):
                    payload = end &- next
                    at = next
                    if events.data.isEmpty { continue }
                    isAtLastByte = true
                    return .event(end: next &- 1)
                case .needMore:
                    payload = 0
                    at = end
                case .failure(let failure):
                    return .violation(Violation(.eventStream(failure), at: at))
                }
            }
            switch answers.nextPiece(input, from: at) {
            case .needMore: return .needMore(keepFrom: at)
            case .interim(_, let end): at = end
            case .head(let head, let end):
                events.restart()
                isStream =
                    head.status == .ok && EventStream.isType(head.contentType.bytes(of: input))
                return .head(head, end: end)
            case .body(let start, let end):
                if isStream { payload = end &- start }
                at = isStream ? start : end
            case .end(let response, let next):
                if isMidEvent { return .violation(Violation(.cutEvent, at: offset)) }
                return .end(response, next: next)
            case .failure(let failure):
                return .violation(Violation(.malformed(failure), at: Int(answers.faultAt)))
            }
        }
    }

    /// The peer closed: the answer that was over with that, and not within an event.
    mutating func close(_ answers: inout HTTP1.ResponseParser) -> HTTP1.Response? {
        if isMidEvent { return nil }
        guard case .complete(let response) = answers.close() else { return nil }
        return response
    }

    /// What is missing of the answer, in a clause.
    func missing(of answers: HTTP1.ResponseParser) -> String {
        isMidEvent ? "within an event" : answers.missing
    }

    /// Another socket: what was under way is forgotten, the last event's id and the wait stay.
    mutating func restart() {
        events.restart()
        isStream = false
        payload = 0
        isAtLastByte = false
    }
}
