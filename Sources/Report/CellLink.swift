package import Basis

/// What lies between the generator and the server of a cell: loopback, or a link that is emulated.
package struct CellLink: Equatable, Hashable, Sendable {
    /// Waited by every packet and its answer together.
    package var roundTrip = Nanoseconds.zero
    /// The share of packets that are lost, 0...1.
    package var loss = 0.0
    /// In bits a second, each direction for itself; nil for no limit.
    package var rate: Int?

    package init() {}

    /// Whether it is loopback, with nothing between.
    package var isLoopback: Bool { self == CellLink() }

    /// The parts of a cell's id that tell it.
    var idParts: [String] {
        var parts: [String] = []
        if roundTrip > .zero { parts.append("rtt\(Self.compact(roundTrip))") }
        if loss > 0 { parts.append("loss\(lossText)") }
        if let rate { parts.append("link\(Self.compact(rate))") }
        return parts
    }

    /// The share in percent, as a matrix has it: `0.1%`.
    package var lossText: String {
        let percent = loss * 100
        // Ten digits take back what the division by 100 did.
        let rounded = (percent * 1e10).rounded() / 1e10
        return (rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)") + "%"
    }

    /// Exact, in the largest unit of which it is a whole number.
    private static func compact(_ span: Nanoseconds) -> String {
        for (unit, scale) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)]
            as [(String, Int64)] where span.raw.isMultiple(of: scale)
        {
            return "\(span.raw / scale)\(unit)"
        }
        return "\(span.raw)ns"
    }

    private static func compact(_ rate: Int) -> String {
        for (unit, scale) in [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1_000)]
        where rate.isMultiple(of: scale) {
            return "\(rate / scale)\(unit)"
        }
        return "\(rate)bit"
    }
}

extension CellLink {
    /// None for loopback: a cell of before there were links reads and is written as it was.
    var members: [JSONValue.Member] {
        if isLoopback { return [] }
        return [
            .init("rtt_ns", .integer(roundTrip.raw)), .init("link_loss", .number(loss)),
            .init("link_rate_bit", .optional(rate.map { Int64($0) })),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        roundTrip = Nanoseconds(raw: try fields.optionalInteger("rtt_ns") ?? 0)
        loss = try fields.optionalNumber("link_loss") ?? 0
        rate = try fields.optionalInteger("link_rate_bit").map { Int($0) }
    }
}
