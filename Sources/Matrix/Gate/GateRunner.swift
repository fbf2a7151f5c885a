package import Basis
package import Compare
package import Report

/// Drives a `GateProcedure` with real launches, or in a test with a table.
///
/// Each launch is in the journal before the next begins, and a gate that is begun again takes what
/// the journal holds instead of launching: the procedure asks for the same pairs, for they follow
/// from its seed and the outcomes.
package struct GateRunner<Launcher: Executor> {
    /// Why a run of the gate came to its end.
    package enum Ending: Equatable, Sendable { case complete, interrupted }

    package let cells: [Cell]
    package private(set) var procedure: GateProcedure
    package let settings: Settings
    package var base: Launcher
    package var candidate: Launcher
    package let interruption: Interruption
    /// Told each pair with its outcome.
    package var note: (PairRequest, PairOutcome, GateProcedure) -> Void = { _, _, _ in }

    /// `procedure` gates `cells`, one for one.
    package init(
        cells: [Cell], procedure: GateProcedure, settings: Settings, base: Launcher,
        candidate: Launcher, interruption: Interruption
    ) {
        precondition(
            cells.map(\.id) == procedure.cells.map(\.id), "the procedure is of these cells")
        self.cells = cells
        self.procedure = procedure
        self.settings = settings
        self.base = base
        self.candidate = candidate
        self.interruption = interruption
    }

    /// What a cell is gated by: the server's CPU time a request at a fixed rate, which no generator
    /// on the same machine disturbs; in a closed loop the rate.
    package static func gated(_ cell: Cell) -> GateCell {
        let name = cell.arrival == .closed ? "rps" : "srv_cpu_ns_per_req"
        return GateCell(id: cell.id, metrics: ComparedMetric.known.filter { $0.name == name })
    }

    /// Launches each cell on each side for a moment and refuses wrong answers before anything is
    /// measured. False when interrupted.
    package mutating func smoke(duration: Nanoseconds) throws(Complaint) -> Bool {
        var brief = settings
        brief.warmup = .zero
        brief.duration = duration
        for (index, cell) in cells.enumerated() {
            for side in Side.allCases {
                if interruption.check() > .none { return false }
                let slot = Slot(index: index, block: 0, cell: cell, seed: 1)
                guard let record = launch(slot, on: side, brief) else { return false }
                guard case .wrong(_, let reason)? = Self.trouble(record, side) else { continue }
                throw Complaint(
                    "the \(side == .base ? "base" : "candidate") fails in \(cell.id): \(reason)",
                    remedy: "mend it before its speed is measured", status: .wrongResponses)
            }
        }
        return true
    }

    /// Runs to the verdict or until stopped.
    package mutating func run(into journal: inout Journal) throws(Complaint) -> Ending {
        var known = Dictionary(grouping: journal.records, by: \.slot).compactMapValues(\.first)
        while let request = procedure.next {
            var records: [Side: LaunchRecord] = [:]
            for place in 0...1 {
                let side = place == 0 ? request.first : request.first == .base ? .candidate : .base
                let slot = slot(request, place)
                if let record = known.removeValue(forKey: slot.index), record.cell == slot.cell {
                    records[side] = record
                    continue
                }
                if interruption.check() > .none { return .interrupted }
                let isControl = request.stage == .control
                guard var record = launch(slot, on: isControl ? .base : side, settings) else {
                    return .interrupted
                }
                record.side = isControl ? "null" : side.rawValue
                record.order = request.order
                try journal.append(record)
                records[side] = record
            }
            let outcome = outcome(request, records)
            procedure.take(outcome)
            note(request, outcome, procedure)
        }
        return .complete
    }

    private func slot(_ request: PairRequest, _ place: Int) -> Slot {
        // Both launches of a pair meet the same arrivals.
        var generator = SeededGenerator.stream(seed: procedure.seed, index: 1 + request.serial)
        return Slot(
            index: 2 * request.serial + place, block: request.serial, cell: cells[request.cell],
            seed: generator.nextSeed())
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
        return .measured(base: values[.base] ?? [], candidate: values[.candidate] ?? [])
    }

    /// Why a launch does not count; nil when it does.
    private static func trouble(_ record: LaunchRecord, _ side: Side) -> PairOutcome? {
        if let failure = record.failure { return .wrong(side, failure) }
        guard let load = record.load else { return .wrong(side, "the generator gave no report") }
        if load.verdict == .errors {
            return .wrong(side, load.verdictReasons.first ?? "requests failed")
        }
        return Disturbance.reason(record, load).map { .invalid($0) }
    }
}
