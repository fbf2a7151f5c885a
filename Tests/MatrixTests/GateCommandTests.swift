import Basis
import Compare
import Foundation
import Platform
import Report
import Testing

@testable import Matrix

@Suite("the command gate")
struct GateCommandTests {
    private func run(_ arguments: [String]) -> (
        status: Basis.ExitStatus, output: String, errors: String
    ) {
        var (output, errors) = ("", "")
        let status = Switchyard.main(
            ["gate"] + arguments,
            on: Console(output: { output += $0 }, errors: { errors += $0 }))
        return (status, output, errors)
    }

    private static let matrix = "{axes: {pattern: ['single'], rate: ['1k']}}"

    @Test(
        "what can't be gated is one line, and leaves no folder behind",
        arguments: [
            (
                ["--base", "no-such-commit"], Basis.ExitStatus.noBaseline,
                "there is no commit 'no-such-commit' to compare with; fetch it (in CI:"
                    + " fetch-depth: 0) or name another with --base"
            ),
            (
                [], .noBaseline,
                "there is no base to compare with; name a commit with --base, such as origin/main"
            ),
            (
                ["--base-bin", "/nonexistent"], .noBaseline,
                "there is no program switchyard-server in /nonexistent; name the folder that swift"
                    + " build puts its programs into"
            ),
            (
                ["--server-command", "a"], .usage,
                "--server-command is given 1 times; give it twice: the base's command, then the"
                    + " candidate's"
            ),
            (
                ["--server-command", "a 'b", "--server-command", "a"], .usage,
                "--server-command 'a 'b' has a ' without its end; close it, or write \\' for the"
                    + " character itself"
            ),
            (
                ["--server-command", "  ", "--server-command", "a"], .usage,
                "--server-command '  ' is no command; give a program with its arguments"
            ),
            (
                ["--server-command", "true", "--server-command", "true {port}"], .usage,
                "--server-command 'true' has no {port}; put {port} where the server is told its"
                    + " port: each launch has another"
            ),
            (
                ["--server-command", "true {prot}", "--server-command", "true {port}"], .usage,
                "--server-command 'true {prot}' asks for the unknown {prot}; did you mean {port}?"
                    + " choose from {port}, {host}, {threads}, {cpus}, {dir}"
            ),
            (
                ["--server-command", "true {port}", "--server-command", "/no/server {port}"],
                .usage,
                "--server-command '/no/server {port}': there is no program /no/server here; build"
                    + " it before the gate begins, or name it by its path"
            ),
            (
                ["--server-command", "no-such-server {port}", "--server-command", "true {port}"],
                .usage,
                "--server-command 'no-such-server {port}': there is no program no-such-server in"
                    + " PATH; build it before the gate begins, or name it by its path"
            ),
            (
                ["--baseline", "/nonexistent.json"], .noBaseline,
                "can't read the baseline /nonexistent.json: No such file or directory; write one"
                    + " with 'switchyard gate --write-baseline /nonexistent.json'"
            ),
        ])
    func complaints(arguments: [String], status: Basis.ExitStatus, message: String) throws {
        let scratch = try Scratch()
        let matrix = try scratch.write("m.json5", Self.matrix)
        let results = "\(scratch.path)/results"
        var words = arguments + [matrix, "--results", results]
        if !arguments.contains(where: { ["--baseline", "--server-command"].contains($0) }) {
            words += ["--baseline", "none"]
        }
        let ended = run(words)
        #expect(ended.status == status)
        #expect(ended.errors == "switchyard: \(message)\n")
        #expect(ended.output.isEmpty)
        let left = (try? FileManager.default.contentsOfDirectory(atPath: results)) ?? []
        #expect(left.isEmpty)
    }

    @Test(
        "options of which one would be ignored are refused",
        arguments: [
            (["--server-command", "a {port}", "--base", "b"], "--server-command and --base"),
            (
                ["--server-command", "a {port}", "--baseline", "b"],
                "--server-command and --baseline"
            ),
            (["--server-command", "a {port}", "--bin", "b"], "--server-command and --bin"),
            (["--server-command", "a", "--counters-only"], "--server-command and --counters-only"),
            (["--base", "a", "--base-bin", "b"], "--base and --base-bin"),
            (["--base", "a", "--counters-only"], "--base and --counters-only"),
            (["--resume", "a", "--base", "b"], "--base can't be changed"),
            (["--resume", "a", "--seed", "7"], "--seed can't be changed"),
            (["--resume", "a", "--filter", "threads=1"], "--filter can't be changed"),
            (["--resume", "a", "m.json5"], "'m.json5' can't be the matrix"),
        ])
    func contradictions(arguments: [String], problem: String) {
        let ended = run(arguments)
        #expect(ended.status == .usage)
        #expect(ended.errors.hasPrefix("switchyard: \(problem)"), "\(ended.errors)")
        #expect(ended.errors.split(separator: "\n").count == 1 && ended.output.isEmpty)
    }

