import Basis
import Foundation
import Platform
import TestSupport
import Testing

/// A script of the repository, or a foreign program, run to its end.
struct Script {
    let status: Int32?
    let output: String
    let errors: String

    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// - Parameters:
    ///   - name: a path below the repository such as `scripts/install`, or a program in `PATH`.
    ///   - variables: of the environment, beside those there are.
    init(
        _ name: String, _ arguments: [String] = [], _ variables: [String: String] = [:],
        in folder: String? = nil
    ) throws {
        let own = "\(Self.root)/\(name)"
        let path = try #require(
            FileManager.default.isExecutableFile(atPath: own)
                ? own : name.hasPrefix("/") ? name : Programs.found(name), "\(name) is missing")
        var options = SpawnOptions(path, arguments)
        options.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        options.directory = folder
        let process = try FinishedProcess(options)
        (status, output, errors) = (process.status, process.output, process.errors)
    }

    /// The same with shell text.
    static func shell(
        _ text: String, _ variables: [String: String] = [:], by shell: String = "bash",
        in folder: String? = nil
    ) throws -> Script {
        try Script(shell, ["-c", text], variables, in: folder)
    }

    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

extension TemporaryFolder {
    /// - Returns: the path.
    @discardableResult
    func write(_ text: String, _ name: String, mode: Int = 0o644) throws -> String {
        let path = file(name)
        try FileManager.default.createDirectory(
            atPath: folderPart(of: path), withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    /// The files below a folder, by their paths in it.
    func files(below name: String = "") -> [String] {
        let manager = FileManager.default
        let paths = manager.enumerator(atPath: file(name))?.allObjects as? [String] ?? []
        return paths.filter { path in
            let type = try? manager.attributesOfItem(atPath: "\(file(name))/\(path)")[.type]
            return type as? FileAttributeType != .typeDirectory
        }.sorted()
    }
}
