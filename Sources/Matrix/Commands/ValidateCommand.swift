import Basis
import Platform
import Report

/// Measures textbook effects and compares them with what is published.
enum ValidateCommand: Command {
    private enum Limit {
        /// For launches in the place of disturbed ones; the launches themselves take five minutes.
        static let spare = Nanoseconds.seconds(300)
    }

    static let name = "validate"
    static let parser = OptionParser(
        program: "switchyard validate",
        summary: "show textbook effects: published, predicted, measured",
        options: [
            OptionSpec(
                "filter", short: "f", value: "NAME", help: "only rows with this in their name"),
            OptionSpec("list", help: "list the rows, measure nothing"),
            OptionSpec("json", value: "FILE|-", help: "write the outcome as one JSON object"),
            OptionSpec("out", value: "DIR", help: "for the files (results/validate-TIME)"),
            RunOptions.bin, RunOptions.results, RunOptions.plots,
        ],
        epilogue: """
            A row that this machine can't show has the verdict lacks, and says what it lacks. A
            launch that other work or the hypervisor disturbed is made again, at most twice.
            Writes effects.csv, effect_points.csv and a figure for each effect.
            Exit status: 0 every row that could be shown holds; 1 one does not.
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        try run(options, of: Effects.all, on: console)
    }

    static func run(
        _ options: ParsedOptions, of effects: [any Effect.Type], on console: Console
    ) throws(Complaint) -> ExitStatus {
        if let operand = options.operands.first {
            throw Complaint(
                "validate takes no operand '\(operand)'",
                remedy: "name rows with --filter, or leave it out")
        }
        let entries = try Effects.entries(matching: options.text("filter"), of: effects)
        if options.has("list") {
            list(entries, on: console)
            return .success
        }
        let programs = try Programs.find(in: options.text("bin"))
        let cpus = CPUSplit(halving: CPUSet.available.cpus)
        let interruption = try StopRequest.offServerCPUs(cpus)
        var executor = try ProcessExecutor(programs: programs, servers: [], cpus: cpus)
        defer { executor.removeScratch() }
        // Made before much time is spent, in case it can't be.
        let now = UTCTime(Nanoseconds(raw: WallClock.nanoseconds))
        let folder = try OutputFolder(
            options.text("out") ?? "\(RunOptions.results(options))/validate-\(now.compact)")
        var made = 0
        func launch(_ cell: Cell, _ settings: Settings) throws(LaunchFailure) -> LaunchRecord {
            let slot = Slot(index: made, block: 0, cell: cell, seed: 1)
            made += 1
            guard
                let record = executor.launch(
                    slot, settings: settings, interruption: interruption)
            else { throw .stopped }
            if let failure = record.failure {
                throw LaunchFailure(failure, isUnavailable: record.isUnavailable)
            }
            return record
        }
        var prohibition: String??
        let launches = QuietLaunches(spare: Limit.spare, launch)
        let bench = EffectBench(launches: launches, cpus: cpus) {
            if let known = prohibition { return known }
            var found: String?
            do throws(LinkProhibition) {
                _ = try RunningLink.trial()
            } catch {
                found = "a link: \(error.problem)"
            }
            prohibition = .some(found)
            return found
        }
        var outcomes: [EffectOutcome] = []
        var isInterrupted = false
        for entry in entries where !isInterrupted {
            console.errors("\(entry.name): \(entry.row.setting)\n")
            do throws(LaunchFailure) {
                outcomes.append(try EffectOutcome(entry.row, of: entry.effect, on: bench))
            } catch {
                isInterrupted = true
            }
            isInterrupted = isInterrupted || interruption.check() != .none
        }
        try folder.write(outcomes, .current, plots: options.text("plots"), on: console)
        let status = isInterrupted ? .interrupted : try conclude(outcomes, options, on: console)
        console.errors("files in \(folder.path)\n")
        return status
    }

    static func conclude(
        _ outcomes: [EffectOutcome], _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let holds = !outcomes.contains { $0.verdict == .fails }
        let file = options.text("json")
        if let file {
            let object: JSONValue = [
                "schema": "switchyard.validate/1", "holds": .bool(holds),
                "rows": .array(outcomes.map(\.json)),
            ]
            try console.write(object.pretty, to: file)
        }
        if file != "-" { console.output(table(outcomes, on: console)) }
        return holds ? .success : .failure
    }

    private static func table(_ outcomes: [EffectOutcome], on console: Console) -> String {
        var table = TextTable([
            .init("effect", .left), .init("setting", .left), .init("published", .left),
            .init("predicted", .left), .init("measured", .left), .init("verdict", .left),
        ])
        for outcome in outcomes {
            let tone: TextTable.Tone =
                switch outcome.verdict {
                case .holds: .good
                case .fails: .bad
                case .lacks: .doubtful
                }
            table.append([
                .init(outcome.name), .init(outcome.setting), .init(outcome.published),
                .init(outcome.predicted.text), .init(outcome.text),
                .init(outcome.verdict.rawValue, tone),
            ])
        }
        return table.text(width: nil, colours: console.allowsColours)
    }

    private static func list(_ entries: [Effects.Entry], on console: Console) {
        var table = TextTable([
            .init("effect", .left), .init("setting", .left), .init("published", .left),
            .init("predicted", .left), .init("source", .left),
        ])
        for entry in entries {
            table.append([
                .init(entry.name), .init(entry.row.setting), .init(entry.row.published),
                .init(entry.row.predicted.text), .init(entry.effect.source),
            ])
        }
        console.output(table.text(width: nil, colours: console.allowsColours))
    }
}
