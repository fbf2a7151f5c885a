import Basis
import Foundation
import Report

/// What a gate that goes on must find as it left it: its own request, the machine, the matrix and
/// the programs. Launches of different programs in one gate would prove nothing.
struct GateSeal: Equatable {
    /// What `gate.json` calls the member that holds the seal.
    static let key = "seal"

    /// A thing with the hash of its content.
    struct Part: Equatable {
        let name: String
        let hash: String
    }

    let parts: [Part]

    /// Reads and hashes what the gate works with now.
    ///
    /// - Parameter programs: of the base and of the candidate.
    init(_ request: GateRequest, programs: [Programs]) throws(Complaint) {
        var own = request
        // What the reports call the two sides changes nothing.
        (own.base, own.candidate) = ("", "")
        var parts = [
            Part(name: "request", hash: StableHash.of(own.json.compact)),
            Part(name: "machine", hash: Fingerprint(.system).hardwareID),
            Part(
                name: "matrix \(request.run.matrix)",
                hash: StableHash.of(try GateMatrix.read(request.run.matrix))),
            Part(name: "generator", hash: Self.hash(of: [programs[0].load])),
        ]
        for (index, side) in ["base", "candidate"].enumerated() {
            var files = [programs[index].server]
            if !request.commands.isEmpty {
                files = try ShellWords.split(request.commands[index], origin: "--server-command")
            }
            parts.append(Part(name: side, hash: Self.hash(of: files)))
        }
        self.parts = parts
    }

    /// Of all that are files, one after the other: of a command its program and its scripts.
    private static func hash(of files: [String]) -> String {
        var hash = StableHash()
        for file in files {
            if let content = FileManager.default.contents(atPath: file) { hash.add(content) }
        }
        return hash.text
    }

    var json: JSONValue { .object(parts.map { .init($0.name, .string($0.hash)) }) }

    /// Complains of the first part that differs from what `text`, the content of `file`, holds.
    func check(_ text: String, file: String) throws(Complaint) {
        let sealed = (try? JSONValue(parsing: text))?[Self.key]
        for part in parts where sealed?[part.name] != .string(part.hash) {
            if part.name == "machine" {
                throw Complaint(
                    "\(file) was begun on another machine", remedy: "begin a new gate here",
                    status: .otherMachine)
            }
            throw Complaint(
                "the \(part.name) has changed since the gate began",
                remedy: "restore it, or begin a new gate")
        }
    }
}