    @Test("what a gate that goes on may be told is not refused")
    func resumable() {
        let ended = run([
            "--resume", "/nonexistent", "--strict", "--quiet", "--force", "--json", "--results",
            "r", "--plots", "p",
        ])
        #expect(ended.status == .usage)
        #expect(
            ended.errors
                == "switchyard: there is no gate in /nonexistent; give the folder that the gate"
                + " named\n")
    }

    @Test("a gate that goes on with --strict is strict")
    func strict() throws {
        let request = try begun(try Scratch()).request
        let options = try GateCommand.parser.parse(["--resume", "a", "--strict"])
        #expect(!request.isStrict && request.resumed(with: options).isStrict)
        let plain = request.resumed(with: try GateCommand.parser.parse(["--resume", "a"]))
        #expect(plain == request)
    }

    @Test("variables of a shell are no placeholders")
    func variables() throws {
        let words = try OwnCommand.words("sh -c 'exec a --port {port} ${FLAGS} {threads}'")
        #expect(words == ["sh", "-c", "exec a --port {port} ${FLAGS} {threads}"])
    }

    @Test("a base that does not build is one line and status 14")
    func brokenBase() {
        let complaint = #expect(throws: Complaint.self) {
            try GateBuild.run(
                ["sh", "-c", "echo noise; echo 'a.swift:1: error: no such type' >&2; exit 1"],
                or: "the base does not build", status: .noBaseline)
        }
        #expect(complaint?.status == .noBaseline)
        #expect(
            complaint?.problem == "the base does not build: a.swift:1: error: no such type")
        let missing = #expect(throws: Complaint.self) {
            try GateBuild.run(["/nonexistent"], or: "no", status: .noBaseline)
        }
        #expect(missing?.problem.hasPrefix("no: /nonexistent can't be started") == true)
    }

    // MARK: going on

    /// A gate of `scratch` that was begun with the programs there.
    private func begun(_ scratch: Scratch) throws -> (request: GateRequest, programs: [Programs]) {
        let split = CPUSplit(halving: CPUSet.available.cpus)
        var request = GateRequest(
            run: RunRequest(
                matrix: try scratch.write("m.json5", Self.matrix),
                profile: Matrix.defaultProfile, seed: 7, cpus: split))
        request.sides = ["--base", "origin/main"]
        let programs = try ["base", "candidate"].map { side in
            Programs(
                server: try scratch.write("\(side)-server", side),
                load: try scratch.write("load", "load"))
        }
        return (request, programs)
    }

    @Test("a gate goes on only with what it was begun with")
    func seal() throws {
        let scratch = try Scratch()
        let (request, programs) = try begun(scratch)
        let text = request.sealed(try GateSeal(request, programs: programs)).pretty
        let back = try GateRequest(parsing: text, file: "gate.json")
        #expect(back == request)
        try GateSeal(back, programs: programs).check(text, file: "gate.json")

        for (file, part) in [
            ("m.json5", "matrix \(scratch.path)/m.json5"), ("base-server", "base"),
            ("candidate-server", "candidate"), ("load", "generator"),
        ] {
            let before = try scratch.read(file)
            try scratch.write(file, before + " ")
            let complaint = #expect(throws: Complaint.self) {
                try GateSeal(back, programs: programs).check(text, file: "gate.json")
            }
            #expect(complaint?.problem == "the \(part) has changed since the gate began")
            try scratch.write(file, before)
        }
        for (old, new, problem) in [
            ("\"seed\": 7", "\"seed\": 8", "the request has changed since the gate began"),
            (
                Fingerprint(.system).hardwareID, "0000", "gate.json was begun on another machine"
            ),
        ] {
            let other = text.replacing(old, with: new)
            #expect(other != text)
            let changed = try GateRequest(parsing: other, file: "gate.json")
            let complaint = #expect(throws: Complaint.self) {
                try GateSeal(changed, programs: programs).check(other, file: "gate.json")
            }
            #expect(complaint?.problem == problem)
        }
    }

    @Test("of a command, the program and its scripts are what it was begun with")
    func sealOfCommands() throws {
        let scratch = try Scratch()
        var (request, programs) = try begun(scratch)
        let script = try scratch.write("it's a server", "1")
        request.commands = ["sh \(ShellWords.quote(script))", "true"]
        let text = request.sealed(try GateSeal(request, programs: programs)).pretty
        try GateSeal(request, programs: programs).check(text, file: "gate.json")
        try scratch.write("it's a server", "2")
        let complaint = #expect(throws: Complaint.self) {
            try GateSeal(request, programs: programs).check(text, file: "gate.json")
        }
        #expect(complaint?.problem == "the base has changed since the gate began")
    }

    @Test("a torn gate.json is one line, wherever it was cut")
    func torn() throws {
        let scratch = try Scratch()
        let (request, programs) = try begun(scratch)
        let text = request.sealed(try GateSeal(request, programs: programs)).pretty
        for cut in stride(from: 0, to: text.utf8.count - 1, by: 7) {
            try scratch.write("gate.json", String(text.prefix(cut)))
            let ended = run(["--resume", scratch.path])
            #expect(ended.status == .failure, "cut at \(cut)")
            #expect(ended.errors.hasPrefix("switchyard: \(scratch.path)/gate.json is no gate: "))
            #expect(ended.errors.split(separator: "\n").count == 1)
        }
    }

    @Test(
        "slices pair what they can measure, unless the user says otherwise",
        arguments: [
            ([64], false, nil, Pairing.slice), ([64, 1_024], true, nil, .slice),
            ([64], false, "launch", .launch), ([64], false, "slice", .slice),
            ([64, 1_025], false, nil, .launch), ([], true, nil, .launch),
            ([64, 1_025], false, "slice", nil), ([], true, "slice", nil),
        ] as [([Int], Bool, String?, Pairing?)])
    func pairing(connections: [Int], hasClosed: Bool, wish: String?, expected: Pairing?) throws {
        var cells = connections.map { count in
            var cell = Cell(pattern: "single", threads: 1, connections: count)
            cell.arrival = .constant(PerSecond(raw: 1_000))
            return cell
        }
        if hasClosed { cells.append(Cell(pattern: "single", threads: 1, connections: 5_000)) }
        let options = try GateCommand.parser.parse(wish.map { ["--pairing", $0] } ?? [])
        if let expected {
            #expect(try GateCommand.pairing(options, cells) == expected)
        } else {
            #expect(throws: Complaint.self) { try GateCommand.pairing(options, cells) }
        }
    }

    @Test("the line that repeats a gate has all it was asked, after going on too")
    func repro() throws {
        let scratch = try Scratch()
        var request = try begun(scratch).request
        request.run.matrix = GateMatrix.file
        request.baseline = ExactCheck.defaultFile
        #expect(request.repro == "switchyard gate --base origin/main --pairing launch --seed 7")
        request.baseline = "b.json"
        request.pairing = .slice
        #expect(
            request.repro
                == "switchyard gate --base origin/main --baseline b.json --pairing slice --seed 7")
        request.baseline = nil
        request.pairing = .launch
        #expect(
            request.repro
                == "switchyard gate --base origin/main --baseline none --pairing launch --seed 7")
        #expect(
            request.repro(where: CPUSplit(server: [70], load: [71]))
                == "switchyard gate --base origin/main --server-cpus"
                + " \(CPUSet(request.run.cpus.server)) --load-cpus"
                + " \(CPUSet(request.run.cpus.load)) --baseline none --pairing launch --seed 7")
        #expect(request.repro(results: "./results/") == request.repro)
        #expect(request.repro(results: "/var/runs").hasSuffix(" --seed 7 --results /var/runs"))
        request.isForced = true
        #expect(request.repro(results: "it's").hasSuffix(" --results 'it'\\''s' --force"))
        request.isForced = false
        request.run.matrix = GateMatrix.builtIn
        #expect(request.repro.hasPrefix("switchyard gate --base origin/main --baseline"))
        request.run.matrix = GateMatrix.file
        request.run.filter = "pattern=single connections>=64"
        request.run.duration = .milliseconds(250)
        request.isStrict = true
        request.commands = ["./it's {port}", "b"]
        request.sides = []
        let back = try GateRequest(parsing: request.json.pretty, file: "gate.json")
        let expected =
            "switchyard gate --server-command './it'\\''s {port}' --server-command b"
            + " --filter 'pattern=single connections>=64' --duration 250000000ns"
            + " --pairing launch --strict --seed 7"
        #expect(request.repro == expected && back.repro == expected)
    }
}
