import Basis
import Report

/// A server that runs already and that no launch starts or ends, and what measures it there.
struct OutsideServer: Equatable, Sendable {
    let name: String
    let url: TargetURL
    /// Nil where nothing tells what the server uses.
    let agent: AgentCommand?

    static let keys = ["url", "measure", "agent"]

    var members: [JSONValue.Member] {
        [.init("url", .string("\(url)")), .init("started", false)] + (agent?.members ?? [])
    }

    /// What a cell asks that says no path: path and query of the URL. Nil leaves it to the cell:
    /// a URL of gRPC without a path means the bench service.
    var path: String? { url.scheme == .grpc && url.target == "/" ? nil : url.target }

    /// What the scheme says of the protocol; nil for `http`, which leaves it open.
    var language: Cell.Language? {
        switch url.scheme {
        case .http: nil
        case .ws: .ws
        case .grpc: .grpc
        }
    }

    /// The version of TLS that is spoken unless a cell says which.
    var tls: Cell.TLS { url.isSecure ? .v13 : .off }

    /// As it stands in a URL.
    var host: String { url.host.contains(":") ? "[\(url.host)]" : url.host }

    init(_ value: JSONValue, of name: String, _ place: FilePlace) throws(Complaint) {
        self.name = name
        url = try Self.url(value["url"] ?? .null, place.in("url"))
        guard let measure = value["measure"] else {
            if value["agent"] != nil {
                throw place.in("agent").complaint(
                    "server \(name) has an agent and no measure",
                    "say where it runs: measure: \"local\" or measure: \"ssh HOST\"")
            }
            agent = nil
            return
        }
        agent = try AgentCommand(
            measure, program: value["agent"], place.in("measure"), place.in("agent"))
    }

    private static func url(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> TargetURL {
        guard case .string(let text) = value else {
            throw place.complaint("is not a text", example)
        }
        // Nothing of it is shown, for a password may be among it.
        if TargetURL.holdsUser(text) {
            throw place.complaint("holds a user name, which no request is given", "leave it out")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw place.complaint("'\(text)' holds what no URL may", "write %20 for a blank")
        }
        do throws(Complaint) {
            return try TargetURL(parsing: text)
        } catch {
            throw place.complaint(error.problem, example)
        }
    }

    private static let example = "write one such as \"http://127.0.0.1:9000/\""
}
