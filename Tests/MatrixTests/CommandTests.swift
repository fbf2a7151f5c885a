import Basis
import Foundation
import Platform
import Report
import Testing

@testable import Matrix

/// What a command printed.
final class Transcript {
    var output = ""
    var errors = ""

    var console: Console {
        Console(output: { self.output += $0 }, errors: { self.errors += $0 })
    }
}

@Suite("the commands")
struct CommandTests {
    private static let matrix = """
        {defaults: {warmup: '0ms', duration: '10ms', repeat: 1},
         axes: {pattern: ['single', 'sharded'], connections: [1, 64]},
         profiles: {smoke: {about: 'one cell', filter: 'pattern=single connections=1'}}}
        """

    @Test(
        "bad input is one line on standard error and status 64",
        arguments: [
            (["rnu"], "unknown command 'rnu'; did you mean 'run'?"),
            (["run", "--profil", "x"], "unknown option --profil; did you mean --profile?"),
            (["list", "/tmp"], "/tmp is a folder; name a file in it"),
            (["run", "a", "b"], "'b' is one operand too many; give one matrix file only"),
            (
                ["run", "/nonexistent.json5"],
                "can't read /nonexistent.json5: No such file or directory; "
                    + "name a matrix file such as Benchmarks/default.json5"
            ),
            (
                ["run", "--repeat", "0"],
                "--repeat '0' is not a whole number from 1 to 1000; give one such as 64"
            ),
            (
                ["run", "--duration", "1ms"],
                "--duration 1ms is out of range; give a time from 10.0ms to 1440m"
            ),
            (
                ["run", "--duration", "soon"],
                "--duration 'soon' is not a time; give one such as 10s, 250ms or 50us"
            ),
            (
                ["run", "--server-cpus", "x"],
                "CPU list 'x' is not a list of CPUs; write it like 0 or 1,3-5"
            ),
            (
                ["plan", "--seed", "-1"],
                "--seed '-1' is not a whole number from 0 to 9007199254740991; give one such as 42"
            ),
            (
                ["resume", "nowhere"],
                "there is no run 'nowhere'; "
                    + "give the folder of a run, its name below results, or latest"
            ),
            (
                ["plot", "nowhere"],
                "there is no run 'nowhere'; "
                    + "give the folder of a run, its name below results, or latest"
            ),
            (["doctor", "now"], "doctor takes no operand 'now'; leave it out"),
            (["version", "--verbose"], "unknown option --verbose; see switchyard version --help"),
        ])
    func complaints(arguments: [String], message: String) {
        let transcript = Transcript()
        #expect(Switchyard.main(arguments, on: transcript.console) == .usage)
        #expect(transcript.errors == "switchyard: \(message)\n")
        #expect(transcript.output.isEmpty)
    }

    @Test("every command has help, and its options do not clash")
    func help() {
        let transcript = Transcript()
        #expect(Switchyard.main([], on: transcript.console) == .usage)
        for command in Switchyard.commands {
            let transcript = Transcript()
            #expect(Switchyard.main([command.name, "--help"], on: transcript.console) == .success)
            #expect(transcript.output.contains("usage: switchyard \(command.name)"))
            #expect(Set(command.parser.options.map(\.name)).count == command.parser.options.count)
            let letters = command.parser.options.compactMap(\.short)
            #expect(Set(letters).count == letters.count)
        }
    }

    private static let commands = Switchyard.commands.map { $0.name }

    private static let root = {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root
    }()

    @Test("help COMMAND is the help of that command", arguments: commands)
    func helpOfCommand(name: String) throws {
        let command = try #require(Switchyard.commands.first { $0.name == name })
        for words in [["help", name], ["--help", name], [name, "--help"], [name, "-h"]] {
            let transcript = Transcript()
            #expect(Switchyard.main(words, on: transcript.console) == .success)
            #expect(transcript.output == command.parser.help && transcript.errors.isEmpty)
        }
    }

    @Test("help of nothing, or of itself, is the list of commands; of what is unknown a refusal")
    func helpOfHelp() {
        let list = Transcript()
        #expect(Switchyard.main(["help"], on: list.console) == .success)
        #expect(list.output.contains("  calibrate "))
        let own = Transcript()
        #expect(Switchyard.main(["help", "help"], on: own.console) == .success)
        #expect(own.output == list.output)
        for words in [["help", "rnu"], ["help", "run", "plan"]] {
            let refused = Transcript()
            #expect(Switchyard.main(words, on: refused.console) == .usage)
            #expect(refused.errors.split(separator: "\n").count == 1 && refused.output.isEmpty)
        }
    }

