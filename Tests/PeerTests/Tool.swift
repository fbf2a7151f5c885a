import Foundation
import Platform
import TestSupport
import Testing

/// A foreign program run to its end.
struct Tool {
    let status: Int32?
    let output: String
    let errors: String

    /// - Parameter name: a path, or a name that is looked for in `PATH`.
    init(_ name: String, _ arguments: [String], input: String? = nil) throws {
        let path = try #require(
            name.hasPrefix("/") ? name : Programs.found(name), "\(name) is not installed")
        var options = SpawnOptions(path, arguments)
        if let input {
            let quoted = "'" + input.replacing("'", with: "'\\''") + "'"
            options = SpawnOptions(
                "/bin/sh", ["-c", "printf %s \(quoted) | \"$0\" \"$@\"", path] + arguments)
        }
        let process = try FinishedProcess(options)
        (status, output, errors) = (process.status, process.output, process.errors)
    }
}
