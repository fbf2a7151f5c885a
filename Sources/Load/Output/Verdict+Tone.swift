import Report

extension LoadReport.Verdict {
    /// As what the terminal shows it.
    var tone: TextTable.Tone {
        switch self {
        case .valid: .good
        case .errors: .bad
        default: .doubtful
        }
    }
}
