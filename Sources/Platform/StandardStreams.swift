package import Basis
import Glibc
import Synchronization

/// Writes whole lines to the standard streams, at once.
package enum StandardStreams {
    /// The errno of the first output that was lost, but for a reader that went away; zero for none.
    private static let lost = Atomic<CInt>(0)

    /// Data for other programs. False when nobody reads any more, or nothing can be written.
    @discardableResult
    package static func output(_ text: String) -> Bool {
        if write(text, to: STDOUT_FILENO) { return true }
        let code = errno
        // Who stops reading knows it (`| head`).
        if code != EPIPE, lost.load(ordering: .relaxed) == 0 {
            lost.store(code, ordering: .relaxed)
        }
        return false
    }

    /// Why output was lost, once: who asks says it. Nil when none was.
    package static func takeLostOutput() -> SystemError? {
        let code = lost.exchange(0, ordering: .relaxed)
        return code == 0 ? nil : SystemError("write", code: code)
    }

    /// Ends the process with `status`; with a line and a failure where output was lost (full(4))
    /// and nobody has said it.
    package static func end(_ program: String, _ status: ExitStatus) -> Never {
        guard let error = takeLostOutput() else { exit(status.rawValue) }
        let complaint = error.complaint(
            "can't write to standard output", remedy: "let it go where there is room")
        self.error("\(program): \(complaint)\n")
        exit(status == .success ? complaint.status.rawValue : status.rawValue)
    }

    /// Ends the process with a status that is another program's.
    package static func end(status: Int32) -> Never { exit(status) }

    /// Words for a person.
    @discardableResult
    package static func error(_ text: String) -> Bool { write(text, to: STDERR_FILENO) }

    /// Lets a write to a pipe that nobody reads fail instead of ending the process (signal(7),
    /// SIGPIPE).
    package static func outliveReaders() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Says why `program` can't do what it was asked, on one line, and ends the process.
    package static func fail(_ program: String, _ complaint: Complaint) -> Never {
        error("\(program): \(complaint)\n")
        exit(complaint.status.rawValue)
    }

    /// Whether a person is likely to look at the stream as it is written (isatty(3)).
    package static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    package static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// How many characters a line of the terminal behind the stream has; nil where there is none.
    package static var outputColumns: Int? { columns(of: STDOUT_FILENO) }
    package static var errorColumns: Int? { columns(of: STDERR_FILENO) }

    /// ioctl_tty(2).
    private static func columns(of descriptor: CInt) -> Int? {
        var size = winsize()
        // SAFETY: TIOCGWINSZ fills the structure it is given.
        let outcome = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
        return outcome == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
    }

    private static func write(_ text: String, to descriptor: CInt) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            // SAFETY: write(2) reads at most the slice's own bytes.
            let taken = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress!, $0.count)
            }
            if taken < 0 {
                if errno == EINTR { continue }
                return false
            }
            rest = rest.dropFirst(taken)
        }
        return true
    }
}
