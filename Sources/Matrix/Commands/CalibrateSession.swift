import Basis
import Compare
import Foundation
import Platform
import Report

/// One calibration: pairs of identical servers by one pairing after the other.
struct CalibrateSession {
    private enum Limit {
        static let tryOut = Nanoseconds.milliseconds(300)
    }

    let cells: [Cell]
    let settings: Settings
    let servers: [ServerDescription]
    /// Pairs of each cell.
    let pairs: Int
    let run: RunRequest
    let programs: Programs
    let directory: RunDirectory
    let interruption: StopRequest
    let console: Console
    let isQuiet: Bool

    /// Asks the server for a moment in every cell, before much time is spent on one that does not
    /// start or answers wrongly; false when interrupted.
    func tryOut() throws(Complaint) -> Bool {
        let executor = try executor()
        defer { executor.removeScratch() }
        var runner = GateRunner(
            cells: cells, procedure: procedure(cells), settings: settings, base: executor,
            candidate: executor, interruption: interruption)
        switch runner.smoke(duration: Limit.tryOut, names: ("server", "server")) {
        case .passed: return true
        case .interrupted: return false
        case .noBase(let reason):
            throw Complaint(
                "the server can't be measured: \(reason)",
                remedy: "see that it starts and answers", status: .failure)
        case .wrong(let reason):
            throw Complaint(
                reason,
                remedy: "let the server answer what the matrix asks for, or name a matrix"
                    + " whose path it has", status: .wrongResponses)
        }
    }

    /// What helps against the pairs that were lost: it depends on what lost them.
    static func advice(_ lost: [GateProcedure.LostPair]) -> String {
        if lost.contains(where: { $0.wrongSide != nil }) {
            return "see why the server fails: what it was asked must be answered each time"
        }
        if lost.last?.reason.contains("the hypervisor") == true {
            return "measure when other machines of this host are quiet, or on another"
        }
        return "stop what else runs, or lower the rates of the matrix"
    }

    /// The scatter of each metric by `pairing`; nil when interrupted. Cells that `pairing` does not
    /// take are left out with a note, or refused when nothing else is asked for.
    func measure(_ pairing: Pairing, isAlone: Bool) throws(Complaint) -> [Calibration.Noise]? {
        let fit =
            pairing == .launch ? cells : cells.filter { SliceExecutor.takes($0) }
        if fit.count < cells.count {
            let lacking = "\(cells.count - fit.count) of \(cells.count) cells have no fixed rate or"
            if isAlone, fit.isEmpty {
                throw Complaint(
                    "\(lacking) too many connections for slices", remedy: "use --pairing launch")
            }
            console.errors("note: \(lacking) too many connections for slices\n")
        }
        guard !fit.isEmpty else { return [] }
        let each = fit.reduce(Nanoseconds.zero) {
            $0 + pairing.time(ofPair: $1, settings) * Int64(pairs)
        }
        console.errors(
            "pairs by \(pairing.rawValue): \(pairs) of each of \(fit.count) cells, about"
                + " \(each.display), seed \(run.seed)\n")
        let executor = try executor()
        defer { executor.removeScratch() }
        let began = MonotonicClock.now
        guard let done = try pairs(by: pairing, of: fit, executor) else { return nil }
        if let verdict = done.procedure.verdict,
            verdict.name == .invalid || verdict.name == .wrong
        {
            throw Complaint(
                "pairs by \(pairing.rawValue) can't be calibrated: "
                    + verdict.reasons.joined(separator: "; "),
                remedy: Self.advice(done.procedure.lost),
                status: verdict.name.status(strict: false))
        }
        let pairTime = MonotonicClock.now.since(began) / Int64(max(1, done.pairs))
        return done.procedure.sigma.sorted { $0.key < $1.key }.map { name, sigma in
            let having = done.procedure.cells.count { $0.metrics.contains { $0.name == name } }
            return Calibration.Noise(
                metric: name, pairing: pairing, sigma: sigma, pairs: having * pairs,
                pairTime: pairTime)
        }
    }

    /// A measurement that ran to its end, and how many pairs it took.
    private typealias Done = (procedure: GateProcedure, pairs: Int)

    private func executor() throws(Complaint) -> ProcessExecutor {
        try ProcessExecutor(programs: programs, servers: servers, cpus: run.cpus)
    }

    private func pairs(
        by pairing: Pairing, of cells: [Cell], _ executor: ProcessExecutor
    ) throws(Complaint) -> Done? {
        var runner = GateRunner(
            cells: cells, procedure: procedure(cells), settings: settings, base: executor,
            candidate: executor, interruption: interruption)
        runner.note = note
        if pairing == .slice { runner.meter = SliceExecutor(base: executor, candidate: executor) }
        var journals = try directory.gateJournals(pairing)
        let ending = try runner.run(into: &journals)
        switch pairing {
        case .launch:
            let records = journals.launches.records
            try directory.writeTables(
                run: RunIdentity.current(runID: directory.name), records: records)
            return ending == .complete ? (runner.procedure, records.count / 2) : nil
        case .slice:
            return ending == .complete ? (runner.procedure, journals.sliced.count) : nil
        }
    }

    private var note: (PairRequest, PairOutcome, GateProcedure) -> Void {
        if isQuiet { return { _, _, _ in } }
        let errors = console.errors
        return { errors(GateSession.line($0, $1, $2)) }
    }

    /// A gate that screens at length and suspects nobody.
    private func procedure(_ cells: [Cell]) -> GateProcedure {
        var policy = GatePolicy()
        policy.screenPairs = pairs
        policy.controlPairs = 0
        policy.suspectsMax = 0
        return GateProcedure(
            cells: cells.map { GateRunner<ProcessExecutor>.gated($0) }, policy: policy,
            design: GateDesign(policy, subjects: cells.count), seed: UInt64(run.seed))
    }
}
