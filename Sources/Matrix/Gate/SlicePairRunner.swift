package import Basis
package import Compare
package import Report

/// Drives a `GateProcedure` with pairs of resident servers under alternating slices of load.
///
/// What a pair says is one figure, the median of its slices, and the procedure tests pairs: slices
/// of one pair share the luck of its two launches.
package struct SlicePairRunner<Meter: SliceMeter> {
    /// Why a run came to its end.
    package enum Ending: Equatable, Sendable { case complete, interrupted }

    package let cells: [Cell]
    package private(set) var procedure: GateProcedure
    package let settings: Settings
    package var meter: Meter
    package let interruption: Interruption
    /// Told each pair with its outcome.
    package var note: (PairRequest, PairOutcome, GateProcedure) -> Void = { _, _, _ in }

    /// `procedure` gates `cells`, one for one, each by the server's CPU time a request.
    package init(
        cells: [Cell], procedure: GateProcedure, settings: Settings, meter: Meter,
        interruption: Interruption
    ) {
        precondition(cells.allSatisfy { SliceExecutor.takes($0) }, "slices need a fixed rate")
        precondition(
            cells.map(\.id) == procedure.cells.map(\.id), "the procedure is of these cells")
        self.cells = cells
        self.procedure = procedure
        self.settings = settings
        self.meter = meter
        self.interruption = interruption
    }

    /// Runs to the verdict or until stopped; `keep` gets each record before the next pair begins.
    package mutating func run(
        keeping keep: (SliceRecord) throws(Complaint) -> Void, now: () -> Nanoseconds
    ) throws(Complaint) -> Ending {
        while let request = procedure.next {
            if interruption.check() > .none { return .interrupted }
            var generator = SeededGenerator.stream(seed: procedure.seed, index: 1 + request.serial)
            let record = SliceRecord(
                pair: request.serial, cell: cells[request.cell],
                seed: Int64(generator.next() >> 11), first: request.first, time: now())
            guard
                let measured = meter.measure(
                    record, isControl: request.stage == .control, settings: settings,
                    interruption: interruption)
            else { return .interrupted }
            try keep(measured)
            let outcome = measured.outcome
            procedure.take(outcome)
            note(request, outcome, procedure)
        }
        return .complete
    }
}
