import Basis
import Compare
import Foundation
import Platform
import Report

/// One gate from the smoke test to the files: the part that a new and a resumed gate share.
struct GateSession {
    private enum Limit {
        static let smoke = Nanoseconds.milliseconds(300)
    }

    let directory: RunDirectory
    let request: GateRequest
    /// Of the base and of the candidate.
    let programs: [Programs]
    let options: ParsedOptions
    let console: Console
    /// Of before this process is held to the generator's CPUs.
    private let repro: String

    init(
        directory: RunDirectory, request: GateRequest, programs: [Programs],
        options: ParsedOptions, console: Console
    ) {
        self.directory = directory
        self.request = request
        self.programs = programs
        self.options = options
        self.console = console
        repro = request.repro(
            results: options.text("results")
                ?? folderPart(of: directory.path))
    }

    func run() throws(Complaint) -> ExitStatus {
        let (cells, settings, servers) = try request.plan()
        let waivers = try GateCommand.waivers(request)
        let interruption = try StopRequest.offServerCPUs(request.run.cpus)
        var journals = try directory.gateJournals(request.pairing)
        let gated = cells.map { GateRunner<ProcessExecutor>.gated($0) }
        for waiver in waivers where !waiver.concerns(gated) {
            console.errors(
                "note: the waiver of \(waiver.metric) in \(waiver.cell) matches no cell and metric"
                    + " of this gate\n")
        }
        let policy = try request.policy()
        let procedure = GateProcedure(
            cells: gated, policy: policy, design: GateDesign(policy, subjects: cells.count),
            seed: UInt64(request.run.seed))
        let base = try ProcessExecutor(
            programs: programs[0], servers: servers[0], cpus: request.run.cpus)
        defer { base.removeScratch() }
        let candidate = try ProcessExecutor(
            programs: programs[1], servers: servers[1], cpus: request.run.cpus)
        defer { candidate.removeScratch() }
        var runner = GateRunner(
            cells: cells, procedure: procedure, settings: settings, base: base,
            candidate: candidate, interruption: interruption)
        if request.pairing == .slice {
            runner.meter = SliceExecutor(base: base, candidate: candidate)
        }
        if let warning = request.run.cpus.warning { console.errors("note: \(warning)\n") }
        announce(procedure, cells, settings)
        try forecast()
        let errors = console.errors
        runner.remark = { errors("note: \($0)\n") }
        if !options.has("quiet") {
            runner.note = { errors(Self.line($0, $1, $2)) }
        }
        // Answers were proved right before the first launch of a gate that is resumed.
        if journals.areEmpty {
            switch runner.smoke(duration: Limit.smoke) {
            case .passed: break
            case .interrupted: return interrupted()
            case .wrong(let reason): return try conclude(.wrong(reason))
            case .noBase(let reason):
                throw Complaint(
                    "the base can't be measured: \(reason)",
                    remedy: "see that it starts and answers, or name another base",
                    status: .noBaseline)
            }
        }
        let counters: [ExactBaseline.Finding]
        do throws(Complaint) {
            counters = try ExactCheck.hold(request, cells, programs: programs[1])
        } catch {
            guard error.status == .wrongResponses else { throw error }
            return try conclude(.wrong(error.problem))
        }
        let ending = try runner.run(into: &journals)
        var identity = RunIdentity.current(runID: directory.name)
        identity.runID = directory.name
        try directory.writeTables(run: identity, records: journals.launches.records)
        guard ending == .complete, let result = runner.procedure.result else {
            return interrupted()
        }
        return try conclude(result.waived(waivers).holding(counters))
    }

    /// What this machine was found to be able to show, if it was calibrated.
    private func forecast() throws(Complaint) {
        let folder = folderPart(of: directory.path)
        guard let calibration = try Calibration.ofThisMachine(in: folder) else {
            console.errors("note: 'switchyard calibrate' would say what can be found here\n")
            return
        }
        let cells = try request.plan().cells.count
        let met = calibration.met(by: request.pairing)
        for line in met.forecast(try request.policy(), cells: cells) {
            console.errors(line + "\n")
        }
    }

