import Basis
import Foundation
import Platform

/// The three streams of a command: data goes to `output`, everything else a person reads to
/// `errors`.
package struct Console {
    package let output: (String) -> Void
    package let errors: (String) -> Void
    /// Whether the streams are a terminal.
    package let outputIsTerminal: Bool
    package let errorsIsTerminal: Bool
    /// Whether text on a terminal may be coloured (no-color.org).
    package let allowsColours: Bool
    /// Characters in a line of the terminal; nil where there is none.
    package let width: Int?

    package init(
        output: @escaping (String) -> Void, errors: @escaping (String) -> Void,
        outputIsTerminal: Bool = false, errorsIsTerminal: Bool = false, allowsColours: Bool = false,
        width: Int? = nil
    ) {
        self.output = output
        self.errors = errors
        self.outputIsTerminal = outputIsTerminal
        self.errorsIsTerminal = errorsIsTerminal
        self.allowsColours = allowsColours
        self.width = width
    }

    /// The streams of this process.
    package static var standard: Console {
        let environment = ProcessInfo.processInfo.environment
        let outputIsTerminal = isTerminal(1)
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
            outputIsTerminal: outputIsTerminal, errorsIsTerminal: isTerminal(2),
            allowsColours: outputIsTerminal && !isPlain, width: outputIsTerminal ? columns : nil)
    }

    private static func isTerminal(_ descriptor: Int) -> Bool {
        let link = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/fd/\(descriptor)")
        return link.map { $0.hasPrefix("/dev/pts/") || $0.hasPrefix("/dev/tty") } ?? false
    }

    /// What stty(1) says of the controlling terminal: rows and columns.
    private static var columns: Int? {
        let size = capture(["stty", "-F", "/dev/tty", "size"])?.split(
            whereSeparator: \.isWhitespace)
        guard let size, size.count == 2, let columns = Int(size[1]), columns >= 20 else {
            return nil
        }
        return columns
    }
}

/// The standard output of a short command of the control plane; nil when it can't be run, fails or
/// takes longer than ten seconds.
package func capture(_ command: [String]) -> String? {
    var options = SpawnOptions(command[0], Array(command.dropFirst()))
    options.standardError = .discarded
    guard var process = try? ChildProcess(options) else { return nil }
    let output = process.remainingOutput(timeout: .seconds(10))
    guard process.wait(timeout: .seconds(1))?.ending == .exited(0) else { return nil }
    return output
}
