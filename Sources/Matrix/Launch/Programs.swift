import Basis
import Foundation
import Platform
import Report

/// The programs that a run starts, and where they lie.
struct Programs: Equatable, Sendable {
    let server: String
    let load: String

    /// The folder of the program that runs now.
    static var ownFolder: String {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return folderPart(of: link ?? CommandLine.arguments[0])
    }

    /// This program itself, which makes links; within a test there may be none.
    static var own: String { ownFolder + "/switchyard" }

    /// Looks in `folder`, or beside this program.
    static func find(in folder: String?) throws(Complaint) -> Programs {
        let folder = folder ?? ownFolder
        var paths: [String] = []
        for name in ["switchyard-server", "switchyard-load"] {
            let path = "\(folder)/\(name)"
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw Complaint(
                    "there is no program \(name) in \(folder)",
                    remedy: "build it with 'swift build -c release', or name its folder with --bin")
            }
            paths.append(path)
        }
        return Programs(server: paths[0], load: paths[1])
    }

    /// Path and content hash of each, for the manifest.
    var fingerprint: [JSONValue.Member] {
        [("server", server), ("load", load)].map { name, path in
            var hash = StableHash()
            let content = FileManager.default.contents(atPath: path)
            hash.add(content ?? Data())
            return .init(
                name,
                [
                    "path": .string(path), "bytes": .optional(content.map { Int64($0.count) }),
                    "fnv1a64": .string(hash.text),
                ])
        }
    }
}
