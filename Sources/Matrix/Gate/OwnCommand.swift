import Basis
import Foundation
import Platform

/// The command line of a user's own server, as `--server-command` gives it.
enum OwnCommand {
    private static let option = "--server-command"

    /// Splits `command` into words, and refuses one that can't be told its port or that asks for
    /// what nobody fills in.
    static func words(_ command: String) throws(Complaint) -> [String] {
        let words = try ShellWords.split(command, origin: option)
        guard words.first?.isEmpty == false else {
            throw Complaint(
                "\(option) '\(command)' is no command",
                remedy: "give a program with its arguments")
        }
        let known = ServerCommand.placeholders
        for word in words {
            // ${name} is a variable, for the command may be a shell.
            for match in word.matches(of: /(^|[^$])(\{[a-zA-Z]+\})/) {
                let name = String(match.2)
                guard !known.contains(name) else { continue }
                let near = nearestName(to: name, among: known).map { "did you mean \($0)? " } ?? ""
                throw Complaint(
                    "\(option) '\(command)' asks for the unknown \(name)",
                    remedy: near + "choose from \(known.joined(separator: ", "))")
            }
        }
        guard words.contains(where: { $0.contains("{port}") }) else {
            throw Complaint(
                "\(option) '\(command)' has no {port}",
                remedy: "put {port} where the server is told its port: each launch has another")
        }
        return words
    }

    /// Refuses a command whose program can't be started, before anything is.
    static func checkProgram(_ command: String) throws(Complaint) {
        guard let program = try words(command).first, !program.contains("{") else { return }
        let manager = FileManager.default
        let folders =
            program.contains("/")
            ? [""]
            : (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
                "\($0)/"
            }
        let isThere = folders.contains { manager.isExecutableFile(atPath: $0 + program) }
        guard !isThere else { return }
        let place = program.contains("/") ? "here" : "in PATH"
        throw Complaint(
            "\(option) '\(command)': there is no program \(program) \(place)",
            remedy: "build it before the gate begins, or name it by its path")
    }
}
