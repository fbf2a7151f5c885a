import Basis
import Glibc

/// A file to which processes append, each line in one write (open(2), O_APPEND).
package struct SharedJournal: ~Copyable, Sendable {
    private let file: Descriptor
    private let path: String

    package init(_ path: String) throws(SystemError) {
        self.path = path
        // SAFETY: open(2) takes a C string that lives as long as the call.
        file = Descriptor(
            raw: try checked("open") {
                unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            })
    }

    /// Adds a line, with its end.
    package func append(_ line: [UInt8]) throws(SystemError) {
        let fd = file.raw
        let written = try checked("write") {
            // SAFETY: write(2) reads the bytes of the array.
            unsafe CInt(clamping: write(fd, line, line.count))
        }
        if Int(written) < line.count { throw SystemError("write", code: ENOSPC) }
    }

    /// Whether it has the line, which costs as much as there are.
    package func contains(_ line: [UInt8]) throws(SystemError) -> Bool {
        let end = UInt8(ascii: "\n")
        let wanted = line.last == end ? line[..<(line.count - 1)] : line[...]
        return try InputFile.read(path, upTo: .max).split(separator: end).contains(wanted)
    }
}
