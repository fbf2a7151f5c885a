import Basis
import Foundation
import Glibc
import Platform
import Report
import TestSupport
import Testing

/// Runs of `switchyard link` of this build.
enum LinkRun {
    /// What a run came to.
    struct Outcome {
        let status: Int32?
        let output: String
        let errors: String

        /// The object of `--json`, the last line.
        func report() throws -> JSONValue {
            try JSONValue(parsing: String(errors.split(separator: "\n").last ?? ""))
        }
    }

    static let python = Programs.found("python3")

    static func begin(
        _ arguments: [String], through prefix: [String] = [], in folder: String? = nil
    ) throws -> ChildProcess {
        let all = prefix + [try Programs.own("switchyard"), "link"] + arguments
        var options = SpawnOptions(all[0], Array(all.dropFirst()))
        options.standardError = .captured
        options.directory = folder
        return try ChildProcess(options)
    }

    static func end(_ child: inout ChildProcess) throws -> Outcome {
        let output = child.remainingOutput(timeout: TestLimit.hang)
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        guard let end = child.wait(timeout: TestLimit.hang) else {
            throw TestFailure("the link does not end: \(output) \(errors)")
        }
        if case .exited(let status) = end.ending {
            return Outcome(status: status, output: output, errors: errors)
        }
        return Outcome(status: nil, output: output, errors: errors)
    }

    static func run(
        _ arguments: [String], through prefix: [String] = [], in folder: String? = nil
    ) throws -> Outcome {
        var child = try begin(arguments, through: prefix, in: folder)
        return try end(&child)
    }

    /// Ends the test where the machine forbids links, or those over `device`.
    static func require(_ device: String? = nil, through prefix: [String] = []) throws {
        let trial = try run(
            ["--rtt", "0s", "-q"] + (device.map { ["--device", $0] } ?? []) + ["--", "true"],
            through: prefix)
        if trial.status == 0 { return }
        let isForbidden = ["may not make a network", "can't make a network", "/dev/net/tun"]
            .contains { trial.errors.contains($0) }
        guard trial.status == 1, isForbidden else { throw TestFailure("no link: \(trial)") }
        try Test.cancel("this machine forbids it: \(trial.errors)")
    }

    static func requirePython() throws -> String {
        if let python { return python }
        guard ProcessInfo.processInfo.environment["CI"] == nil else {
            throw TestFailure("python3 is not installed")
        }
        try Test.cancel("python3 is not installed")
    }

    /// Whether a process runs: it is neither gone nor a zombie.
    static func isAlive(_ id: Int32) -> Bool {
        let status = (try? readFile("/proc/\(id)/status")) ?? ""
        return !status.isEmpty && !status.contains("State:\tZ")
    }

    /// The processes that are in a network, by what /proc/self/ns/net says in it.
    static func members(ofNetwork name: String) -> [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter { id in
            let link = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(id)/ns/net")
            return link == name
        }
    }
}
