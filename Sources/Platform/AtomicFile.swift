import Basis
import CLinux
import Glibc

/// Replaces whole files so that a reader, or a crash, sees either the old or the new content.
package enum AtomicFile {
    /// Writes `content` beside `path`, brings it to the disk and renames it over `path` (rename(2)
    /// is atomic within a file system). The folder must exist.
    package static func replace(_ path: String, with content: String) throws(SystemError) {
        // SAFETY: each call takes C strings that live as long as the call.
        let fresh = path + ".new"
        do throws(SystemError) {
            let file = Descriptor(
                raw: try checked("open") {
                    unsafe open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
                })
            try write(content, to: file)
            let fd = file.raw
            _ = try checked("fsync") { fsync(fd) }
            _ = try checked("rename") { unsafe rename(fresh, path) }
        } catch {
            _ = unsafe unlink(fresh)
            throw error
        }
    }

    /// Makes `path` a symbolic link to `target`, whether or not it was one before.
    package static func link(_ path: String, to target: String) throws(SystemError) {
        let fresh = path + ".new"
        // SAFETY: each call takes C strings that live as long as the call.
        _ = unsafe unlink(fresh)
        _ = try checked("symlink") { unsafe symlink(target, fresh) }
        _ = try checked("rename") { unsafe rename(fresh, path) }
    }

    /// Writes all of `content`, however often the kernel takes only a part.
    static func write(
        _ content: String, to file: borrowing Descriptor
    ) throws(SystemError) {
        let bytes = Array(content.utf8)
        var written = 0
        while written < bytes.count {
            let taken = unsafe bytes.withUnsafeBytes { all in
                // SAFETY: the range from `written` to the end lies in `bytes`.
                unsafe Glibc.write(file.raw, all.baseAddress! + written, all.count - written)
            }
            if taken < 0 {
                if errno == EINTR { continue }
                throw SystemError("write")
            }
            written += taken
        }
    }
}

extension SystemError {
    /// Another process holds the file (flock(2)).
    package var isHeldByAnother: Bool { code == EWOULDBLOCK }

    /// What a call that took too long would have said.
    package static func timedOut(_ call: StaticString) -> SystemError {
        SystemError(call, code: ETIMEDOUT)
    }
}
