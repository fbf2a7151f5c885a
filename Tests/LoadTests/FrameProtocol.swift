import Basis

@testable import Load

/// A protocol of frames in which a session does whatever a session may: three bytes of head (kind,
/// number, length) and the payload.
enum Frame {
    // From the client.
    static let preface = UInt8(ascii: "P")
    static let request = UInt8(ascii: "Q")
    static let acknowledgement = UInt8(ascii: "a")
    static let pong = UInt8(ascii: "p")
    static let keepAlive = UInt8(ascii: "k")
    // From the server: its number is the request's, or how many may be under way.
    static let settings = UInt8(ascii: "S")
    static let answer = UInt8(ascii: "A")
    static let part = UInt8(ascii: "T")
    static let refused = UInt8(ascii: "R")
    static let reset = UInt8(ascii: "X")
    static let ping = UInt8(ascii: "I")
    /// Requests above its number were not processed.
    static let goAway = UInt8(ascii: "G")

    static func bytes(_ kind: UInt8, _ number: UInt8 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        [kind, number, UInt8(payload.count)] + payload
    }
}

/// The sessions that live, and those that have ended.
final class SessionCensus: @unchecked Sendable {
    // One thread runs a generator and what watches it.
    var living = 0
    var ended = 0
    var most = 0

    func enter() {
        living += 1
        most = max(most, living)
    }

    func leave() {
        living -= 1
        ended += 1
    }
}

/// The client's side of the protocol.
struct FrameClient: ProtocolClient, ~Copyable {
    /// One connection. It owns memory.
    struct Session: ~Copyable {
        let census: SessionCensus
        var output = ByteQueue()
        /// What the peer allows; nothing before it has said so.
        var allowed = 0
        /// The number of the request in each slot; 0 is none.
        var numbers: [UInt8]
        var lastNumber: UInt8 = 0
        var nextKeepAlive = Instant(raw: 0)

        init(_ census: SessionCensus, slots: Int) {
            self.census = census
            numbers = Array(repeating: 0, count: slots)
            census.enter()
            say(Frame.preface)
        }

        deinit { census.leave() }

        mutating func say(_ kind: UInt8, _ number: UInt8 = 0) {
            output.append(Frame.bytes(kind, number).span)
        }

        mutating func free(_ slot: Int) { numbers[slot] = 0 }
    }

    static var speaksUnasked: Bool { true }
    static var hasParts: Bool { true }
    static var hasTimer: Bool { true }

    let capacity: Int
    let census: SessionCensus
    /// Between two frames that keep a connection alive, from the first settings on.
    var keepAlive: Nanoseconds?
    var location: [UInt8] { [] }

    init(capacity: Int, census: SessionCensus = SessionCensus(), keepAlive: Nanoseconds? = nil) {
        self.capacity = capacity
        self.census = census
        self.keepAlive = keepAlive
    }

    borrowing func open() -> Session { Session(census, slots: capacity) }

    borrowing func room(on session: borrowing Session) -> Int { min(capacity, session.allowed) }

    /// The last free slot, so that slots go in no order that an engine could rely on.
    mutating func begin(on session: inout Session, due: Instant) -> Int {
        session.lastNumber += 1
        guard let slot = session.numbers.lastIndex(of: 0) else { preconditionFailure("no room") }
        session.numbers[slot] = session.lastNumber
        session.say(Frame.request, session.lastNumber)
        return slot
    }

    @_lifetime(borrow self, borrow session)
    borrowing func output(of session: borrowing Session) -> Span<UInt8> { session.output.bytes }

    mutating func wrote(_ count: Int, on session: inout Session) {
        session.output.consume(count)
    }

