import Basis
import Platform
import Secure

@testable import Serve

/// A desk whose messages wait until the test delivers them, as workers would in whatever order.
struct ScriptedDesk: MessageDesk, ~Copyable {
    static var isDeferred: Bool { true }
    private(set) var waiting: [UInt32] = []

    mutating func submit(
        _ message: Message, body: Span<UInt8>, from owner: Exchange, mustFollow: Bool,
        items: inout WorkItems, tally: inout Tally
    ) -> Submission {
        let index = items.take(message, body: body, from: owner)
        waiting.append(index)
        return .passedOn(index)
    }

    mutating func take(_ position: Int) -> UInt32 { waiting.remove(at: position) }
    mutating func nextDone() -> UInt32? { nil }
    var hasDone: Bool { false }
    var counts: SyscallCounts { SyscallCounts() }
}

/// One connection on a clock and over a transport of the test's making: what a reader would do,
/// without sockets and without time that passes.
final class VirtualConnection<Desk: MessageDesk & ~Copyable, S: Session & ~Copyable> {
    private var driver: Driver<Desk, S>

    init(
        _ desk: consuming Desk, options: ServerOptions = ServerOptions(),
        facts: OpeningFacts = OpeningFacts(), isEarly: Bool = false, items: Int = 0,
        topics: Topics = Topics()
    ) {
        driver = Driver(
            desk, options: options, facts: facts, isEarly: isEarly, items: items, topics: topics)
    }

    /// What the peer has got.
    var sent: [UInt8] { driver.sent }
    var text: String { String(decoding: sent, as: UTF8.self) }
    var hasFinishedSending: Bool { driver.hasFinishedSending }
    var isClosed: Bool { driver.isClosed }
    var waitsFor: Interest { driver.waitsFor }
    /// Payload bytes on the account.
    var held: Int { driver.core.held }
    var freeItems: Int { driver.core.items.freeCount }
    var now: Instant { driver.now }

    /// Bytes that the transport still takes; as many as it likes when negative.
    var room: Int {
        get { driver.room }
        set { driver.room = newValue }
    }

    /// What a look at the peer's acknowledgements says.
    var unacknowledged: Int {
        get { driver.unacknowledged }
        set { driver.unacknowledged = newValue }
    }

    /// What the peer has got since the last time it was asked.
    func takeText() -> String {
        defer { driver.sent.removeAll() }
        return text
    }

    /// The same as bytes.
    func takeSent() -> [UInt8] {
        defer { driver.sent.removeAll() }
        return sent
    }

    func receive(_ text: String) { driver.receive(Array(text.utf8)) }
    func receive(_ bytes: [UInt8]) { driver.receive(bytes) }
    /// The peer ends its half.
    func finish() { driver.finish() }
    /// The stream's opening is done, behind early input.
    func open(_ facts: OpeningFacts = OpeningFacts()) { driver.open(facts) }
    /// The transport takes so many bytes more.
    func makeRoom(_ bytes: Int) { driver.makeRoom(bytes) }
    /// Time passes, in the steps of a reader's sweep.
    func advance(_ span: Nanoseconds) { driver.advance(span) }
    /// Goes on with it where it waits for what was published, as a loop does that was woken.
    func lookForNews() { driver.lookForNews() }
    /// What was counted.
    var tally: Tally { driver.core.tally }
    /// A stop is asked for; what has arrived and is unread comes afterwards by `receive`.
    func stop(unread: Int = 0) { driver.stop(unread: unread) }
}

extension VirtualConnection where Desk == ScriptedDesk, S: ~Copyable {
    var waiting: Int { driver.core.desk.waiting.count }

    /// A worker has made the message that was taken up `position` messages after the oldest.
    func deliver(_ position: Int) { driver.deliver(position) }
}

private struct Driver<Desk: MessageDesk & ~Copyable, S: Session & ~Copyable>: ~Copyable {
    var core: ConnectionCore<Desk, S>
    var state = ConnectionState<S>()
    private let reference = ConnectionReference(slot: 0, generation: 0)
    private let responder: Responder
    var writer = ReplyWriter()
    private let pool: Shared<WorkItemPool>?
    var now = Instant(raw: 1_000_000_000)
    /// Bytes that the transport still takes; as many as it likes when negative.
    var room = -1
    /// What the peer has got.
    var sent: [UInt8] = []
    var hasFinishedSending = false
    var isClosed = false
    var waitsFor: Interest = .readable
    /// What a look at the peer's acknowledgements says.
    var unacknowledged = 0

