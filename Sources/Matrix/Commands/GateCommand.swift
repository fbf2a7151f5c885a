package import Basis
import Compare
import Foundation
import Platform
import Report

/// Fails a change that made the server slower.
package enum GateCommand: Command {
    package static let name = "gate"
    static let defaultMatrix = "Benchmarks/gate.json5"

    package static let parser = OptionParser(
        program: "switchyard gate", operands: "[MATRIX]",
        summary: "measure a change against its base, side by side, and judge it",
        options: RunOptions.matrix + [
            OptionSpec("base", value: "REF", help: "the commit to compare with"),
            OptionSpec("base-bin", value: "DIR", help: "a server built already, for the base"),
            OptionSpec("bin", value: "DIR", help: "the same for the candidate"),
            OptionSpec(
                "server-command", value: "COMMAND", repeatable: true,
                help: "given twice: your own server before and after the change"),
            OptionSpec("waivers", value: "FILE", help: "regressions to live with, with an expiry"),
            OptionSpec("force", help: "measure although calibration says that too little is seen"),
            OptionSpec("strict", help: "INCONCLUSIVE fails too (exit status 11)"),
            OptionSpec("seed", value: "N", help: "of the order and the arrivals (drawn and shown)"),
            OptionSpec("warmup", value: "TIME", help: "load before the measured phase"),
            OptionSpec("duration", value: "TIME", help: "the measured phase"),
            OptionSpec("server-cpus", value: "LIST", help: "CPUs of the server (the upper half)"),
            OptionSpec("load-cpus", value: "LIST", help: "CPUs of the generator (the lower half)"),
            OptionSpec("resume", value: "DIR", help: "go on with an interrupted gate"),
            RunOptions.results, RunOptions.plots,
            OptionSpec("quiet", short: "q", help: "no progress"),
        ],
        epilogue: """
            MATRIX defaults to \(defaultMatrix). A command of your own may hold {port} and {cpus}.
            Exit status: 0 pass, 10 regression, 11 inconclusive under --strict, 12 invalid run,
            14 no base, 15 wrong answers, 64 bad input, 130 interrupted. The verdict is also the
            last line printed and in verdict.json.
            """)

    package static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        if let folder = options.text("resume") { return try resume(folder, options, on: console) }
        let commands = options.all("server-command")
        guard commands.isEmpty || commands.count == 2 else {
            throw Complaint(
                "--server-command is given \(commands.count) times",
                remedy: "give it twice: the base's command, then the candidate's")
        }
        var request = GateRequest(
            run: try RunOptions.gateRequest(options, defaultMatrix: defaultMatrix))
        request.commands = commands
        request.isStrict = options.has("strict")
        request.waivers = options.text("waivers")
        _ = try waivers(request)
        let (cells, _, _) = try request.plan()
        try request.policy.check(cells: cells.count, metrics: 1)
        let results = options.text("results") ?? RunOptions.defaultResults
        if !options.has("force"), let known = try Calibration.ofThisMachine(in: results) {
            let gated = cells.map { GateRunner<ProcessExecutor>.gated($0) }
            try known.check(request.policy, gated)
        }

        let time = UTCTime(Nanoseconds(raw: WallClock.nanoseconds)).compact
        let directory = try RunDirectory.create(
            "\(time)-gate", in: results)
        var programs: [Programs] = []
        let load = try Programs.find(in: nil)
        if commands.isEmpty {
            (request.base, request.candidate, programs) = try sides(
                options, load: load.load, directory, on: console)
        } else {
            (request.base, request.candidate) = (commands[0], commands[1])
            programs = [load, load]
        }
        try directory.write(GateRequest.file, request.json.pretty)
        let session = GateSession(
            directory: directory, request: request, programs: programs,
            repro: request.repro(base: options.text("base")), options: options, console: console)
        return try session.run()
    }

    private static func resume(
        _ folder: String, _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let directory = RunDirectory(path: folder)
        let file = "\(folder)/\(GateRequest.file)"
        let request = try GateRequest(parsing: try RunOptions.read(file), file: file)
        let load = try Programs.find(in: nil)
        let programs =
            request.commands.isEmpty
            ? ["base", "candidate"].map {
                Programs(server: "\(folder)/bin/\($0)/switchyard-server", load: load.load)
            } : [load, load]
        let session = GateSession(
            directory: directory, request: request, programs: programs,
            repro: request.repro(base: nil), options: options, console: console)
        return try session.run()
    }

    /// Both servers, built or found, copied into the folder of the gate.
    private static func sides(
        _ options: ParsedOptions, load: String, _ directory: RunDirectory, on console: Console
    ) throws(Complaint) -> (base: String, candidate: String, programs: [Programs]) {
        let folders = ["base", "candidate"].map { "\(directory.path)/bin/\($0)" }
        let base: GateBuild.Built
        if let given = options.text("base-bin") {
            base = try GateBuild.given(given, load: load, into: folders[0])
        } else if let ref = options.text("base") {
            base = try GateBuild.base(
                try GateBuild.commit(ref), load: load, into: folders[0], on: console)
        } else {
            throw Complaint(
                "there is no base to compare with",
                remedy: "name a commit with --base, such as origin/main", status: .noBaseline)
        }
        let candidate =
            if let given = options.text("bin") {
                try GateBuild.given(given, load: load, into: folders[1])
            } else {
                try GateBuild.candidate(load: load, into: folders[1], on: console)
            }
        return (base.name, candidate.name, [base.programs, candidate.programs])
    }

    /// The waivers of the request; refused when one has expired.
    static func waivers(_ request: GateRequest) throws(Complaint) -> [Waiver] {
        guard let file = request.waivers else { return [] }
        let today = UTCTime(Nanoseconds(raw: WallClock.nanoseconds)).iso8601.prefix(10)
        return try Waiver.parse(
            try RunOptions.read(file), file: file, today: String(today))
    }
}
