import Basis
import Compare
import Platform
import Report

/// What a gate has measured so far, by the way of pairing.
struct GateJournals: ~Copyable {
    var launches: Journal<LaunchRecord>
    /// nil where every pair is launched.
    var slices: Journal<SliceRecord>?
}

extension GateJournals {
    /// Whether nothing has been measured yet.
    var areEmpty: Bool {
        let counts = (launches.records.count, sliced.count)
        return counts == (0, 0)
    }

    /// Takes the launch of a pair back that has no second one, and says whether there was any. Both
    /// launches of a pair must share the state of the machine; a gate that goes on hours later
    /// makes the pair anew. It can only be the last launch of the journal, and the first of its
    /// pair.
    mutating func dropHalfPair() throws(Complaint) -> Bool {
        guard let last = launches.records.last, last.slot.isMultiple(of: 2) else { return false }
        try launches.dropLast()
        return true
    }

    /// The pairs by slices.
    var sliced: [SliceRecord] {
        switch slices {
        case .none: []
        case .some(let journal): journal.records
        }
    }
}

extension RunDirectory {
    /// Opens what a gate that measures pairs by `pairing` writes into this folder.
    func gateJournals(_ pairing: Pairing) throws(Complaint) -> GateJournals {
        GateJournals(
            launches: try Journal<LaunchRecord>(journalPath),
            slices: pairing == .slice ? try Journal<SliceRecord>(slicesPath) : nil)
    }

    /// A line for each pair by slices.
    private var slicesPath: String { path + "/slices.ndjson" }
}

/// Drives a `GateProcedure` with real launches, or in a test with a table.
///
/// A pair is two launches, or with a `meter` for slices two resident servers under load by turns,
/// for the cells that slices can measure. What a pair of slices says is one figure and the
/// procedure tests pairs: slices of one pair share the luck of its two launches.
///
/// Each launch and each pair of slices is in its journal before the next begins, and a gate that is
/// begun again takes what the journals hold instead of measuring: the procedure asks for the same
/// pairs, for they follow from its seed and the outcomes. Half a pair is no outcome and is dropped.
struct GateRunner<Launcher: Executor> {
    /// Why a run of the gate came to its end.
    enum Ending: Equatable, Sendable { case complete, interrupted }

    let cells: [Cell]
    /// Gates `cells`, one for one.
    private(set) var procedure: GateProcedure
    let settings: Settings
    var base: Launcher
    var candidate: Launcher
    /// Measures pairs by slices; nil to launch every pair.
    var meter: (any SliceMeter)?
    let interruption: StopRequest
    /// Told each pair with its outcome.
    var note: (PairRequest, PairOutcome, GateProcedure) -> Void = { _, _, _ in }
    /// Told what a person should know, a line each.
    var remark: (String) -> Void = { _ in }

    /// What a cell is gated by: the server's CPU time a request at a fixed rate, which no generator
    /// on the same machine disturbs; in a closed loop the rate.
    static func gated(_ cell: Cell) -> GateCell {
        let name = cell.arrival == .closed ? "rps" : Pairing.slicedMetric
        return GateCell(id: cell.id, metrics: ComparedMetric.known.filter { $0.name == name })
    }

    /// What came of the smoke test.
    enum Smoke: Equatable, Sendable {
        case passed, interrupted
        /// A side answers wrongly, or the two not alike.
        case wrong(String)
        /// The base does not start, or ends under load.
        case noBase(String)
    }

    /// Launches each cell on each side for a moment and looks at the answers before anything is
    /// measured: an answer that is wrong, or shorter than the base's, is easily a faster one.
    mutating func smoke(
        duration: Nanoseconds, names: (own: String, other: String) = ("base", "candidate")
    ) -> Smoke {
        var brief = settings
        brief.warmup = .zero
        brief.duration = duration
        for (index, cell) in cells.enumerated() {
            var loads: [Side: LoadReport] = [:]
            for side in Side.allCases {
                if interruption.check() > .none { return .interrupted }
                let slot = Slot(index: index, block: 0, cell: cell, seed: 1)
                guard let record = launch(slot, on: side, brief) else { return .interrupted }
                if side == .base, record.load == nil {
                    let reason = record.failure ?? "the generator gave no report"
                    return .noBase("\(cell.id): \(reason)")
                }
                var reason: String?
                if case .wrong(_, let trouble)? = Self.trouble(record, side) { reason = trouble }
                if record.load?.requests == 0 { reason = reason ?? "no request was answered" }
                if let reason {
                    let name = side == .base ? names.own : names.other
                    return .wrong("the \(name) fails in \(cell.id): \(reason)")
                }
                loads[side] = record.load
            }
            guard let base = loads[.base], let candidate = loads[.candidate] else { continue }
            if let difference = base.difference(
                to: candidate, names: names, slack: Self.bodySlack)
            {
                return .wrong("the answers differ in \(cell.id): \(difference)")
            }
        }
        return .passed
    }

