package import Basis
import Compare
import Foundation
import Platform
import Report

/// Measures how much identical servers differ on this machine.
package enum CalibrateCommand: Command {
    package static let name = "calibrate"
    private enum Limit {
        /// Pairs of a cell; with fewer the noise itself is noisy.
        static let pairs = 24
    }

    package static let parser = OptionParser(
        program: "switchyard calibrate", operands: "[MATRIX]",
        summary: "measure a server against itself: what a gate can find here",
        options: RunOptions.matrix + [
            OptionSpec("pairs", value: "N", help: "pairs of each cell, even (\(Limit.pairs))"),
            OptionSpec("seed", value: "N", help: "of the order and the arrivals (drawn and shown)"),
            OptionSpec("warmup", value: "TIME", help: "load before the measured phase"),
            OptionSpec("duration", value: "TIME", help: "the measured phase"),
            OptionSpec("server-cpus", value: "LIST", help: "CPUs of the server (the upper half)"),
            OptionSpec("load-cpus", value: "LIST", help: "CPUs of the generator (the lower half)"),
            RunOptions.bin, RunOptions.results, RunOptions.json,
            OptionSpec("quiet", short: "q", help: "no progress"),
        ],
        epilogue: """
            MATRIX defaults to \(GateCommand.defaultMatrix). Writes \(Calibration.file) into the
            folder of results, where 'switchyard gate' looks for it.
            """)

    package static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let pairs = try options.count("pairs", in: 6...400) ?? Limit.pairs
        guard pairs.isMultiple(of: 2) else {
            throw Complaint("--pairs \(pairs) is odd", remedy: "give an even number")
        }
        let request = GateRequest(
            run: try RunOptions.gateRequest(options, defaultMatrix: GateCommand.defaultMatrix))
        let (cells, settings, servers) = try request.plan()
        let programs = try Programs.find(in: options.text("bin"))
        let results = options.text("results") ?? RunOptions.defaultResults
        let time = UTCTime(Nanoseconds(raw: WallClock.nanoseconds)).compact
        let directory = try RunDirectory.create("\(time)-calibration", in: results)
        var runner = GateRunner(
            cells: cells, procedure: procedure(cells, pairs: pairs, seed: request.run.seed),
            settings: settings,
            base: try ProcessExecutor(
                programs: programs, servers: servers[0], cpus: request.run.cpus),
            candidate: try ProcessExecutor(
                programs: programs, servers: servers[0], cpus: request.run.cpus),
            interruption: try GateSession.interruption(request.run.cpus))
        defer {
            runner.base.removeScratch()
            runner.candidate.removeScratch()
        }
        if !options.has("quiet") {
            let errors = console.errors
            runner.note = { errors(GateSession.line($0, $1, $2)) }
        }
        var journal = try Journal(directory.journalPath)
        let began = MonotonicClock.now
        guard try runner.run(into: &journal) == .complete else { return .interrupted }
        let elapsed = MonotonicClock.now.since(began)
        if let verdict = runner.procedure.verdict,
            verdict.name == .invalid || verdict.name == .wrong
        {
            throw Complaint(
                "the machine can't be calibrated: \(verdict.reasons.joined(separator: "; "))",
                remedy: "stop what else runs, or lower the rates of the matrix",
                status: verdict.name.status(strict: false))
        }
        let calibration = Calibration(
            hardwareID: Fingerprint(.system).hardwareID,
            noises: runner.procedure.sigma.sorted { $0.key < $1.key }.map { name, sigma in
                .init(metric: name, sigma: sigma, pairs: cells.count * pairs)
            },
            pairTime: elapsed / Int64(max(1, journal.records.count / 2)))
        try RunDirectory(path: results).write(Calibration.file, calibration.json.pretty)
        try directory.writeTables(
            run: RunIdentity.current(runID: directory.name), records: journal.records)
        if options.has("json") {
            console.output(calibration.json.pretty)
        } else {
            for line in calibration.forecast(request.policy, cells: cells.count) {
                console.output(line + "\n")
            }
        }
        console.errors("kept in \(results)/\(Calibration.file)\n")
        return .success
    }

    /// A gate that screens at length and suspects nobody.
    private static func procedure(_ cells: [Cell], pairs: Int, seed: Int64) -> GateProcedure {
        var policy = GatePolicy()
        policy.screenPairs = pairs
        policy.controlPairs = 0
        policy.suspectsMax = 0
        return GateProcedure(
            cells: cells.map { GateRunner<ProcessExecutor>.gated($0) }, policy: policy,
            design: GateDesign(policy, subjects: cells.count), seed: UInt64(seed))
    }
}