    init(
        _ desk: consuming Desk, options: ServerOptions = ServerOptions(),
        facts: OpeningFacts = OpeningFacts(), isEarly: Bool = false, items: Int = 0,
        topics: Topics
    ) {
        responder = Responder(ledger: PaymentLedger(), topics: topics)
        pool = items > 0 ? Shared(WorkItemPool(capacity: items)) : nil
        core = ConnectionCore(
            options: options, desk: desk, items: WorkItems(pool), feed: EventFeed(topics: topics))
        core.note(time)
        core.welcome(&state)
        core.open(&state, facts: facts, isEarly: isEarly)
    }

    deinit { pool?.free() }

    var time: LoopTime {
        LoopTime(now: now, unixSeconds: 784_111_777 + now.raw / 1_000_000_000)
    }

    // MARK: what happens

    mutating func receive(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        core.note(time)
        if state.phase == .lingering {
            if !state.lingering.drop(bytes.count) { close() }
            return
        }
        core.take(bytes.span, &state, reference)
        settle()
    }

    /// The peer ends its half.
    mutating func finish() {
        guard !isClosed else { return }
        core.note(time)
        if core.noteEnd(&state) { close() } else { settle() }
    }

    /// The stream's opening is done, behind early input.
    mutating func open(_ facts: OpeningFacts = OpeningFacts()) {
        core.open(&state, facts: facts, isEarly: false)
    }

    /// The transport takes so many bytes more.
    mutating func makeRoom(_ bytes: Int) {
        room = room < 0 ? room : room + bytes
        resume()
    }

    /// Time passes, in the steps of a reader's sweep.
    mutating func advance(_ span: Nanoseconds) {
        let end = now + span
        while now < end, !isClosed {
            now = min(end, min(now + Limit.tick, max(now + Nanoseconds(raw: 1), core.timers.next)))
            core.note(time)
            while !isClosed, core.timers.pop(at: now) != nil { resume() }
            feed()
            if !isClosed, state.deadline <= now { expire() }
        }
    }

    /// A stop is asked for; what has arrived and is unread comes afterwards by `receive`.
    mutating func stop(unread: Int = 0) {
        core.note(time)
        core.isDraining = true
        core.noteStop(&state, unread: unread)
        settle()
        if !isClosed, state.phase == .idle, !core.drain(&state, reference) { settle() }
    }

    // MARK: what a reader does with it

    private mutating func expire() {
        if state.phase == .lingering {
            if !core.mayLinger(&state, unacknowledged: unacknowledged) { close() }
        } else if core.mayEndInOrder(expiring: &state) {
            settle()
        } else {
            close()
        }
    }

    mutating func feed() {
        if core.hasRoom {
            core.listed += core.starved
            core.starved = []
        }
        while !isClosed, !core.listed.isEmpty {
            core.listed = []
            state.isListed = false
            resume()
        }
    }

    mutating func lookForNews() {
        for _ in core.writer.feed.takeWoken(at: now) { resume() }
    }

    mutating func resume() {
        guard !isClosed, state.phase != .lingering else { return }
        core.note(time)
        flush()
        core.goOn(&state, reference)
        settle()
    }

    /// Sends what the transport takes.
    private mutating func flush() {
        while core.hasOutput(&state) {
            let count = take()
            if room >= 0 { room -= count }
            if !core.sent(count, of: &state), room == 0 { return }
        }
    }

    /// What the transport takes of what is to be sent.
    private mutating func take() -> Int {
        let span = core.outgoing(state)
        let count = room >= 0 ? min(span.count, room) : span.count
        for index in 0..<count { sent.append(span[index]) }
        return count
    }

    private mutating func settle() {
        flush()
        switch core.rest(&state, reference) {
        case .wait(let wanted): waitsFor = wanted
        case .close: close()
        case .finishSending:
            if state.phase != .lingering {
                hasFinishedSending = true
                core.beginToLinger(&state)
            }
            waitsFor = state.wanted
        }
        if !core.listed.isEmpty { feed() }
        if state.isDrainedIdle(core.isDraining), !isClosed, !core.drain(&state, reference) {
            settle()
        }
    }

    private mutating func close() {
        isClosed = true
        core.forget(&state)
    }
}

extension Driver where Desk == ScriptedDesk, S: ~Copyable {
    /// A worker has made the message that was taken up `position` messages after the oldest.
    mutating func deliver(_ position: Int) {
        core.note(time)
        writer.refreshDate(unixSeconds: time.unixSeconds)
        let index = core.desk.take(position)
        core.items.withItem(index) { $0.answer(by: responder, with: &writer) }
        if isClosed {
            core.release(index)
            return
        }
        core.takeBack(index, &state, reference)
        resume()
        feed()
    }
}

extension ConnectionState where S: ~Copyable {
    /// Whether a drain looks at it, as at every connection that is idle.
    fileprivate func isDrainedIdle(_ isDraining: Bool) -> Bool {
        isDraining && phase == .idle && arrived <= input.count
    }
}
