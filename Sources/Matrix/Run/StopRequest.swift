import Basis
import Platform

/// How a run is stopped from outside: the first Ctrl-C lets the launch under way finish, the
/// second, a SIGTERM or the end of the terminal (SIGHUP) stops it where it stands.
final class StopRequest {
    /// How soon the run is to end.
    enum Level: Int, Comparable, Sendable {
        case none, afterLaunch, now

        static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    /// Between looks of who waits for children, whose doings are noticed at once.
    static let look = Nanoseconds.milliseconds(200)

    private let source: () -> Level
    /// Told once, when the launch under way is to be the last.
    var onFirst: () -> Void = {}
    private var level = Level.none

    /// - Parameter source: what to add at each look: `afterLaunch` for one Ctrl-C.
    init(_ source: @escaping () -> Level) { self.source = source }

    /// Takes the signals of this process, and keeps the calling thread off the server's CPUs for as
    /// long as the request lives: its own work, small as it is, is done where the generator is. To
    /// be dropped by the thread that made it.
    static func offServerCPUs(_ cpus: CPUSplit) throws(Complaint) -> StopRequest {
        do throws(SystemError) {
            let holder = SignalHolder(try TerminationSignals(), former: .available)
            try CPUSet(cpus.load).bindThisThread()
            return StopRequest { holder.level }
        } catch {
            throw error.complaint(
                "can't take signals or CPU \(CPUSet(cpus.load))",
                remedy: "choose CPUs with --load-cpus")
        }
    }

    /// The level by now; it never falls.
    func check() -> Level {
        let added = source()
        if added == .none { return level }
        let before = level
        level = added == .now || before != .none ? .now : .afterLaunch
        if level == .afterLaunch { onFirst() }
        return level
    }

    private final class SignalHolder {
        private let signals: TerminationSignals
        /// Where the thread might run before, and may again: a set that is left behind would also
        /// be that of all it starts.
        private let former: CPUSet

        init(_ signals: consuming TerminationSignals, former: CPUSet) {
            self.signals = signals
            self.former = former
        }

        deinit { try? former.bindThisThread() }

        var level: Level {
            switch signals.next() {
            case nil: .none
            case .interrupt: .afterLaunch
            case .terminate: .now
            }
        }
    }
}
