package import Platform

/// A program that was run to its end.
package struct FinishedProcess {
    /// Nil where a signal ended it, or nothing did in time.
    package let status: Int32?
    package let output: String
    package let errors: String

    package init(_ options: SpawnOptions) throws {
        var options = options
        options.standardError = .captured
        var child = try ChildProcess(options)
        output = child.remainingOutput(timeout: TestLimit.hang)
        errors = child.remainingErrors(timeout: TestLimit.hang)
        let end = child.wait(timeout: TestLimit.hang)?.ending
        if case .exited(let code) = end { status = code } else { status = nil }
    }
}
