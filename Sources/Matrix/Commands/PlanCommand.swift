import Basis
import Report

/// Shows what a run would do.
enum PlanCommand: Command {
    static let name = "plan"
    static let parser = OptionParser(
        program: "switchyard plan", operands: "[MATRIX]",
        summary: "show the launches of a run, their order and their time",
        options: RunOptions.plan + [RunOptions.bin],
        epilogue: """
            \(RunOptions.aboutMatrix)
            What 'run' would refuse is refused here too.
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let request = try RunOptions.request(options)
        let planned = try request.plan(reading: RunOptions.read)
        try Abilities.check(planned.plan.cells, bin: options.text("bin"))
        show(planned.plan, servers: planned.servers, request: request, options, on: console)
        return .success
    }

    /// Also `run --dry-run`.
    static func show(
        _ plan: Plan, servers: [ServerDescription], request: RunRequest, _ options: ParsedOptions,
        on console: Console
    ) {
        let time = TimeEstimate(plan.settings).remaining(plan.slots)
        defer {
            if let warning = request.cpus.warning { console.errors("note: \(warning)\n") }
        }
        if options.has("json") {
            let value = JSONValue.object(
                [
                    .init("schema", "switchyard.plan/1"), .init("request", request.json),
                    .init("plan_hash", .string(plan.hash(servers: servers))),
                    .init("expected_s", .seconds(time)),
                ] + Manifest.describe(plan))
            console.output(value.pretty)
            return
        }
        var table = TextTable([
            .init("slot"), .init("block"), .init("cell", .left), .init("at"),
        ])
        let estimate = TimeEstimate(plan.settings)
        var at = Nanoseconds.zero
        for slot in plan.slots {
            defer { at = at + estimate.remaining(CollectionOfOne(slot)) }
            table.append([
                "\(slot.index)", "\(slot.block)", .init(slot.cell.id), .init(clock(at)),
            ])
        }
        console.output(table.text(width: console.width, colours: console.allowsColours))
        console.errors(summary(plan, request: request, time: time))
    }

    /// One line: how many cells and launches, how long, under which seed.
    static func summary(_ plan: Plan, request: RunRequest, time: Nanoseconds) -> String {
        // A server that runs already has the CPUs that it has.
        let isOutside = plan.cells.allSatisfy(\.isOutside)
        return "\(launches(plan)), about \(clock(time))\(spare(plan)); "
            + (isOutside ? "" : "server on CPU \(list(request.cpus.server)), ")
            + "generator on CPU \(list(request.cpus.load)); seed \(plan.seed)\n"
    }

    /// Launches that search are told of apart, where they have times of their own.
    private static func launches(_ plan: Plan) -> String {
        let settings = plan.settings
        if settings.search == SearchTimes() { return launches("launches", plan.cells, settings) }
        let parts = [
            ("launches", plan.cells.filter { $0.arrival.question == nil }, settings),
            (
                "searches in steps", plan.cells.filter { $0.arrival.question != nil },
                settings.ofSearches
            ),
        ]
        return parts.filter { !$0.1.isEmpty }.map(launches).joined(separator: " and ")
    }

    private static func launches(
        _ noun: String, _ cells: [Cell], _ settings: Settings
    ) -> String {
        "\(cells.count) cells x \(settings.repeats) = \(cells.count * settings.repeats) \(noun) of "
            + "\(settings.warmup.display) + \(settings.duration.display)"
    }

    private static func spare(_ plan: Plan) -> String {
        let spare = plan.settings.spare
        return spare > .zero ? " and up to \(clock(spare)) for launches that are spoilt" : ""
    }

    private static func list(_ cpus: [Int]) -> String {
        cpus.map { "\($0)" }.joined(separator: ",")
    }
}
