import Basis
import Foundation

/// Why one launch gave no figures, as one line. The run goes on.
struct LaunchFailure: Error, Equatable {
    let reason: String
    /// Whether what was to be launched can't run on this machine, whatever one tries.
    let isUnavailable: Bool

    /// The user wants the run to end now: there is nothing to record.
    static let stopped = LaunchFailure("stopped by the user")

    init(_ reason: String, isUnavailable: Bool = false) {
        self.isUnavailable = isUnavailable
        // A server's own words are among it, which the terminal must not obey.
        self.reason = printable(String(reason.map { $0.isNewline ? " " : $0 }))
    }
}
