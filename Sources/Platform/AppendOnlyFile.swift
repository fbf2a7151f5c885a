package import Basis
import CLinux
import Glibc

/// A file of lines that only grows, and whose lines are on the disk when `append` returns.
package struct AppendOnlyFile: ~Copyable {
    /// How often a held lock is tried again.
    private static let patience = 20

    private let file: Descriptor

    /// Opens `path`, which is made if it does not exist, and holds it against a second writer until
    /// it is closed or its process ends, however it ends (flock(2)).
    package init(_ path: String) throws(SystemError) {
        // SAFETY: open(2) takes a C string that lives as long as the call.
        let opened = Descriptor(
            raw: try checked("open") {
                unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            })
        let fd = opened.raw
        // A child holds a copy of the lock between fork and exec, so a refusal may pass in a
        // moment.
        var tries = 0
        while flock(fd, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK, tries < Self.patience {
            tries += 1
            blockThread(for: .milliseconds(10))
        }
        _ = try checked("flock") { flock(fd, LOCK_EX | LOCK_NB) }
        file = opened
    }

    /// Adds `line` and its line end in one write, and waits for the disk.
    package func append(_ line: String) throws(SystemError) {
        try AtomicFile.write(line + "\n", to: file)
        let fd = file.raw
        _ = try checked("fdatasync") { fdatasync(fd) }
    }

    /// Cuts the file to its first `count` bytes.
    package func truncate(to count: ByteCount) throws(SystemError) {
        let fd = file.raw
        _ = try checked("ftruncate") { ftruncate(fd, off_t(count.raw)) }
    }
}
