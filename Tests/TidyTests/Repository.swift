import Foundation

/// One file of the repository, by its path from the root.
struct RepositoryFile: Sendable {
    let path: String
    /// nil where the file is not text, or too long to have been written by hand.
    let text: String?
    /// The text of a Swift file, parted into code and comments; nil for all others.
    let swift: SwiftLines?

    init(_ path: String, _ text: String?) {
        self.path = path
        self.text = text
        swift = path.hasSuffix(".swift") ? text.map { SwiftLines($0) } : nil
    }

    /// Without line ends; a newline at the end of the file starts no further line.
    var lines: [Substring] {
        var lines = (text ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// What stands behind the last dot of the name; empty for names without one.
    var kind: Substring {
        let name = path.split(separator: "/").last ?? ""
        return name.lastIndex(of: ".").map { name[name.index(after: $0)...] } ?? ""
    }
}

/// The files that are, or could be, committed.
struct Repository: Sendable {
    let files: [RepositoryFile]

    init(_ files: [RepositoryFile]) { self.files = files }

    subscript(path: String) -> RepositoryFile? { files.first { $0.path == path } }

    /// Files directly or further down in `folder`, which ends in a slash, of one kind.
    func files(in folder: String, kind: String) -> [RepositoryFile] {
        files.filter { $0.path.hasPrefix(folder) && $0.kind == kind }
    }

    /// The checkout this test was compiled from.
    static let here = Repository(at: URL(filePath: #filePath).deletingLastPathComponent().path)

    private static let textBytesMax = 1_000_000

    /// Reads the repository around `folder`, leaving out what is built or measured.
    private init(at folder: String) {
        var root = URL(filePath: folder)
        while root.path != "/", !Self.exists(root.appending(path: "Package.swift")) {
            root.deleteLastPathComponent()
        }
        var files: [RepositoryFile] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let entries = try? FileManager.default.contentsOfDirectory(
                at: root.appending(path: folder), includingPropertiesForKeys: [.isDirectoryKey])
            for entry in entries ?? [] {
                let path = folder + entry.lastPathComponent
                if Self.isProduct(path) { continue }
                if entry.hasDirectoryPath {
                    folders.append(path + "/")
                } else {
                    let bytes = (try? Data(contentsOf: entry)) ?? Data()
                    let isText = bytes.count < Self.textBytesMax && !bytes.contains(0)
                    files.append(
                        RepositoryFile(path, isText ? String(decoding: bytes, as: UTF8.self) : nil))
                }
            }
        }
        self.init(files.sorted { $0.path < $1.path })
    }

    private static func exists(_ url: URL) -> Bool {
        FileManager.default.fileExists(atPath: url.path)
    }

    /// What .gitignore names.
    private static func isProduct(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        if path.hasPrefix("results/") { return parts[1] != "reference" }
        return parts.first == ".git" || parts.first == "Package.resolved"
            || parts.first?.hasPrefix(".build") == true || path.hasSuffix(".profraw")
    }
}

/// One place that breaks a rule.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    /// From 1; 0 when the file as a whole is meant.
    let line: Int
    let message: String

    var description: String { line == 0 ? "\(path): \(message)" : "\(path):\(line): \(message)" }
}
