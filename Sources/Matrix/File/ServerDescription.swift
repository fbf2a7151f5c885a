import Basis
import Report

/// A server of a matrix that is not this project's own: one that every launch starts, or one that
/// runs already, here or elsewhere.
struct ServerDescription: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        case started(ServerCommand)
        case outside(OutsideServer)
    }

    let name: String
    let kind: Kind

    /// What it is where no launch starts it; else nil.
    var outside: OutsideServer? {
        if case .outside(let server) = kind { return server }
        return nil
    }

    var json: JSONValue {
        let members =
            switch kind {
            case .started(let command): command.members
            case .outside(let server): server.members
            }
        return .object([.init("name", .string(name))] + members)
    }

    /// Reads the object that an axis `server` may hold in place of a name.
    init(_ value: JSONValue, _ place: FilePlace) throws(Complaint) {
        _ = try place.members(value, known: ["name"] + ServerCommand.keys + OutsideServer.keys)
        guard case .string(let name)? = value["name"], name != Cell.builtIn,
            name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]*/) != nil
        else {
            throw place.complaint(
                "a server has no usable name", "give a name such as nginx, not \(Cell.builtIn)")
        }
        self.name = name
        let isOutside = value["url"] != nil
        let foreign = isOutside ? ServerCommand.keys : OutsideServer.keys
        if let stray = foreign.first(where: { value[$0] != nil }) {
            throw place.complaint(
                "server \(name) has a \(stray) \(isOutside ? "and a url" : "without a url")",
                isOutside
                    ? "give a command where each launch starts it, a url where it runs already"
                    : "leave it out: what a launch has started is measured anyhow")
        }
        kind =
            isOutside
            ? .outside(try OutsideServer(value, of: name, place))
            : .started(try ServerCommand(value, of: name, place))
    }
}
