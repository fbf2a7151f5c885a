// Hot path
import Basis
import Secure
import Wire

/// HTTP/2 as a server speaks it (RFC 9113): streams whose replies leave in any order, framed here,
/// as far as the peer's windows let them.
///
/// It is large and lies on the heap, see `Boxed`: connections of HTTP/1.1 must not pay for it.
struct HTTP2Session: RecognisableSession, ~Copyable {
    // MARK: reading

    var frames = HTTP2.FrameReader(role: .server)
    var decoder = HPACKDecoder()
    /// The last request, which the next may be again.
    var known = HTTP2KnownRequest()
    /// A field block that comes in more than one frame.
    var block = ByteQueue()
    var blockEndsStream = false
    /// The request of this stream has arrived with the payload that was told last.
    var endsNext: UInt32?
    /// What we let the peer send on the connection.
    var receiveWindow = HTTP2.ReceiveWindow()

    // MARK: writing

    var replies = HTTP2ReplyEncoder()
    /// What the peer has set.
    var peer = HTTP2.Settings()
    var sendWindow = HTTP2.Window()
    /// Payload of the reply that is being made.
    var made = ByteQueue()

    // MARK: streams

    var streams = HTTP2StreamTable()
    /// The stream of a request that came whole and has no slot: most are answered at once.
    var fresh: UInt32 = 0
    /// The last stream of the peer that was begun.
    var lastID: UInt32 = 0
    var closed = HTTP2ClosedStreams()
    /// Slots with payload of replies left, which `produce` goes round.
    var replying = 0
    var nextToProduce = 0
    /// Slots with a reply that waits for its time, and slots with a refusal to send.
    var holdingBack = 0
    var refusing = 0
    /// Slots whose request is arriving.
    var receiving = 0
    /// The storage of the last payload, for the next one.
    var spare = ByteQueue()
    /// Payload of requests and replies that lies in slots.
    var holding = 0
    /// The last look found replies waiting for the peer's windows, and nothing sent since.
    var wasStalled = false
    var hasSentPayload = false
    /// No call is over, and no message due, before this.
    var nextDue = Instant.distantFuture

    // MARK: the end

    var budget = HTTP2.Budget()
    var ending = Ending.open
    var failure: HTTP2.Failure?

    /// How far the connection's end has come.
    enum Ending: BitwiseCopyable {
        case open
        /// The peer knows that we end soon, and may have begun streams before it did: they count
        /// until it has answered the ping that went along (RFC 9113 §6.8).
        case announced
        /// The last GOAWAY is still to be written.
        case due
        /// It is written: no further stream is taken.
        case said
    }

    struct Scratch: ~Copyable {
        var fields = HTTP2.RequestFields()
        /// What a peer may send on one stream before it is told that more is welcome.
        let window: UInt32
    }

    static var name: ApplicationProtocol { .http2 }

    /// What a request says is gathered anew for each.
    static func makeScratch(_ options: ServerOptions) -> Scratch {
        Scratch(window: UInt32(options.http2Window.raw))
    }

    static func recognises(_ input: Span<UInt8>) -> Bool? {
        let preface = HTTP2.clientPreface
        for index in 0..<min(input.count, preface.utf8CodeUnitCount) {
            // SAFETY: a literal's `utf8CodeUnitCount` bytes live for ever.
            if unsafe input[index] != preface.utf8Start[index] { return false }
        }
        return input.count < preface.utf8CodeUnitCount ? nil : true
    }

    init(_ facts: OpeningFacts) {}

    mutating func next(
        _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64,
        scratch: inout Scratch, output: inout ByteQueue
    ) -> Step {
        if let stream = endsNext.take() { return .ends(stream: stream, next: offset) }
        switch frames.next(input, from: offset) {
        case .needMore: return .needMore
        case .frame(let frame, let next):
            do throws(HTTP2.Failure) {
                return try take(
                    frame, input, next: next, bodyLimit: bodyLimit, fields: &scratch.fields,
                    output: &output)
            } catch {
                return fail(error, next: next, output: &output)
            }
        case .preface(let next):
            greet(window: scratch.window, &output)
            return .handled(next: next)
        case .skipped(let next): return .handled(next: next)
        case .streamFault(let failure, let flowBytes, let next):
            return pass(failure, flowBytes, next: next, output: &output)
        case .failure(let failure): return endAll(failure)
        }
    }

    @inline(always)
    private mutating func take(
        _ frame: HTTP2.Frame, _ input: Span<UInt8>, next: Int, bodyLimit: UInt64,
        fields: inout HTTP2.RequestFields, output: inout ByteQueue
    ) throws(HTTP2.Failure) -> Step {
        try budget.count(overhead: HTTP2.FrameHeader.size)
        switch frame {
        case .headers(let stream, let fragment, let endStream, true):
            return try takeBlock(
                stream, fragment.bytes(of: input), endStream: endStream, next: next,
                bodyLimit: bodyLimit, fields: &fields, output: &output)
        case .headers(_, let fragment, let endStream, false):
            block.append(fragment.bytes(of: input))
            blockEndsStream = endStream
        case .continuation(let stream, let fragment, let endHeaders):
            return try takeContinuation(
                stream, fragment.bytes(of: input), endHeaders: endHeaders, next: next,
                bodyLimit: bodyLimit, fields: &fields, output: &output)
        case .data(let stream, let payload, let flowBytes, let endStream):
            return try takeData(
                stream, payload.range, flowBytes, endStream: endStream, next: next,
                bodyLimit: bodyLimit, output: &output)
        case .windowUpdate(let stream, let increment): try takeWindowUpdate(stream, increment)
        case .resetStream(let stream, _): try takeReset(stream)
        case .settings(let parameters):
            try takeSettings(parameters.bytes(of: input), output: &output)
        case .ping(let opaque):
            HTTP2.FrameWriter.ping(opaque, isAck: true, to: &output)
        case .pingAck(let opaque):
            if ending == .announced, opaque == Self.farewell { ending = .due }
        // We begin no streams that a GOAWAY of the peer could be about.
        case .settingsAck, .goAway, .ignored: break
        }
        return .handled(next: next)
    }

    // MARK: the state of the connection

    /// What the peer says of windows must be read however much waits; but what it asks for without
    /// reading is bounded.
    @inline(always)
    func mayParse(unsent: Int, withWorkers: Int) -> Bool {
        failure == nil && unsent <= Limit.unsentBytes && withWorkers <= Limit.unsentBytes
    }

    var isOrdered: Bool { false }
    var isMidReply: Bool { false }
    var framing: MessageFraming { .http2 }
    var isMidMessage: Bool { true }
    var isReceiving: Bool { failure == nil && (receiving > 0 || frames.isInBlock) }

    var due: Instant { failure == nil ? nextDue : .distantFuture }

    var owes: Bool {
        failure == nil && (streams.count > receiving || ending == .announced) || ending == .due
    }

    /// Whether everything is said.
    var isLast: Bool { ending == .said && (streams.count == 0 || failure != nil) }
    var dropsInput: Bool { failure != nil }

    mutating func stall() -> Stall {
        let isStalled = failure == nil && replying > 0 && !canProduce
        defer {
            wasStalled = isStalled
            hasSentPayload = false
        }
        if !isStalled { return .none }
        return wasStalled && !hasSentPayload ? .lasting : .begun
    }
}
