import Basis
import Report

/// How another server than this project's is started, and how one sees that it is ready.
///
/// In `command` and `files` these stand for values of the launch: `{port}` a free port, `{host}`
/// the address to listen on, `{threads}` and `{cpus}` what the cell asks for, `{dir}` an empty
/// folder that is removed afterwards.
struct ServerCommand: Equatable, Sendable {
    /// How one sees that a server can be asked.
    enum Readiness: Equatable, Sendable {
        /// The port accepts a connection.
        case port
        /// A line of standard output contains this text.
        case line(String)
        /// A GET of this path is answered with a status below 400.
        case http(String)
    }

    /// The program and its arguments.
    let command: [String]
    let readiness: Readiness
    /// Written into `{dir}` before the start, by name.
    let files: [JSONValue.Member]

    static let placeholders = ["{port}", "{host}", "{threads}", "{cpus}", "{dir}"]

    var members: [JSONValue.Member] {
        let rule: JSONValue
        switch readiness {
        case .port: rule = ["port": true]
        case .line(let text): rule = ["line": .string(text)]
        case .http(let path): rule = ["http": .string(path)]
        }
        return [
            .init("command", .array(command.map { .string($0) })), .init("ready", rule),
            .init("files", .object(files)),
        ]
    }

    static let keys = ["command", "ready", "files"]

    /// Reads what the description of server `name` says of its start.
    init(_ value: JSONValue, of name: String, _ place: FilePlace) throws(Complaint) {
        guard case .array(let words)? = value["command"], !words.isEmpty else {
            throw place.complaint(
                "server \(name) has no command",
                "give a list of texts: the program, its arguments; or a url where it runs already")
        }
        var command: [String] = []
        for word in words {
            guard case .string(let text) = word else {
                throw place.complaint(
                    "the command of server \(name) holds something else than texts",
                    "put every argument in quotes")
            }
            command.append(text)
        }
        self.command = command
        readiness = try Self.readiness(value["ready"], of: name, place)
        files = try Self.files(value["files"], of: name, place)
    }

    private static func readiness(
        _ value: JSONValue?, of name: String, _ place: FilePlace
    ) throws(Complaint) -> Readiness {
        guard let value else { return .port }
        _ = try place.in("ready").members(value, known: ["port", "line", "http"])
        switch value {
        case ["port": true]: return .port
        default:
            if case .object(let rule) = value, rule.count == 1,
                case .string(let text) = rule[0].value
            {
                if rule[0].name == "line", !text.isEmpty { return .line(text) }
                if rule[0].name == "http", text.hasPrefix("/") { return .http(text) }
            }
            throw place.complaint(
                "the readiness rule of server \(name) is none",
                "write {port: true}, {line: \"text\"} or {http: \"/path\"}")
        }
    }

    private static func files(
        _ value: JSONValue?, of name: String, _ place: FilePlace
    ) throws(Complaint) -> [JSONValue.Member] {
        guard let value else { return [] }
        guard case .object(let files) = value,
            files.allSatisfy({
                if case .string = $0.value { return !$0.name.contains("/") && !$0.name.isEmpty }
                return false
            })
        else {
            throw place.complaint(
                "the files of server \(name) are not texts by name",
                "write {\"name.conf\": \"text with {port}\"}")
        }
        return files
    }
}
