import Basis
import Platform

/// Threads that come and go, each for one connection, and are counted as one.
final class ThreadGroup: Sendable {
    let role: Role
    private let state = Guarded(State())

    private struct State {
        var boards: [Shared<TallyBoard>] = []
        var live = 0
    }

    init(role: Role) { self.role = role }

    /// Counts what is noted on a board among that of the group.
    func add(_ board: Shared<TallyBoard>) { state.withLock { $0.boards.append(board) } }

    func noteBeginning() { state.withLock { $0.live += 1 } }
    func noteEnd() { state.withLock { $0.live -= 1 } }

    /// Waits until no thread is left.
    func waitForAll() {
        while state.withLock({ $0.live }) > 0 { blockThread(for: .milliseconds(1)) }
    }

    /// The times of their connections' first answers.
    var firstBytes: [UInt64] {
        state.withLock { $0.boards }.reduce([]) { SpanBuckets.sum($0, $1.value.firstBytes.values) }
    }

    /// What all of them have counted and used, also those that have ended.
    func read() -> (tally: Tally, thread: ThreadStatistics) {
        var tally = Tally()
        var thread = ThreadStatistics()
        for board in state.withLock({ $0.boards }) {
            let (counted, used) = board.value.read()
            tally = tally + counted
            thread = thread + used
        }
        return (tally, thread)
    }
}
