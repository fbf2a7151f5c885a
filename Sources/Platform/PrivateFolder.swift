import Basis
import Glibc

/// A folder that only this user can see into, for what processes of his share: keys, for one.
package struct PrivateFolder: Equatable, Sendable {
    package let path: String

    /// Opens the user's folder, and makes it where `makesIt`.
    ///
    /// It lies in $XDG_RUNTIME_DIR (XDG Base Directory Specification), or where there is none in
    /// /tmp, where others might have made it first: one that is not this user's alone is refused.
    package init(makesIt: Bool) throws(SystemError) {
        path = Self.place
        // SAFETY: each call takes a C string that lives as long as the call.
        if makesIt, unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir") }
        var facts = stat()
        if unsafe lstat(path, &facts) != 0 { throw SystemError("lstat") }
        guard facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid(),
            facts.st_mode & 0o077 == 0
        else { throw SystemError("lstat", code: EACCES) }
    }

    /// Where the folder is, or would be.
    package static var place: String {
        // SAFETY: the environment is read while it is not changed, and copied.
        if let folder = unsafe getenv("XDG_RUNTIME_DIR"), unsafe folder[0] == 0x2F {
            return unsafe String(cString: folder) + "/switchyard"
        }
        return "/tmp/switchyard-\(geteuid())"
    }

    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// Writes a new file whole, which only the user can read. False where there is one by that
    /// name, which stays as it is.
    package func add(_ name: String, _ content: String) throws(SystemError) -> Bool {
        let fresh = try write(content, for: name)
        // SAFETY: each call takes C strings that live as long as the call.
        defer { _ = unsafe unlink(fresh) }
        if unsafe link(fresh, path(of: name)) == 0 { return true }
        if errno == EEXIST { return false }
        throw SystemError("link")
    }

    /// Writes a file whole in the place of one that there may be.
    package func replace(_ name: String, _ content: String) throws(SystemError) {
        let fresh = try write(content, for: name)
        // SAFETY: rename(2) takes C strings that live as long as the call.
        _ = try checked("rename") { unsafe rename(fresh, path(of: name)) }
    }

    /// Removes a file, if there is one by that name.
    package func remove(_ name: String) {
        // SAFETY: unlink(2) takes a C string that lives as long as the call.
        _ = unsafe unlink(path(of: name))
    }

    /// Writes a file of this process under another name than the one that it is for.
    private func write(_ content: String, for name: String) throws(SystemError) -> String {
        let fresh = path(of: ".\(name).\(getpid())")
        // SAFETY: each call takes C strings that live as long as the call.
        let file = Descriptor(
            raw: try checked("open") {
                unsafe open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
            })
        do throws(SystemError) {
            try AtomicFile.write(content, to: file)
        } catch {
            _ = unsafe unlink(fresh)
            throw error
        }
        return fresh
    }
}

extension InputFile {
    /// Whether users other than its owner can read a file; false where it can't be asked.
    package static func isReadableByOthers(_ path: String) -> Bool {
        var facts = stat()
        // SAFETY: stat(2) fills the structure it is given.
        return unsafe stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
            && facts.st_mode & 0o077 != 0
    }
}
