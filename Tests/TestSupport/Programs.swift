import Foundation
import Glibc

/// Where programs are: ours beside the tests' own executable, foreign ones in PATH.
package enum Programs {
    /// One of the package's executables, of the same build as this test.
    package static func own(_ name: String) throws -> String {
        let path = buildFolder.appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw TestFailure("\(path) is missing; build it with: swift build --product \(name)")
        }
        return path
    }

    /// The folder that the running tests were built into.
    private static let buildFolder: URL = {
        let bundle = CommandLine.arguments.firstIndex(of: "--test-bundle-path")
            .flatMap { CommandLine.arguments.dropFirst($0 + 1).first }
        let file =
            bundle.map { URL(filePath: $0) }
            ?? URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return file.deletingLastPathComponent()
    }()

    /// A foreign program, or nil where it is not installed.
    package static func found(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init)
        return (folders + ["/usr/sbin", "/usr/local/sbin"]).map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether a server that gives up root's rights is to keep them, so that it may read what the
    /// tests write.
    package static var runAsRoot: Bool { geteuid() == 0 }

    /// Whether tests that want `name` can run: where a missing tool must be noticed (CI), always.
    package static func isPresent(_ name: String) -> Bool {
        found(name) != nil || ProcessInfo.processInfo.environment["CI"] != nil
    }
}

/// A folder for one test's files, removed with its content when the value is dropped.
package final class TemporaryFolder {
    package let path: String

    package init() throws {
        let url = FileManager.default.temporaryDirectory
            .appending(path: "switchyard-test-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func file(_ name: String) -> String { "\(path)/\(name)" }
}
