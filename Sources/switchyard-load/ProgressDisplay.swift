import Foundation
import Load
import Platform

/// What the terminal can do.
enum Terminal {
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Colours on a terminal, unless the user asks for none (no-color.org).
    static func wantsColours(_ descriptor: Int32) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isTerminal(descriptor) && (environment["NO_COLOR"] ?? "").isEmpty
            && environment["TERM"] != "dumb"
    }
}

/// LoadProgress on the standard error: one line that is rewritten on a terminal, a line a second
/// elsewhere.
struct ProgressDisplay {
    let isOn: Bool
    private let rewrites = Terminal.isTerminal(FileHandle.standardError.fileDescriptor)
    private var isShown = false

    init(isOn: Bool) { self.isOn = isOn }

    /// - Parameter step: the name of the run, where it is one of several.
    mutating func show(_ progress: LoadProgress, of step: String? = nil) {
        if !isOn { return }
        let name = step.map { "\($0): " } ?? ""
        let room = StandardStreams.errorColumns.map { max(1, $0 - name.count) }
        // Carriage return, then erase to the end of the line (ECMA-48, EL).
        let text =
            rewrites
            ? "\r\(name)\(progress.line(columns: room))\u{1B}[K"
            : name + progress.line + "\n"
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
        isShown = true
    }

    mutating func clear() {
        if isShown, rewrites {
            try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K".utf8))
        }
        isShown = false
    }
}
