import Basis

/// The connections of a cell beside the measured ones.
package struct CellCompany: Equatable, Hashable, Sendable {
    /// Those that never ask.
    package var idle = 0
    /// Those that read, and send, slowly; nil for none.
    package var slowReaders: SlowPeers?
    package var slowSenders: SlowPeers?

    package init() {}

    /// How many there are.
    package var count: Int { idle + (slowReaders?.count ?? 0) + (slowSenders?.count ?? 0) }

    /// The parts of a cell's id that tell of them.
    var idParts: [String] {
        (idle > 0 ? ["idle\(idle)"] : [])
            + [slowReaders?.idPart("readers"), slowSenders?.idPart("senders")].compactMap { $0 }
    }

    /// None where there are none: a cell of before reads and is written as it was.
    var members: [JSONValue.Member] {
        (idle > 0 ? [.init("idle", .count(idle))] : [])
            + [("slow_readers", slowReaders), ("slow_senders", slowSenders)].compactMap {
                name, peers in peers.map { .init(name, .string($0.text)) }
            }
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        idle = Int(clamping: try fields.optionalInteger("idle") ?? 0)
        slowReaders = try fields.slowPeers("slow_readers")
        slowSenders = try fields.slowPeers("slow_senders")
    }
}
