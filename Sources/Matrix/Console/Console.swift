import Basis
import Foundation
import Platform

/// The three streams of a command: data goes to `output`, everything else a person reads to
/// `errors`.
package struct Console {
    let output: (String) -> Void
    let errors: (String) -> Void
    /// Whether the streams are a terminal.
    var outputIsTerminal = false
    var errorsIsTerminal = false
    /// Whether text on a terminal may be coloured (no-color.org).
    var allowsColours = false
    /// Characters in a line of the terminal; nil where there is none.
    var width: Int?

    /// The streams of this process.
    package static var standard: Console {
        let environment = ProcessInfo.processInfo.environment
        let outputIsTerminal = StandardStreams.outputIsTerminal
        let isPlain =
            environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        return Console(
            output: { text in
                if StandardStreams.output(text) { return }
                StandardStreams.fail(
                    "switchyard",
                    Complaint(
                        "can't write to standard output", remedy: "let it go where there is room",
                        status: .failure))
            },
            errors: { StandardStreams.error($0) },
            outputIsTerminal: outputIsTerminal, errorsIsTerminal: StandardStreams.errorIsTerminal,
            allowsColours: outputIsTerminal && !isPlain, width: StandardStreams.outputColumns)
    }

    /// Writes all of `text` or nothing to a file that the user named; `-` is the output.
    func write(_ text: String, to file: String) throws(Complaint) {
        if file == "-" {
            output(text)
            return
        }
        do throws(SystemError) {
            try AtomicFile.replace(file, with: text)
        } catch {
            throw error.complaint(
                "can't write \(file)", remedy: "name a file in a folder that exists and has room")
        }
    }
}

/// The standard output of a short command of the control plane; nil when it can't be run, fails or
/// takes longer than ten seconds.
func capture(_ command: [String]) -> String? {
    var options = SpawnOptions(command[0], Array(command.dropFirst()))
    options.standardError = .discarded
    guard var process = try? ChildProcess(options) else { return nil }
    let output = process.remainingOutput(timeout: .seconds(10))
    guard process.wait(timeout: .seconds(1))?.ending == .exited(0) else { return nil }
    return output
}
