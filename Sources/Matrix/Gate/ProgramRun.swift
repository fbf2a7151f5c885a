import Basis
import Foundation
import Platform

/// A program of the control plane that was run to its end, with what it wrote.
struct ProgramRun {
    private enum Limit {
        /// Between looks at both pipes while it runs.
        static let look = Nanoseconds.milliseconds(20)
        /// For the last words of a program that has ended; whoever inherited its pipes may hold
        /// them open.
        static let lastWords = Nanoseconds.seconds(1)
    }

    /// Nil when it had not ended in time; it is killed then.
    let ending: ChildProcess.Ending?
    let output: String
    let errors: String

    /// Runs a program and keeps both pipes empty meanwhile: a program that fills one that nobody
    /// reads would stand still. It ends with the calling thread.
    ///
    /// - Parameters:
    ///   - variables: of the environment, that it does not inherit.
    ///   - note: is given what it writes to its standard error as it comes.
    init(
        _ program: String, _ arguments: [String], without variables: [String] = [],
        timeout: Nanoseconds, note: (String) -> Void = { _ in }
    ) throws(SystemError) {
        var options = SpawnOptions(program, arguments)
        options.standardError = .captured
        options.diesWithParent = true
        if !variables.isEmpty {
            options.environment = ProcessInfo.processInfo.environment.filter {
                !variables.contains($0.key)
            }
        }
        var process = try ChildProcess(options)
        var (output, errors) = ("", "")
        func collect(_ process: inout ChildProcess, for span: Nanoseconds) {
            output += process.remainingOutput(timeout: span)
            let words = process.remainingErrors(timeout: span)
            if !words.isEmpty { note(words) }
            errors += words
        }
        let deadline = MonotonicClock.now + timeout
        while process.wait(timeout: Limit.look) == nil, MonotonicClock.now < deadline {
            collect(&process, for: .zero)
        }
        ending = process.wait(timeout: .zero)?.ending
        if ending != nil { collect(&process, for: Limit.lastWords) }
        self.output = output
        self.errors = errors
    }
}