    mutating func receive(
        _ input: Span<UInt8>, from offset: Int, on session: inout Session
    ) -> ClientEvent {
        var start = offset
        while start + 3 <= input.count {
            let (kind, number) = (input[start], input[start + 1])
            let end = start + 3 + Int(input[start + 2])
            guard end <= input.count else { break }
            let slot = session.numbers.lastIndex(of: number)
            switch (kind, slot) {
            case (Frame.settings, _):
                session.allowed = Int(number)
                session.say(Frame.acknowledgement)
            case (Frame.ping, _): session.say(Frame.pong, number)
            case (Frame.answer, let slot?):
                session.free(slot)
                return .answer(
                    Answer(
                        slot: slot, outcome: Self.outcome(of: input[start + 3]), bodyBytes: 0,
                        end: end, keepsOpen: true))
            case (Frame.part, let slot?):
                // What it says first is which of its answer it is.
                return .part(
                    slot: slot, bytes: UInt64(end - start - 3),
                    due: .number(UInt64(input[start + 3])), end: end)
            case (Frame.refused, let slot?), (Frame.reset, let slot?):
                session.free(slot)
                return .lost(slot: slot, mayRetry: kind == Frame.refused, end: end)
            case (Frame.goAway, _):
                // One frame, as many events as there are requests above its number.
                if let slot = session.numbers.firstIndex(where: { $0 > number }) {
                    session.free(slot)
                    return .lost(slot: slot, mayRetry: true, end: start)
                }
                return .lastRequests(end: end)
            default: return .violation(Violation(.unasked, at: start))
            }
            start = end
        }
        return .needMore(keepFrom: start)
    }

    /// The codes of gRPC: 0 is good, 14 is a server that can't.
    static func outcome(of code: UInt8) -> Outcome {
        Outcome(code == 0 ? .success : .serverError, code: UInt16(code))
    }

    borrowing func missing(of session: borrowing Session) -> String { "before a frame" }

    mutating func end(of session: inout Session) -> Answer? { nil }

    borrowing func due(_ session: borrowing Session) -> Instant {
        keepAlive == nil || session.allowed == 0 ? .distantFuture : session.nextKeepAlive
    }

    mutating func wake(_ session: inout Session, at now: Instant) {
        guard let keepAlive else { return }
        session.nextKeepAlive = now + keepAlive
        session.say(Frame.keepAlive)
    }
}

/// The server's side: a script for each kind of frame.
final class FrameServer: @unchecked Sendable {
    // One thread runs a generator and this server.
    typealias Action = VirtualWorld.Action

    var allowed: UInt8 = 4
    /// Called for each request.
    var onRequest: (_ connection: Int, _ number: UInt8, _ at: Instant) -> [Action] = { _, _, _ in []
    }
    /// Called for a preface; the settings go first.
    var onPreface: (_ connection: Int, _ at: Instant) -> [Action] = { _, _ in [] }
    private(set) var heard: [(connection: Int, kind: UInt8, at: Instant)] = []
    private var unread: [Int: [UInt8]] = [:]

    init(_ world: VirtualWorld) {
        world.hear = { [self] in hear($0, $1, $2) }
    }

    func count(_ kind: UInt8) -> Int { heard.count { $0.kind == kind } }

    private func hear(_ connection: Int, _ bytes: [UInt8], _ at: Instant) -> [Action] {
        var input = unread[connection, default: []] + bytes
        var actions: [Action] = []
        while input.count >= 3 {
            let (kind, number) = (input[0], input[1])
            input.removeFirst(3)
            heard.append((connection, kind, at))
            switch kind {
            case Frame.preface:
                actions.append(.send(Frame.bytes(Frame.settings, allowed), after: .zero))
                actions += onPreface(connection, at)
            case Frame.request: actions += onRequest(connection, number, at)
            default: break
            }
        }
        unread[connection] = input
        return actions
    }

    /// A whole answer after some time.
    static func answer(
        _ number: UInt8, code: UInt8 = 0, after delay: Nanoseconds = .milliseconds(1)
    ) -> Action {
        .send(Frame.bytes(Frame.answer, number, [code]), after: delay)
    }
}