    private func announce(_ procedure: GateProcedure, _ cells: [Cell], _ settings: Settings) {
        var time = Nanoseconds.zero
        for pair in procedure.upcoming {
            let cell = cells[pair.cell]
            time = time + request.pairing(of: cell).time(ofPair: cell, settings)
        }
        console.errors(
            "gate of \(request.candidate) against \(request.base): \(procedure.cells.count) cells,"
                + " \(procedure.pairsLeft) pairs to begin with, about \(time.display),"
                + " seed \(request.run.seed)\n")
    }

    static func line(
        _ pair: PairRequest, _ outcome: PairOutcome, _ gate: GateProcedure
    ) -> String {
        let cell = gate.cells[pair.cell]
        let said: String
        switch outcome {
        case .measured(let base, let candidate, _):
            said = cell.metrics.indices.map {
                "\(cell.metrics[$0].name) "
                    + (base[$0] > 0 && candidate[$0] > 0
                        ? signedPercent(candidate[$0] / base[$0])
                        : "from \(decimalDisplay(base[$0])) to \(decimalDisplay(candidate[$0]))")
            }.joined(separator: ", ")
        case .invalid(let reason): said = "does not count: \(reason)"
        case .wrong(let side, let reason): said = "\(side.rawValue) failed: \(reason)"
        }
        return "[\(pair.serial + 1), \(gate.pairsLeft) left] \(pair.stage.rawValue) \(cell.id)"
            + " \(pair.order): \(printable(said))\n"
    }

    private func interrupted() -> ExitStatus {
        console.errors(
            "interrupted; go on with: switchyard gate --resume \(directory.path)\n")
        return .interrupted
    }

    /// Writes the files and says the verdict.
    func conclude(_ result: GateResult) throws(Complaint) -> ExitStatus {
        let report = GateReport(
            result, base: request.base, candidate: request.candidate,
            seed: UInt64(request.run.seed), repro: repro, isStrict: request.isStrict)
        let folder = try OutputFolder(directory.path)
        try folder.write("verdict.json", report.json.pretty)
        try folder.write("report.md", report.markdown)
        try folder.write("junit.xml", report.junit)
        try folder.write(
            result.findings.map { CompareRow($0) }, plots: options.text("plots"),
            subtitle: "\(request.candidate) over \(request.base), seed \(request.run.seed)",
            on: console)
        let environment = ProcessInfo.processInfo.environment
        if environment["GITHUB_ACTIONS"] == "true" {
            // A workflow command is one on either stream; JSON stays alone on its own.
            (options.has("json") ? console.errors : console.output)(report.annotations)
            try summarise(report, into: environment["GITHUB_STEP_SUMMARY"])
        }
        for reason in result.reasons { console.errors(printable(reason) + "\n") }
        for note in result.counters.compactMap(\.note) { console.errors(note + "\n") }
        console.errors("files in \(directory.path)\n")
        report.say(asJSON: options.has("json"), on: console)
        return report.status
    }

    /// Adds the report to the page of a step in GitHub Actions.
    private func summarise(_ report: GateReport, into file: String?) throws(Complaint) {
        guard let file, !file.isEmpty else { return }
        do {
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(report.markdown.utf8))
            try handle.close()
        } catch {
            console.errors("note: the step summary can't be written: \(error)\n")
        }
    }
}

extension GateReport {
    /// Ends what a gate says: with its verdict in one line, or as the object of `verdict.json` with
    /// the line beside it for a person.
    func say(asJSON: Bool, on console: Console) {
        if asJSON {
            console.errors(printable(line) + "\n")
            console.output(json.pretty)
        } else {
            console.output(printable(line) + "\n")
        }
    }
}
