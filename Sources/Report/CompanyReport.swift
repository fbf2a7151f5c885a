package import Basis

/// What became of the connections beside the load that are of one kind.
package struct CompanyReport: Equatable, Sendable {
    /// What they do beside it.
    package enum Kind: String, Sendable, CaseIterable {
        /// Nothing: they never ask.
        case idle
        /// They ask for a long answer, and take it slowly.
        case slowReaders = "slow-readers"
        /// They send a request slowly that never ends.
        case slowSenders = "slow-senders"

        /// What one is called, or several.
        package func named(_ count: Int) -> String {
            let noun = count == 1 ? "connection" : "connections"
            switch self {
            case .idle: return "idle \(noun)"
            case .slowReaders: return "slowly reading \(noun)"
            case .slowSenders: return "slowly sending \(noun)"
            }
        }
    }

    package let kind: Kind
    /// How many there were when the load began.
    package let connections: Int
    /// How many stood when it was over; the server has ended the others.
    package var open = 0
    /// Of all of them, over the whole run.
    package var bytesRead: Int64 = 0
    package var bytesWritten: Int64 = 0

    package init(kind: Kind, connections: Int) {
        self.kind = kind
        self.connections = connections
    }

    package var ended: Int { connections - open }

    package var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "connections": .count(connections),
            "open": .count(open), "ended": .count(ended), "bytes_read": .integer(bytesRead),
            "bytes_written": .integer(bytesWritten),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        self.init(
            kind: try fields.choice("kind", of: Kind.self),
            connections: try fields.count("connections"))
        open = try fields.count("open")
        bytesRead = try fields.integer("bytes_read")
        bytesWritten = try fields.integer("bytes_written")
    }
}
