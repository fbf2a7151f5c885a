/// The exit statuses of the three programs; a script may rely on them.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case success = 0
    /// The outside refused: a taken port, an unreachable server, a full disk.
    case failure = 1
    case objectiveMissed = 3
    case regression = 10
    case inconclusive = 11
    case invalidRun = 12
    case otherMachine = 13
    case noBaseline = 14
    case wrongResponses = 15
    /// The user's input cannot be carried out as written (sysexits.h, EX_USAGE).
    case usage = 64
    /// What was asked for is right, and this machine can't do it (sysexits.h, EX_UNAVAILABLE).
    case unavailable = 69
    case interrupted = 130
}

/// One line for a person: what is wrong, why, and how to mend it.
package struct Complaint: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was refused and why, in one clause: `--rate 'fast' is not a rate`.
    package let problem: String
    /// What to do about it: `give requests per second such as 5000 or 50k`.
    package let remedy: String
    package let status: ExitStatus

    package init(_ problem: String, remedy: String, status: ExitStatus = .usage) {
        self.problem = problem
        self.remedy = remedy
        self.status = status
    }

    /// `problem; remedy`, with control characters made visible so that it stays one line.
    package var description: String {
        let line = RawText.display(remedy.isEmpty ? problem : "\(problem); \(remedy)")
        return String(
            String.UnicodeScalarView(
                line.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
