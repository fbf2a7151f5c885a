import Basis
import Foundation
import Platform
import Report

/// The part that `run` and `resume` share: launches until the plan is done or the user stops it,
/// and then tables, figures and a summary.
struct RunSession {
    let directory: RunDirectory
    var manifest: Manifest
    let plan: Plan
    let servers: [ServerDescription]
    let programs: Programs
    let options: ParsedOptions
    let console: Console

    mutating func run() throws(Complaint) -> ExitStatus {
        let available = CPUSet.available
        let interruption = try StopRequest.offServerCPUs(manifest.request.cpus)
        var journal = try Journal<LaunchRecord>(directory.journalPath)
        manifest.status = .running
        try directory.write("manifest.json", manifest.json.pretty)
        try directory.becomeLatest()
        let executor = try ProcessExecutor(
            programs: programs, servers: servers, cpus: manifest.request.cpus,
            available: available)
        defer { executor.removeScratch() }
        var progress = Progress(
            style, plan: plan, done: Self.planned(journal.records), write: console.errors)
        if journal.lostTornLine { progress.note("the last line of the journal was torn; dropped") }
        let errors = console.errors
        interruption.onFirst = {
            errors("\nfinishing the launch under way; Ctrl-C again stops it now\n")
        }
        var runner = Runner(
            plan: plan, executor: executor, interruption: interruption, progress: progress,
            now: { MonotonicClock.now })
        let ending = try runner.run(into: &journal)
        manifest.status = ending == .complete ? .complete : .interrupted
        manifest.finished = Nanoseconds(raw: WallClock.nanoseconds)
        try directory.writeTables(run: manifest.run, records: journal.records)
        try directory.write("manifest.json", manifest.json.pretty)
        return try conclude(ending, journal.records)
    }

    /// Launches that the plan asked for.
    private static func planned(_ records: [LaunchRecord]) -> Int {
        records.count { $0.replaces == nil }
    }

    private var style: Progress.Style {
        if options.has("quiet") { return .silent }
        return console.errorsIsTerminal ? .live : .lines
    }

    private func conclude(
        _ ending: Runner<ProcessExecutor>.Ending, _ records: [LaunchRecord]
    ) throws(Complaint) -> ExitStatus {
        let summaries = CellSummary.all(records)
        if ending == .complete, !options.has("no-plots") { try draw(records) }
        if options.has("json") {
            console.output(
                JSONValue.object([
                    .init("schema", "switchyard.summary/1"),
                    .init("run_id", .string(manifest.run.runID)),
                    .init("path", .string(directory.path)),
                    .init("status", .string(manifest.status.rawValue)),
                    .init("cells", .array(summaries.map(\.json))),
                    .init("findings", .array(findings(summaries, records).map { .string($0) })),
                ]).pretty)
        } else if !summaries.isEmpty {
            for sentence in findings(summaries, records) { console.output(sentence + "\n") }
            console.output("\n")
            console.output(
                SummaryTable.text(summaries, width: console.width, colours: console.allowsColours))
        }
        for server in OutsideServers(servers, of: plan.cells).unmeasured {
            console.errors(
                "what server \(server.name) used was not measured: "
                    + (manifest.request.quick == nil
                        ? "give `measure`" : "add --measure local, or 'ssh HOST' where it runs,")
                    + " to know its CPU time a request\n")
        }
        let again = records.count - Self.planned(records)
        if again > 0 {
            let what = again == 1 ? "1 launch was" : "\(again) launches were"
            console.errors("\(what) made in the place of what other work had spoilt\n")
        }
        console.errors("results in \(directory.path)\n")
        if ending == .complete {
            try ReportCommand.write(
                directory, to: "\(directory.path)/report.html",
                on: Console(output: { _ in }, errors: console.errors))
            console.errors("report in \(directory.path)/report.html\n")
        }
        if ending == .interrupted {
            let done = Self.planned(records)
            console.errors(
                "\(done) of \(plan.slots.count) launches done; go on with: switchyard resume "
                    + "\(directory.path)\n")
            return .interrupted
        }
        return judge(summaries, records)
    }

    /// What the run says in short.
    private func findings(_ summaries: [CellSummary], _ records: [LaunchRecord]) -> [String] {
        Findings(run: manifest.run, cells: summaries, launches: records).sentences
    }

    /// Says which cells have no figures. What this machine can't run was skipped, and is no fault
    /// of the others'.
    private func judge(_ summaries: [CellSummary], _ records: [LaunchRecord]) -> ExitStatus {
        func tell(_ cells: [CellSummary], _ what: String) {
            guard let first = cells.first else { return }
            let reason = records.first { $0.cell == first.cell }?.invalidReason ?? ""
            console.errors(
                "\(cells.count) of \(summaries.count) cells \(what), such as"
                    + " \(first.cell.id): \(reason)\n")
        }
        let skipped = summaries.filter(\.isUnavailable)
        let failed = summaries.filter { $0.validLaunches == 0 && !$0.isUnavailable }
        tell(skipped, "were skipped")
        tell(failed, "have no valid launch")
        if !failed.isEmpty { return .invalidRun }
        return !skipped.isEmpty && skipped.count == summaries.count ? .unavailable : .success
    }

    private func draw(_ records: [LaunchRecord]) throws(Complaint) {
        let plots = options.text("plots")
        guard let plotter = Plotter.ready(plots, or: { console.errors("note: \($0)\n") }) else {
            return
        }
        _ = try PlotCommand.draw(
            plotter, directory, manifest, records: records, format: .svg,
            on: options.has("quiet") || options.has("json")
                ? Console(output: { _ in }, errors: console.errors) : console)
    }
}
