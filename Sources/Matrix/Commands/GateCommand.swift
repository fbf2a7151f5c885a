import Basis
import Compare
import Foundation
import Platform
import Report

/// Fails a change that made the server slower.
enum GateCommand: Command {
    static let name = "gate"
    static let parser = OptionParser(
        program: "switchyard gate", operands: "[MATRIX]",
        summary: "measure a change against its base, side by side, and judge it",
        options: RunOptions.matrix + [
            OptionSpec("base", value: "REF", help: "the commit to compare with"),
            OptionSpec("base-bin", value: "DIR", help: "a server built already, for the base"),
            OptionSpec("bin", value: "DIR", help: "the same for the candidate"),
            OptionSpec(
                "server-command", value: "COMMAND", repeatable: true,
                help: "given twice: your own server before and after the change"),
            OptionSpec(
                "baseline", value: "FILE",
                help: "counters to hold to, or none (\(ExactCheck.defaultFile))"),
            OptionSpec(
                "write-baseline", value: "FILE", help: "count, write the baseline and stop"),
            OptionSpec("counters-only", help: "hold the counters to the baseline and stop"),
            OptionSpec("waivers", value: "FILE", help: "regressions to live with, with an expiry"),
            OptionSpec(
                "pairing", value: "HOW",
                help: "slice or launch (slice, where the cells can be measured so)"),
            OptionSpec("force", help: "measure although calibration says that too little is seen"),
            OptionSpec("strict", help: "INCONCLUSIVE fails too (exit status 11)"),
            RunOptions.seed,
        ] + RunOptions.launch + [
            OptionSpec("resume", value: "DIR", help: "go on with an interrupted gate"),
            RunOptions.results, RunOptions.plots, RunOptions.json, RunOptions.quiet,
        ],
        epilogue: """
            MATRIX defaults to \(GateMatrix.file), or where there is none to the same, built in;
            its 'pairs' say how much is measured. A command of your own holds {port}, and may hold
            {threads}, {cpus} and {dir}; quotes and backslashes mean what they mean to a shell, and
            nothing else does.
            Exit status: 0 pass, 10 regression, 11 inconclusive under --strict, 12 invalid run, 14
            no base or none that runs, 15 wrong answers, 64 bad input, 130 interrupted. The verdict
            is also the last line printed and in verdict.json. With --resume only --strict,
            --results, --force, --quiet, --plots and --json may be given.
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        try GateContradiction.check(options)
        if let folder = options.text("resume") { return try resume(folder, options, on: console) }
        let commands = options.all("server-command")
        guard commands.isEmpty || commands.count == 2 else {
            throw Complaint(
                "--server-command is given \(commands.count) times",
                remedy: "give it twice: the base's command, then the candidate's")
        }
        var request = GateRequest(
            run: try RunOptions.request(options, matrix: GateMatrix.standard, isRun: false))
        request.commands = commands
        request.isStrict = options.has("strict")
        request.isForced = options.has("force")
        request.waivers = options.text("waivers")
        request.sides = ["base", "base-bin", "bin"].flatMap { name in
            options.text(name).map { ["--\(name)", $0] } ?? []
        }
        if commands.isEmpty { request.baseline = ExactCheck.file(options.text("baseline")) }
        let (cells, _, _) = try request.plan()
        for command in commands { try OwnCommand.checkProgram(command) }
        request.pairing = try pairing(options, cells)
        if options.has("write-baseline") || options.has("counters-only") {
            return try GateCounting(request: request, cells: cells, options: options)
                .run(on: console)
        }
        _ = try waivers(request)
        if let file = request.baseline { _ = try ExactCheck.read(file) }
        let policy = try request.policy()
        try policy.check(cells: cells.count, metrics: 1)
        let results = RunOptions.results(options)
        if !options.has("force"), let known = try Calibration.ofThisMachine(in: results) {
            let gated = cells.map { GateRunner<ProcessExecutor>.gated($0) }
            try known.met(by: request.pairing).check(policy, gated)
        }
        return try begin(&request, options, on: console)
    }

    /// How the pairs of `cells` are measured. Slices scatter less, so a gate that is told nothing
    /// takes them where it can.
    static func pairing(_ options: ParsedOptions, _ cells: [Cell]) throws(Complaint) -> Pairing {
        if let cell = cells.first(where: { $0.arrival.question != nil }) {
            throw Complaint(
                "\(cell.id) searches its rate, and a gate compares launches at one",
                remedy: "leave it out with --filter 'rate!~find'")
        }
        let wish = try options.choice("pairing", of: Pairing.self)
        guard let obstacle = obstacle(toSlicesOf: cells) else { return wish ?? .slice }
        if wish == .slice { throw obstacle }
        return .launch
    }

    /// Why `cells` can't be measured by slices: none can, or one can't beside others that can,
    /// whose scatter differs.
    private static func obstacle(toSlicesOf cells: [Cell]) -> Complaint? {
        if let cell = cells.first(where: { $0.arrival.rate != nil && !SliceExecutor.takes($0) }) {
            return Complaint(
                "\(cell.id) has more connections than slices are for",
                remedy: "leave it out with --filter, or use --pairing launch")
        }
        if cells.contains(where: { SliceExecutor.takes($0) }) { return nil }
        return Complaint(
            "no cell has a fixed rate, which slices need", remedy: "use --pairing launch")
    }

    /// Prepares both sides in a folder of their own and runs the gate.
    private static func begin(
        _ request: inout GateRequest, _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let commands = request.commands
        let commit = commands.isEmpty ? try baseCommit(options) : ""
        if let index = request.sides.firstIndex(of: "--base") { request.sides[index + 1] = commit }
        let load = try Programs.find(in: nil)
        let time = UTCTime(Nanoseconds(raw: WallClock.nanoseconds)).compact
        let directory = try RunDirectory.create(
            "\(time)-gate", in: RunOptions.results(options))
        var programs = [load, load]
        do throws(Complaint) {
            if commands.isEmpty {
                (request.base, request.candidate, programs) = try sides(
                    options, commit: commit, load: load.load, directory, on: console)
            } else {
                (request.base, request.candidate) = (commands[0], commands[1])
            }
            let seal = try GateSeal(request, programs: programs)
            try directory.write(GateRequest.file, request.sealed(seal).pretty)
        } catch {
            // Nothing was measured that would be worth keeping.
            try? FileManager.default.removeItem(atPath: directory.path)
            throw error
        }
        return try GateSession(
            directory: directory, request: request, programs: programs, options: options,
            console: console
        ).run()
    }

    private static func resume(
        _ folder: String, _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let directory = RunDirectory(path: URL(fileURLWithPath: folder).standardizedFileURL.path)
        let file = "\(directory.path)/\(GateRequest.file)"
        guard FileManager.default.fileExists(atPath: file) else {
            throw Complaint(
                "there is no gate in \(folder)", remedy: "give the folder that the gate named")
        }
        let text = try RunOptions.read(file)
        let request = try GateRequest(parsing: text, file: file)
        let load = try Programs.find(in: nil)
        let programs =
            request.commands.isEmpty
            ? ["base", "candidate"].map {
                Programs(server: "\(directory.path)/bin/\($0)/switchyard-server", load: load.load)
            } : [load, load]
        try GateSeal(request, programs: programs).check(text, file: file)
        return try GateSession(
            directory: directory, request: request.resumed(with: options), programs: programs,
            options: options, console: console
        ).run()
    }

    /// The commit of `--base`, empty beside `--base-bin`. Refuses what can't be a side before
    /// anything is made or built.
    private static func baseCommit(_ options: ParsedOptions) throws(Complaint) -> String {
        for name in ["base-bin", "bin"] {
            if let folder = options.text(name) { _ = try GateBuild.server(in: folder) }
        }
        if options.has("base-bin") { return "" }
        guard let ref = options.text("base") else {
            throw Complaint(
                "there is no base to compare with",
                remedy: "name a commit with --base, such as origin/main", status: .noBaseline)
        }
        let tree = try BaseTree(of: ".")
        let commit = try tree.commit(ref)
        if !options.has("bin") { try tree.checkDiffers(commit) }
        return commit
    }

    /// Both servers, built or found, copied into the folder of the gate.
    private static func sides(
        _ options: ParsedOptions, commit: String, load: String, _ directory: RunDirectory,
        on console: Console
    ) throws(Complaint) -> (base: String, candidate: String, programs: [Programs]) {
        let folders = ["base", "candidate"].map { "\(directory.path)/bin/\($0)" }
        let base: GateBuild.Built
        if let given = options.text("base-bin") {
            base = try GateBuild.given(given, load: load, into: folders[0])
        } else {
            base = try GateBuild.base(commit, load: load, into: folders[0], on: console)
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
            try RunOptions.read(file, or: "name a file of waivers, or leave --waivers out"),
            file: file, today: String(today))
    }
}