    @Test("no help breaks a line where its sentence goes on", arguments: commands)
    func helpLines(name: String) throws {
        let command = try #require(Switchyard.commands.first { $0.name == name })
        #expect(command.parser.help.split(separator: "\n").allSatisfy { $0.count <= 100 })
        let lines = command.parser.epilogue.split(separator: "\n").map(String.init)
        for (line, next) in zip(lines, lines.dropFirst()) {
            // A sentence, or an entry of a list, may end anywhere.
            let isEntry = next.contains(/^\S+ {2,}\S/)
            let isListed = line.contains(/^\S+ {2,}\S/)
            if line.hasSuffix(".") || line.hasSuffix(":") || isEntry || isListed { continue }
            let word = next.prefix { $0 != " " }
            #expect(line.count + 1 + word.count > 80, "\(line)\n\(next)")
        }
    }

    @Test("what --json prints is one object that names its schema")
    func jsonObjects() throws {
        let scratch = try Scratch()
        let file = try scratch.write("m.json5", Self.matrix)
        let run = scratch.path + "/run"
        try FileManager.default.copyItem(
            atPath: Self.root.appending(path: "plots/fixture/run").path, toPath: run)
        try scratch.write("run/journal.ndjson", "")
        let format = try readFile(Self.root.appending(path: "docs/FORMAT.md").path)
        let results = ["--results", scratch.path]
        let calls: [[String]] = [
            ["list", file], ["list", file, "--profiles"], ["plan", file], ["doctor"], ["version"],
            ["history", "add", run] + results, ["history", "--no-plots"] + results,
            ["history", "series", "h1/single/w1/c64"] + results,
            ["report", run, scratch.path + "/a.html"],
            ["plot", run, "--plots", Self.root.appending(path: "plots").path],
        ]
        for words in calls where words[0] != "plot" || Plotter.isAvailable {
            let transcript = Transcript()
            _ = Switchyard.main(words + ["--json"], on: transcript.console)
            let value = try? JSONValue(parsing: transcript.output)
            guard case .string(let schema)? = value?["schema"] else {
                Issue.record("\(words): \(transcript.output.prefix(200))\(transcript.errors)")
                continue
            }
            #expect(format.contains("`\(schema)`"), "docs/FORMAT.md lacks \(schema)")
        }
        for command in Switchyard.commands {
            let json = command.parser.options.first { $0.name == "json" }
            // Where it names a file, the table is printed all the same.
            #expect(json?.value != nil || json == nil || json?.help == "print one JSON object")
        }
    }

    @Test("make help names the profiles that there are")
    func profilesOfMake() throws {
        let make = try readFile(Self.root.appending(path: "Makefile").path)
        let line = try #require(make.split(separator: "\n").first { $0.contains("##  PROFILE=") })
        let named = try #require(line.firstMatch(of: /\((.*)\)/)).1.split(separator: ", ")
        let file = try readFile(Self.root.appending(path: "Benchmarks/default.json5").path)
        let matrix = try Matrix(parsing: file, file: "default.json5")
        #expect(named.map(String.init).sorted() == matrix.profiles.map(\.name))
    }

