package import Basis

/// How the connections of a cell begin and end.
package struct CellConnections: Equatable, Hashable, Sendable {
    /// How the generator ends one.
    package enum Close: String, Sendable, CaseIterable { case fin, reset }

    /// Requests after which one ends; nil where it goes on.
    package var requests: Int?
    /// New ones a second, each with its requests; nil where that is not what is due.
    package var rate: PerSecond?
    package var close = Close.fin
    /// Whether SYNs carry data, on both sides (TCP Fast Open).
    package var opensFast = false

    package init() {}

    /// The parts of a cell's id that tell it, but for the rate.
    var idParts: [String] {
        var parts: [String] = []
        if let requests { parts.append("n\(requests)") }
        if close != .fin { parts.append(close.rawValue) }
        if opensFast { parts.append("tfo") }
        return parts
    }
}

extension CellConnections {
    /// None where all is usual: a cell of before reads and is written as it was.
    var members: [JSONValue.Member] {
        if self == CellConnections() { return [] }
        return [
            .init("requests_per_connection", .optional(requests.map { Int64($0) })),
            .init("connection_rate", .optional(rate?.raw)), .init("close", .string(close.rawValue)),
            .init("fastopen", .bool(opensFast)),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        requests = try fields.optionalInteger("requests_per_connection").map { Int($0) }
        rate = try fields.optionalNumber("connection_rate").map { PerSecond(raw: $0) }
        close = try fields.choice("close", default: .fin)
        opensFast = try fields.optionalFlag("fastopen") ?? false
    }
}
