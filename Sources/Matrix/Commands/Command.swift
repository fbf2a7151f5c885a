import Basis

/// One subcommand of `switchyard`.
protocol Command: SendableMetatype {
    /// What stands behind `switchyard` on the command line; also in the parser's program name.
    static var name: String { get }
    static var parser: OptionParser { get }
    /// Carries the command out. A complaint is what the user must mend.
    static func run(_ options: ParsedOptions, on console: Console) throws(Complaint) -> ExitStatus
}

extension ParsedOptions {
    /// The only operand, or nil when there is none.
    func operand(_ what: String) throws(Complaint) -> String? {
        guard operands.count <= 1 else {
            throw Complaint(
                "'\(operands[1])' is one operand too many", remedy: "give one \(what) only")
        }
        return operands.first
    }
}
