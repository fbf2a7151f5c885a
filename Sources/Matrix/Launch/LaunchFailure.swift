import Basis
import Foundation

/// Why one launch gave no figures, as one line. The run goes on.
struct LaunchFailure: Error, Equatable {
    let reason: String

    /// The user wants the run to end now: there is nothing to record.
    static let stopped = LaunchFailure("stopped by the user")

    init(_ reason: String) {
        // A server's own words are among it, which the terminal must not obey.
        self.reason = printable(String(reason.map { $0.isNewline ? " " : $0 }))
    }
}
