import Basis
import Foundation
import Platform

/// The programs of this package that were built beside this one, and those of the system.
enum Programs {
    /// The path of a program or library of the same build.
    static func built(_ name: String) throws(Complaint) -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let path = URL(filePath: own).deletingLastPathComponent().appending(path: name).path
        guard FileManager.default.fileExists(atPath: path) else {
            throw Complaint(
                "\(path) is missing", remedy: "build it with `make build`", status: .failure)
        }
        return path
    }

    /// Whether the system has a program of this name; nginx is in a folder that is not in every
    /// PATH.
    static func system(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return (folders.map(String.init) + ["/usr/sbin", "/sbin"])
            .map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The path of a program of the system.
    static func installed(_ name: String) throws(Complaint) -> String {
        guard let path = system(name) else {
            throw Complaint("\(name) is not installed", remedy: "install it", status: .failure)
        }
        return path
    }

    /// Runs a program to its end and returns what it wrote to standard output. Complains with what
    /// it wrote to standard error when it ends with another status than these.
    static func output(
        of options: SpawnOptions, within timeout: Nanoseconds,
        statuses: [ExitStatus] = [.success]
    ) throws(Complaint) -> (text: String, usage: ResourceUsage) {
        var options = options
        options.standardError = .captured
        let name = URL(filePath: options.program).lastPathComponent
        var child = try spawn(options)
        var text = ""
        while let line = child.nextLine(timeout: timeout) { text += line + "\n" }
        guard let end = child.wait(timeout: timeout) else {
            throw Complaint(
                "\(name) did not end within \(timeout.display)",
                remedy: "run it by hand: \(commandLine(options))", status: .failure)
        }
        guard statuses.contains(where: { end.ending == .exited($0.rawValue) }) else {
            let errors = child.remainingErrors(timeout: .seconds(1))
            throw Complaint(
                "\(name) failed: \(errors.split(separator: "\n").first ?? "\(end.ending)")",
                remedy: "run it by hand: \(commandLine(options))", status: .failure)
        }
        return (text, end.usage)
    }

    static func spawn(_ options: SpawnOptions) throws(Complaint) -> ChildProcess {
        do {
            return try ChildProcess(options)
        } catch {
            throw error.complaint("\(options.program) does not start", remedy: "build it anew")
        }
    }

    /// The port in the line that our servers print when they are ready.
    static func readyPort(
        of child: inout ChildProcess, _ description: String, within timeout: Nanoseconds
    ) throws(Complaint) -> UInt16 {
        let line = child.nextLine(timeout: timeout) ?? ""
        guard let ready = JSONText.object(line), ready["event"] as? String == "ready",
            let address = ready["listen"] as? String,
            let port = address.split(separator: ":").last.flatMap({ UInt16($0) })
        else {
            throw Complaint(
                "\(description) did not say that it is ready, but '\(line)'",
                remedy: "start it by hand and read what it says", status: .failure)
        }
        return port
    }

    private static func commandLine(_ options: SpawnOptions) -> String {
        ([options.program] + options.arguments).joined(separator: " ")
    }
}

/// Reading the JSON that the programs print, as far as it is needed here.
enum JSONText {
    /// The members of the object that is the whole of `text`; nil when it is no such thing.
    static func object(_ text: some StringProtocol) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    }

    /// What `switchyard-load --json -` has printed, as far as that is a report.
    static func report(in text: String) throws(Complaint) -> [String: Any] {
        if let start = text.firstIndex(of: "{"), let report = object(text[start...]) {
            return report
        }
        throw Complaint(
            "switchyard-load printed no report, but '\(text.prefix(80))'",
            remedy: "run it by hand with --json -", status: .failure)
    }
}
