import Basis
package import Platform

/// How a run is stopped from outside: the first Ctrl-C lets the launch under way finish, the
/// second, a SIGTERM or the end of the terminal (SIGHUP) stops it where it stands.
package final class StopRequest {
    /// How soon the run is to end.
    package enum Level: Int, Comparable, Sendable {
        case none, afterLaunch, now

        package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    /// Between looks of who waits for children, whose doings are noticed at once.
    static let look = Nanoseconds.milliseconds(200)

    private let source: () -> Level
    /// Told once, when the launch under way is to be the last.
    package var onFirst: () -> Void = {}
    private var level = Level.none

    /// - Parameter source: what to add at each look: `afterLaunch` for one Ctrl-C.
    package init(_ source: @escaping () -> Level) { self.source = source }

    /// Looks at the signals of this process; they must be blocked from here on (see
    /// `TerminationSignals`).
    package static func fromSignals() throws(SystemError) -> StopRequest {
        let holder = SignalHolder(try TerminationSignals())
        return StopRequest { holder.level }
    }

    /// The level by now; it never falls.
    package func check() -> Level {
        let added = source()
        if added == .none { return level }
        let before = level
        level = added == .now || before != .none ? .now : .afterLaunch
        if level == .afterLaunch { onFirst() }
        return level
    }

    private final class SignalHolder {
        private let signals: TerminationSignals

        init(_ signals: consuming TerminationSignals) { self.signals = signals }

        var level: Level {
            switch signals.next() {
            case nil: .none
            case .interrupt: .afterLaunch
            case .terminate: .now
            }
        }
    }
}
