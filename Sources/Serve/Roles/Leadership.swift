import Basis
import Platform
import Secure

/// What lets one thread of several wait for all their connections: the leader. Told of something,
/// it lets a follower lead and goes on with that itself (Schmidt et al., Pattern-Oriented Software
/// Architecture 2, 2000; TP_Reactor of ACE).
@safe
struct Leadership<
    Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
>: ~Copyable, @unchecked Sendable {
    typealias Table = LeaderTable<Stream, S>

    // SAFETY, throughout: what `state` holds is touched only inside the monitor, `listeners` only
    // by the leader, of whom there is one, and a connection that is away only by its thread. All
    // live from `init` to `deinit`.
    private let monitor = Monitor()
    private let state: UnsafeMutablePointer<State>
    private let listeners: UnsafeMutablePointer<WatchedListeners>
    /// What wakes the leader.
    let port: Shared<ReaderPort>

    private struct State: ~Copyable {
        var table: Table
        var hasLeader = false
        /// When the leader looks again without having been told of anything.
        var wakesAt = Instant(raw: 0)
        var followers = 0
        var isOver = false
    }

    /// What a thread does next.
    enum Duty {
        /// Waits for at most so long, and then ends the lead.
        case lead(until: Instant)
        /// Goes on with a connection.
        case serve(Table.Turn)
        case end
    }

    init(limit: Int, listeners: consuming WatchedListeners, port: Shared<ReaderPort>) {
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: State(table: LeaderTable(limit: limit)))
        unsafe self.listeners = .allocate(capacity: 1)
        unsafe self.listeners.initialize(to: listeners)
        self.port = port
    }

    deinit {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
        unsafe listeners.deinitialize(count: 1)
        unsafe listeners.deallocate()
    }

    /// Lends the table. What is done inside must not wait.
    @inline(always)
    func withTable<Result>(_ body: (inout Table) -> Result) -> Result {
        monitor.enter()
        defer { monitor.leave() }
        return unsafe body(&state.pointee.table)
    }

    /// Lends the listeners to the leader.
    @inline(always)
    func withListeners<Result, Failure: Error>(
        _ body: (inout WatchedListeners) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(&listeners.pointee)
    }

    /// Waits until there is something to do. Without a leader the caller becomes it.
    ///
    /// - Parameter calls: how often it slept is added here.
    func next(calls: inout UInt64) -> Duty {
        monitor.enter()
        defer { monitor.leave() }
        let state = unsafe self.state
        while unsafe !state.pointee.isOver {
            if unsafe !state.pointee.hasLeader {
                unsafe state.pointee.hasLeader = true
                // What is there already goes on behind a look at what has come.
                let until =
                    unsafe state.pointee.table.hasTurn
                    || state.pointee.table.isDrained(at: Instant(raw: 0))
                    ? Instant(raw: 0)
                    : min(state.pointee.table.nextSweep, state.pointee.table.timers.next)
                unsafe state.pointee.wakesAt = until
                return .lead(until: until)
            }
            if let turn = unsafe state.pointee.table.take() { return .serve(turn) }
            unsafe state.pointee.followers += 1
            calls &+= 1
            monitor.wait()
            unsafe state.pointee.followers -= 1
        }
        return .end
    }

    /// Ends the lead: `body` says what has come, and what the caller is to go on with. Where that
    /// is anything, a follower leads.
    func endLead<Result>(
        calls: inout UInt64, _ body: (inout Table) -> Result?
    ) -> Result? {
        monitor.enter()
        defer { monitor.leave() }
        let result = unsafe body(&state.pointee.table)
        unsafe state.pointee.hasLeader = false
        if result != nil { promote(calls: &calls) }
        return result
    }

    private func promote(calls: inout UInt64) {
        guard unsafe state.pointee.followers > 0 else { return }
        calls &+= 1
        monitor.signal()
    }

    /// A connection comes back. `body` has what is left of its turn noted; the leader is woken
    /// where it would look too late for it.
    ///
    /// - Returns: whether the leader is to be woken.
    func giveBack(_ body: (inout Table) -> Void) -> Bool {
        monitor.enter()
        defer { monitor.leave() }
        unsafe body(&state.pointee.table)
        guard unsafe state.pointee.hasLeader else { return false }
        return unsafe state.pointee.table.timers.next < state.pointee.wakesAt
            || state.pointee.table.isDrained(at: Instant(raw: 0))
    }

    /// Lets every thread end that has nothing under way.
    func end() {
        monitor.enter()
        unsafe state.pointee.isOver = true
        monitor.signalAll()
        monitor.leave()
    }
}
