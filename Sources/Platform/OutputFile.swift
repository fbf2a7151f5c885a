import Glibc

/// A path that a result is to be written to: a file, which is replaced as a whole, or a device or
/// pipe, which is written to.
package struct OutputFile: Equatable, Sendable {
    /// What stands at a path.
    package enum Kind: Equatable, Sendable { case missing, regular, folder, other }

    package let path: String
    package let kind: Kind
    /// The path without links and detours, so that two names of one file are seen to be one.
    package let resolved: String

    /// - Parameter path: not empty.
    package init(_ path: String) {
        precondition(!path.isEmpty, "a path names something")
        self.path = path
        kind = Self.kind(of: path)
        if kind == .missing {
            let (folder, name) = Self.split(path)
            resolved = (Self.realPath(folder) ?? folder) + "/" + name
        } else {
            resolved = Self.realPath(path) ?? path
        }
    }

    /// Whether this process may write there (access(2)): the file, or the folder of one to be made.
    package var isWritable: Bool {
        if kind == .folder { return false }
        let asked = kind == .missing ? Self.split(path).folder : path
        // SAFETY: access(2) takes a C string that lives as long as the call.
        return unsafe access(asked, W_OK) == 0
    }

    /// Writes `content`. A file has either its old content or the new, whatever happens meanwhile;
    /// where its folder takes no new file, it is overwritten.
    package func write(_ content: String) throws(SystemError) {
        if kind == .missing || kind == .regular {
            do throws(SystemError) {
                return try AtomicFile.replace(resolved, with: content)
            } catch {
                guard kind == .regular, error.call.description == "open" else { throw error }
            }
        }
        let flags = O_WRONLY | O_CLOEXEC | (kind == .regular ? O_TRUNC : 0)
        // SAFETY: open(2) takes a C string that lives as long as the call.
        let file = Descriptor(raw: try checked("open") { unsafe open(path, flags) })
        try AtomicFile.write(content, to: file)
    }

    private static func kind(of path: String) -> Kind {
        var facts = stat()
        // SAFETY: stat(2) fills the structure it is given.
        guard unsafe stat(path, &facts) == 0 else { return .missing }
        return switch facts.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .folder
        default: .other
        }
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    private static func realPath(_ path: String) -> String? {
        // SAFETY: realpath(3) gives a string of its own, which is copied and freed here.
        guard let found = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }
}
