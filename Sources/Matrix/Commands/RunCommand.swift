import Basis
import Foundation
import Platform
import Report

/// Measures a matrix.
enum RunCommand: Command {
    static let name = "run"
    static let parser = OptionParser(
        program: "switchyard run", operands: "[MATRIX]",
        summary: "measure the cells of a matrix file and draw the results",
        options: RunOptions.plan + RunOptions.execution + [
            OptionSpec("dry-run", help: "only show the plan, like 'switchyard plan'")
        ],
        epilogue: """
            \(RunOptions.aboutMatrix)
            --url takes a first look at a server that runs already, in under half a minute.
            Ctrl-C finishes the launch under way and prints the command that goes on; a second
            Ctrl-C, SIGTERM and the end of the terminal (SIGHUP, unless nohup has it ignored) stop
            at once. Exit status: 0 done, 12 a cell has no valid launch, 64 bad input, 130
            interrupted.
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let request = try RunOptions.request(options)
        let (plan, servers) = try request.plan(reading: RunOptions.read)
        if options.has("dry-run") {
            try Abilities.check(plan.cells, bin: options.text("bin"))
            PlanCommand.show(plan, servers: servers, request: request, options, on: console)
            return .success
        }
        let programs = try Programs.find(in: options.text("bin"))
        try Abilities.check(plan.cells, programs)
        let machines = try OutsideServers(servers, of: plan.cells).checkReach()
        let warnings = warnings(plan, request)
        for warning in warnings { console.errors("note: \(warning)\n") }
        let started = Nanoseconds(raw: WallClock.nanoseconds)
        var identity = RunIdentity.current(runID: "")
        if identity.isDirty == true { console.errors("note: \(Warning.uncommittedChanges)\n") }
        let commit = identity.commit.map { String($0.prefix(12)) } ?? "nocommit"
        // Gathered before there is a folder, which without its manifest could not be resumed.
        let context = context(plan, servers, machines, warnings)
        let fingerprint = programs.fingerprint
        let directory = try RunDirectory.create(
            "\(UTCTime(started).compact)-\(commit)-\(request.profile)",
            in: RunOptions.results(options))
        identity.runID = directory.name
        let time = TimeEstimate(plan.settings).remaining(plan.slots)
        if !options.has("quiet") {
            console.errors(PlanCommand.summary(plan, request: request, time: time))
        }
        let manifest = Manifest(
            run: identity, request: request, planHash: plan.hash(servers: servers),
            programs: fingerprint, started: started, context: context)
        try directory.write("manifest.json", manifest.json.pretty)
        var session = RunSession(
            directory: directory, manifest: manifest, plan: plan, servers: servers,
            programs: programs, options: options, console: console)
        return try session.run()
    }

    private static func warnings(_ plan: Plan, _ request: RunRequest) -> [Warning] {
        var warnings: [Warning] = []
        if let warning = request.cpus.warning { warnings.append(warning) }
        if plan.settings.repeats < CellSummary.launchesForInterval {
            warnings.append(
                .noIntervals(
                    launches: plan.settings.repeats, needed: CellSummary.launchesForInterval))
        }
        let source = FactSource.system
        if let share = MachineReading.busyShare, share > MachineReading.busyShareLimit {
            warnings.append(.busyMachine(share: share))
        }
        let governor = source.line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
        if let governor, governor != "performance" {
            warnings.append(.frequencyScaling(governor: governor))
        }
        return warnings
    }

    private static func context(
        _ plan: Plan, _ servers: [ServerDescription], _ machines: [JSONValue.Member],
        _ warnings: [Warning]
    ) -> [JSONValue.Member] {
        [
            .init("tool", ["name": "switchyard", "version": .string(switchyardVersion)])
        ] + Surroundings.current.members + [
            .init("fingerprint", Fingerprint(.system).json),
            .init("warnings", .array(warnings.map(\.json))),
            .init("servers", .array(servers.map(\.json))),
        ] + (machines.isEmpty ? [] : [.init("server_machines", .object(machines))])
            + Manifest.describe(plan)
    }
}