    /// The share by which answers of base and candidate may differ: dates and counters in a body
    /// grow by a digit.
    private static var bodySlack: Double { 0.01 }

    /// Runs to the verdict or until stopped.
    mutating func run(into journals: inout GateJournals) throws(Complaint) -> Ending {
        if try journals.dropHalfPair() {
            remark("a launch whose pair was cut short is dropped; the pair is measured anew")
        }
        let knownLaunches = Self.bySlot(journals.launches.records)
        let knownSlices = Self.bySlot(journals.sliced)
        while let request = procedure.next {
            let isBySlices = meter != nil && SliceExecutor.takes(cells[request.cell])
            let outcome =
                isBySlices
                ? try slices(request, known: knownSlices, into: &journals)
                : try launches(request, known: knownLaunches, into: &journals.launches)
            guard let outcome else { return .interrupted }
            procedure.take(outcome)
            note(request, outcome, procedure)
        }
        return .complete
    }

    private static func bySlot<Record: JournalRecord>(_ records: [Record]) -> [Int: Record] {
        Dictionary(records.map { ($0.slot, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What both launches or all slices of a pair are given to draw the arrivals from.
    private func seed(_ request: PairRequest) -> Int64 {
        var generator = SeededGenerator.stream(seed: procedure.seed, index: 1 + request.serial)
        return generator.nextSeed()
    }

    /// Makes both launches of a pair that are not known yet; nil when interrupted.
    private mutating func launches(
        _ request: PairRequest, known: [Int: LaunchRecord],
        into journal: inout Journal<LaunchRecord>
    ) throws(Complaint) -> PairOutcome? {
        let seed = seed(request)
        var records: [Side: LaunchRecord] = [:]
        for place in 0...1 {
            let side = place == 0 ? request.first : request.first == .base ? .candidate : .base
            let slot = Slot(
                index: 2 * request.serial + place, block: request.serial,
                cell: cells[request.cell], seed: seed)
            if let record = known[slot.index], record.cell == slot.cell {
                records[side] = record
                continue
            }
            if interruption.check() > .none { return nil }
            let isControl = request.stage == .control
            guard var record = launch(slot, on: isControl ? .base : side, settings) else {
                return nil
            }
            record.side = isControl ? "null" : side.rawValue
            record.order = request.order
            try journal.append(record)
            records[side] = record
        }
        return outcome(request, records)
    }

    /// Measures a pair by slices, if it is not known yet; nil when interrupted.
    private mutating func slices(
        _ request: PairRequest, known: [Int: SliceRecord], into journals: inout GateJournals
    ) throws(Complaint) -> PairOutcome? {
        let cell = cells[request.cell]
        if let record = known[request.serial], record.cell == cell { return record.outcome }
        if interruption.check() > .none { return nil }
        let wanted = SliceRecord(
            pair: request.serial, cell: cell, seed: seed(request), first: request.first,
            isControl: request.stage == .control,
            time: Nanoseconds(raw: WallClock.nanoseconds))
        let (settings, interruption) = (settings, interruption)
        guard
            let record = meter?.measure(wanted, settings: settings, interruption: interruption)
        else { return nil }
        try journals.slices?.append(record)
        return record.outcome
    }

    private mutating func launch(_ slot: Slot, on side: Side, _ settings: Settings) -> LaunchRecord?
    {
        switch side {
        case .base: base.launch(slot, settings: settings, interruption: interruption)
        case .candidate: candidate.launch(slot, settings: settings, interruption: interruption)
        }
    }

    private func outcome(_ request: PairRequest, _ records: [Side: LaunchRecord]) -> PairOutcome {
        let metrics = procedure.cells[request.cell].metrics
        var values: [Side: [Double]] = [:]
        for side in Side.allCases {
            guard let record = records[side] else { return .invalid("a launch is missing") }
            if let trouble = Self.trouble(record, side) { return trouble }
            for metric in metrics {
                guard
                    let value = Metric.summarised.first(where: { $0.name == metric.name })?
                        .value(record)
                else { return .invalid("\(metric.name) was not measured") }
                values[side, default: []].append(value)
            }
        }
        func isLimited(_ side: Side) -> Bool { records[side]?.verdict == Bound.verdict }
        return .measured(
            base: values[.base] ?? [], candidate: values[.candidate] ?? [],
            limits: Limits(base: isLimited(.base), candidate: isLimited(.candidate)))
    }

    /// Why a launch does not count; nil when it does.
    private static func trouble(_ record: LaunchRecord, _ side: Side) -> PairOutcome? {
        if let failure = record.failure { return .wrong(side, failure) }
        guard let load = record.load else { return .wrong(side, "the generator gave no report") }
        if load.verdict == .errors {
            let reason = load.failures ?? load.verdictReasons.first ?? "requests failed"
            return .wrong(side, reason)
        }
        if let reason = load.wrongness(expecting: record.cell.expected) {
            return .wrong(side, reason)
        }
        return Disturbance.reason(record, load).map { .invalid($0) }
    }
}