    @Test("list and plan show cells, profiles and launches, as text and as JSON")
    func listAndPlan() throws {
        let scratch = try Scratch()
        let file = try scratch.write("m.json5", Self.matrix)
        let list = Transcript()
        #expect(
            Switchyard.main(["list", file, "-f", "pattern=single"], on: list.console) == .success)
        #expect(list.output.split(separator: "\n").count == 2 && list.errors == "2 cells\n")
        let profiles = Transcript()
        #expect(Switchyard.main(["list", file, "--profiles"], on: profiles.console) == .success)
        #expect(profiles.output == "profile  about\nsmoke    one cell\n")
        let plan = Transcript()
        #expect(
            Switchyard.main(["plan", file, "--seed", "5", "--json"], on: plan.console) == .success)
        let value = try JSONValue(parsing: plan.output)
        guard case .array(let slots)? = value["plan"] else {
            throw RecordRefusal(path: "plan", problem: "")
        }
        #expect(slots.count == 4 && value["request"]?["seed"] == 5)
        let dry = Transcript()
        #expect(
            Switchyard.main(["run", file, "--seed", "5", "--json", "--dry-run"], on: dry.console)
                == .success)
        #expect(dry.output == plan.output)
        let smoke = Transcript()
        #expect(Switchyard.main(["plan", file, "-p", "smoke"], on: smoke.console) == .success)
        #expect(smoke.output.contains("h1/single/"))
        #expect(smoke.errors.hasPrefix("1 cells x 1 = 1 launches of 0ns + 10.0ms, about 1s;"))
    }

    @Test("a failed run says its reason last, and nothing of figures that can't be drawn")
    func failedRun() throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write("m.json5", Self.matrix.replacing("[1, 64]", with: "[7]"))
        let program = try #require(Built.switchyard)
        let plots = Self.root.appending(path: "plots").path
        var options = SpawnOptions(program, ["run", file, "--bin", scratch.path, "--plots", plots])
        options.standardError = .captured
        options.directory = scratch.path
        var process = try ChildProcess(options)
        _ = process.remainingOutput(timeout: .seconds(60))
        let errors = process.remainingErrors(timeout: .seconds(1))
        #expect(process.wait(timeout: .seconds(5))?.ending == .exited(12), "\(errors)")
        #expect(
            (errors.split(separator: "\n").last ?? "").contains(
                "cells have no valid launch, such as h1/"), "\(errors)")
        #expect((errors.split(separator: "\n").last ?? "").contains("can't connect"), "\(errors)")
        #expect(!errors.contains("to draw") && !errors.contains("not drawn"), "\(errors)")
    }

    @Test("a run fills its folder, and resume refuses a changed matrix in one line")
    func runAndResume() throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write("m.json5", Self.matrix)
        let program = try #require(Built.switchyard)
        func call(_ arguments: [String]) throws -> (status: ChildProcess.Ending?, String, String) {
            var options = SpawnOptions(program, arguments)
            options.standardError = .captured
            options.directory = scratch.path
            var process = try ChildProcess(options)
            let output = process.remainingOutput(timeout: .seconds(60))
            let errors = process.remainingErrors(timeout: .seconds(1))
            return (process.wait(timeout: .seconds(5))?.ending, output, errors)
        }
        let bin = ["--bin", scratch.path, "--no-plots"]
        let run = try call(["run", file, "--json", "--seed", "9"] + bin)
        let summary = try JSONValue(parsing: run.1)
        #expect(summary["status"] == "complete")
        guard case .string(let path)? = summary["path"] else { return }
        let directory = RunDirectory(path: path)
        for name in ["manifest.json", "journal.ndjson", "runs.csv", "cells.csv", "workers.csv"] {
            #expect(FileManager.default.fileExists(atPath: "\(path)/\(name)"), "\(name)")
        }
        // Where the hypervisor withholds CPU time a launch does not count, and the status says so.
        let records = try Journal<LaunchRecord>.records(directory.journalPath)
        #expect(records.allSatisfy { $0.failure == nil && $0.load != nil }, "\(run)")
        let isWhole = records.allSatisfy(\.isValid)
        #expect(run.status == .exited(isWhole ? 0 : 12), "\(run)")
        let histograms = try FileManager.default.contentsOfDirectory(atPath: path + "/hist")
        #expect(!isWhole || histograms.count == 8, "\(histograms)")
        #expect(
            try FileManager.default.destinationOfSymbolicLink(
                atPath: scratch.path + "/results/latest") == directory.name)
        let manifest = try Manifest(
            parsing: try readFile(directory.manifestPath), file: "manifest.json")
        #expect(manifest.status == .complete && manifest.request.seed == 9)
        let again = try call(["resume", "--json"] + bin)
        #expect(again.status == run.status, "\(again)")
        #expect(try Journal<LaunchRecord>.records(directory.journalPath).count == 4)
        try scratch.write("m.json5", Self.matrix.replacingOccurrences(of: "10ms", with: "11ms"))
        let refused = try call(["resume"] + bin)
        #expect(refused.status == .exited(64))
        #expect(
            refused.2
                == "switchyard: \(file) has changed since run \(directory.name) began; "
                + "begin a new run, or restore the file\n")
        let failing = try call(["run", file, "-f", "connections=1", "--bin", "/nonexistent"])
        #expect(failing.status == .exited(64))
    }

    @Test("a run is not mixed of two machines, nor unasked of two builds")
    func otherMachineOrPrograms() throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write("m.json5", Self.matrix)
        let shared = ["--results", scratch.path + "/results", "--no-plots", "--quiet"]
        let begun = Transcript()
        let arguments = ["run", file, "-p", "smoke", "--bin", scratch.path] + shared
        _ = Switchyard.main(arguments, on: begun.console)
        let manifest = scratch.path + "/results/latest/manifest.json"
        let text = try readFile(manifest)
        func resume(_ options: [String], on written: String) throws -> (Basis.ExitStatus, String) {
            try AtomicFile.replace(manifest, with: written)
            let transcript = Transcript()
            let status = Switchyard.main(
                ["resume", "--bin", scratch.path] + shared + options, on: transcript.console)
            return (status, transcript.errors)
        }
        let here = Fingerprint(.system).hardwareID
        let (other, words) = try resume([], on: text.replacing(here, with: "0123456789abcdef"))
        #expect(other == .otherMachine && words.contains(" began on another machine; "))

        let server = try #require(text.firstRange(of: "\"fnv1a64\": \""))
        let rebuilt = text.replacingCharacters(
            in: server.upperBound..<text.index(server.upperBound, offsetBy: 4), with: "zzzz")
        let (refused, why) = try resume([], on: rebuilt)
        #expect(refused == .usage && why.contains("was rebuilt since the run began; "))
        let (forced, note) = try resume(["--force"], on: rebuilt)
        #expect([.success, .invalidRun].contains(forced) && note.contains("note: "), "\(note)")
        let kept = try Manifest(parsing: try readFile(manifest), file: "m").json.compact
        #expect(kept.contains("changed-programs"))
    }

    @Test(
        "what can't be carried out is refused before a folder is made",
        arguments: [
            ("pattern: 'shardd'", "pattern 'shardd' of cell h1/shardd/", "did you mean sharded"),
            (
                "pattern: 'single', connections: 16000000",
                "needs 16001024 open files, and the limit is ", "; run: ulimit -n 16001024, or"
            ),
        ])
    func beyondAbilities(axes: String, problem: String, remedy: String) throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write("m.json5", "{axes: {\(axes)}}")
        let transcript = Transcript()
        let status = Switchyard.main(
            ["run", file, "--bin", scratch.path, "--results", scratch.path + "/results"],
            on: transcript.console)
        #expect(status == .usage || status == .failure)
        #expect(transcript.errors.contains(problem) && transcript.errors.contains(remedy))
        #expect(transcript.errors.filter { $0 == "\n" }.count == 1, "\(transcript.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/results"))
    }

    @Test(
        "a plan that nobody could mean is refused, not made",
        arguments: [
            (["--repeat", "1000"], "300000 launches of "),
            (["--repeat", "600", "--duration", "86400", "--warmup", "86400"], " are too many; "),
        ])
    func hugePlans(options: [String], problem: String) throws {
        let scratch = try Scratch()
        let list = (1...300).map { "\($0)" }.joined(separator: ", ")
        let file = try scratch.write(
            "m.json5", "{axes: {pattern: 'single', connections: [\(list)]}}")
        let transcript = Transcript()
        #expect(Switchyard.main(["plan", file] + options, on: transcript.console) == .usage)
        #expect(transcript.errors.contains(problem), "\(transcript.errors)")
    }

    @Test("an output without room ends a command with one line")
    func noRoom() throws {
        var options = SpawnOptions(
            "/bin/sh", ["-c", "exec \"$0\" version >/dev/full", try #require(Built.switchyard)])
        options.standardError = .captured
        var process = try ChildProcess(options)
        let errors = process.remainingErrors(timeout: .seconds(30))
        #expect(process.wait(timeout: .seconds(5))?.ending == .exited(1))
        #expect(errors.hasPrefix("switchyard: can't write to standard output; "), "\(errors)")
    }

    @Test("kill -9 at any moment, then resume: every launch once, none twice")
    func crashes() throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write("m.json5", Self.matrix)
        let program = try #require(Built.switchyard)
        func start(_ arguments: [String]) throws -> ChildProcess {
            var options = SpawnOptions(
                program, arguments + ["--bin", scratch.path, "--no-plots", "--quiet"])
            options.directory = scratch.path
            options.standardError = .discarded
            // What a killed run leaves behind goes with this test's folder.
            var environment = ProcessInfo.processInfo.environment
            environment["TMPDIR"] = scratch.path + "/"
            options.environment = environment
            return try ChildProcess(options)
        }
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let manager = FileManager.default
        var first = true
        for _ in 0..<8 {
            var process = try start(first ? ["run", file, "--repeat", "2"] : ["resume"])
            let patience = Nanoseconds.milliseconds(Int(generator.next() % 700))
            let ended = process.wait(timeout: patience)
            process.killNow()
            _ = process.wait(timeout: .seconds(5))
            first = !manager.fileExists(atPath: scratch.path + "/results/latest/manifest.json")
            if ended?.ending == .exited(0) { break }
        }
        var last = try start(first ? ["run", file, "--repeat", "2"] : ["resume"])
        let ending = last.wait(timeout: .seconds(60))?.ending
        let latest = scratch.path + "/results/latest"
        let records = try Journal<LaunchRecord>.records(latest + "/journal.ndjson")
        // A cell may lack a launch that counts where the hypervisor withheld CPU time.
        let cells = Dictionary(grouping: records, by: \.cell)
        let isWhole = cells.values.allSatisfy { $0.contains(where: \.isValid) }
        #expect(ending == .exited(isWhole ? 0 : 12), "seed \(seed)")
        #expect(records.map(\.slot) == Array(0..<8), "seed \(seed)")
        let runs = try CSVTable(parsing: try readFile(latest + "/runs.csv"))
        #expect(runs.rows.count == 8, "seed \(seed)")
        #expect(Set(runs.rows.map { $0[runs.index(of: "slot")!] }).count == 8, "seed \(seed)")
    }

    @Test("one Ctrl-C finishes the launch, tells how to go on and exits with 130")
    func interrupted() throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write("m.json5", Self.matrix)
        var options = SpawnOptions(
            try #require(Built.switchyard),
            ["run", file, "--repeat", "200", "--bin", scratch.path, "--no-plots"])
        options.directory = scratch.path
        options.standardError = .captured
        var process = try ChildProcess(options)
        let journal = scratch.path + "/results/latest/journal.ndjson"
        while (try? readFile(journal))?.isEmpty ?? true { blockThread(for: .milliseconds(5)) }
        process.interrupt()
        let errors = process.remainingErrors(timeout: .seconds(30))
        #expect(process.wait(timeout: .seconds(5))?.ending == .exited(130))
        #expect(errors.contains("finishing the launch under way"))
        let done = try Journal<LaunchRecord>.records(journal).count
        #expect(done > 0 && done < 800)
        #expect(errors.contains("\(done) of 800 launches done; go on with: switchyard resume "))
        let manifest = try Manifest(
            parsing: try readFile(scratch.path + "/results/latest/manifest.json"), file: "m")
        #expect(manifest.status == .interrupted)
    }

    @Test("figures are drawn, skipped with status 3, or told to be broken")
    func plots() throws {
        try #require(Plotter.isAvailable, "gnuplot is installed")
        let scratch = try Scratch()
        try scratch.write("style.gp", "exit status 9\n")
        try scratch.write("good.gp", "set terminal svg\nset output ARG2\nset title ARG3\nplot x\n")
        try scratch.write("none.gp", "print 'no rows'\nexit status 3\n")
        try scratch.write("wrong.gp", "print 'a bad day'\nexit status 1\n")
        let run = RunDirectory(path: scratch.path + "/run")
        try FileManager.default.createDirectory(
            atPath: run.plotsPath, withIntermediateDirectories: true)
        let plotter = Plotter(folder: scratch.path)
        #expect(plotter.figures == ["good", "none", "wrong"])
        func draw(_ figure: String) -> Plotter.Outcome {
            plotter.draw(figure, of: run, as: .svg, subtitle: "a subtitle")
        }
        #expect(draw("good") == .drawn(file: run.plotsPath + "/good.svg"))
        #expect(try readFile(run.plotsPath + "/good.svg").contains("a subtitle"))
        #expect(draw("none") == .skipped("no rows"))
        #expect(draw("wrong") == .failed("status 1: a bad day"))
    }
}

/// The programs of this package, beside the tests.
enum Built {
    static let switchyard: String? = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        let beside = bundle.map { ($0 as NSString).deletingLastPathComponent }
        let candidates = [beside, Programs.ownFolder, root + "/.build/debug"].compactMap { $0 }
        return candidates.map { $0 + "/switchyard" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }()
}
