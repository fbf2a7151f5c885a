import Basis
import Compare
import Foundation
import Measure
import Report

/// What a pair of resident servers showed in alternating slices of load: a line of `slices.ndjson`.
///
/// Both servers run all the time and the load goes to one of them at a time, so that whatever
/// disturbs the machine for longer than a slice falls on neighbours alike and leaves their ratio. A
/// server that waits for events costs next to nothing while the other has the load; one that spins
/// does not, and must not be measured so.
struct SliceRecord: Equatable, Sendable {
    static let schema = "switchyard.slices/1"

    private enum Limit {
        /// The share of neighbours that must both count, for their median to stand for the pair.
        static let counted = 0.75
    }

    /// Names the pair within its gate or calibration.
    let pair: Int
    let cell: Cell
    /// The generator's; the same for every slice.
    let seed: Int64
    /// Which side has the first slice; from then on they alternate.
    let first: Side
    /// Whether both sides are the base.
    let isControl: Bool
    /// When the pair began, since 1970-01-01 UTC.
    let time: Nanoseconds
    /// CPU time of each side for a request, in nanoseconds, a slice each in the order of time; nil
    /// where the slice does not count.
    var base: [Double?] = []
    var candidate: [Double?] = []
    var machine = MachineUsage()
    /// Which side failed and why; nil when both answered.
    var failure: Failure?

    /// A side that gave no figures.
    struct Failure: Equatable, Sendable {
        let side: Side
        /// One line.
        let reason: String
    }

    /// The side that has slice `index`, counted over both.
    func side(ofSlice index: Int) -> Side {
        index.isMultiple(of: 2) == (first == .base) ? .base : .candidate
    }

    /// Which of the two turns is that of `side`.
    func turn(of side: Side) -> Int { side == first ? 0 : 1 }

    /// The logarithm of candidate over base for each two neighbours that both count.
    var logRatios: [Double] {
        zip(base, candidate).compactMap { base, candidate in
            guard let base, let candidate, base > 0, candidate > 0 else { return nil }
            return log(candidate / base)
        }
    }

    /// What the pair says to a gate: the base by the median of its slices, and the candidate so
    /// that their ratio is the median of the neighbours' ratios.
    var outcome: PairOutcome {
        if let failure { return .wrong(failure.side, failure.reason) }
        if let stolen = machine.stolenShare, stolen > Disturbance.stolenLimit {
            return .invalid(
                "the hypervisor withheld \(fixed(stolen * 100, decimals: 1))% of the CPU time")
        }
        let ratios = logRatios
        guard Double(ratios.count) >= Limit.counted * Double(base.count),
            let ratio = Median.of(ratios), let level = Median.of(base.compactMap(\.self))
        else {
            return .invalid(
                "only \(ratios.count) of \(base.count) neighbouring slices had the planned load")
        }
        return .measured(base: [level], candidate: [level * exp(ratio)])
    }
}

extension SliceRecord: JournalRecord {
    static var noun: String { "pair by slices" }
    var slot: Int { pair }

    var json: JSONValue {
        [
            "schema": .string(Self.schema), "pair": .count(pair), "cell": cell.json,
            "seed": .integer(seed), "time_ns": .integer(time.raw),
            "first": .string(first.rawValue), "control": .bool(isControl),
            "base_cpu_ns_per_req": .array(base.map { .optional($0) }),
            "cand_cpu_ns_per_req": .array(candidate.map { .optional($0) }),
            "stolen_share": .optional(machine.stolenShare),
            "failed_side": .optional(failure?.side.rawValue),
            "failure": .optional(failure?.reason),
        ]
    }

    init(json: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(json)
        try fields.require(schema: Self.schema)
        self.init(
            pair: try fields.count("pair"), cell: try Cell(try fields.fields("cell")),
            seed: try fields.integer("seed"), first: try fields.choice("first", of: Side.self),
            isControl: try fields.flag("control"),
            time: Nanoseconds(raw: try fields.integer("time_ns")))
        base = try fields.optionalNumbers("base_cpu_ns_per_req")
        candidate = try fields.optionalNumbers("cand_cpu_ns_per_req")
        machine.stolenShare = try fields.optionalNumber("stolen_share")
        if let reason = try fields.optionalText("failure") {
            failure = .init(side: try fields.choice("failed_side", of: Side.self), reason: reason)
        }
    }
}
