import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

/// The commands of README.md as a new user would copy them.
@Suite("the README's commands", .serialized)
struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The lines of the blocks of shell, without their comments.
    private static func commands() throws -> [String] {
        let text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        var commands: [String] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside = line == "```sh"
            } else if isInside {
                let command = line.split(separator: " #", maxSplits: 1)[0]
                commands.append(command.trimmingCharacters(in: .whitespaces))
            }
        }
        return commands
    }

    /// Runs a line by the shell, with the programs of this build in its path.
    private func shell(
        _ line: String, in folder: TemporaryFolder
    ) throws -> (status: Int32, output: String, errors: String) {
        var options = SpawnOptions("/bin/sh", ["-c", line])
        options.directory = folder.path
        options.standardError = .captured
        var environment = ProcessInfo.processInfo.environment
        let programs = (try Programs.own("switchyard") as NSString).deletingLastPathComponent
        environment["PATH"] = "\(programs):\(environment["PATH"] ?? "")"
        environment["TMPDIR"] = folder.path
        options.environment = environment
        var child = try ChildProcess(options)
        let output = child.remainingOutput(timeout: TestLimit.hang)
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        guard case .exited(let status)? = child.wait(timeout: TestLimit.hang)?.ending else {
            throw TestFailure("\(line) did not end in order: \(errors)")
        }
        return (status, output, errors)
    }

    /// A folder that looks like a checkout with a run in it.
    private func checkout() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("Benchmarks"),
            withDestinationPath: Self.root.appending(path: "Benchmarks").path)
        let matrix = """
            {
              defaults: {connections: 4, rate: "1k", warmup: "50ms", duration: "200ms"},
              axes: {pattern: ["single", "sharded:hash"]},
            }
            """
        try matrix.write(toFile: folder.file("tiny.json5"), atomically: true, encoding: .utf8)
        _ = try shell("switchyard run -q --no-plots tiny.json5", in: folder)
        // Servers that end at once.
        for name in ["before", "after"] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.file(name), withDestinationPath: "/bin/false")
        }
        return folder
    }

    @Test("every command of the README does what it is there for, and none is forgotten")
    func all() throws {
        let folder = try checkout()
        let server = try ServerUnderTest("sharded:hash")
        let secure = try ServerUnderTest(
            "sharded:hash", ["--tls", "self-signed", "--early-data", "16KiB"])
        let commands = try Self.commands()
        #expect(commands.count > 10)
        for command in commands {
            let words = command.split(separator: " ").map(String.init)
            switch words.prefix(2).joined(separator: " ") {
            case let line where line.hasPrefix("make "):
                let ending = try shell(
                    "make -n -C '\(Self.root.path)' \(words.dropFirst().joined(separator: " "))",
                    in: folder)
                #expect(ending.status == 0, "\(command): \(ending.errors)")
            case let line where line.hasPrefix("export "):
                #expect(command == #"export PATH="$PWD/.build/release:$PATH""#)
            case let line where line.hasPrefix(".build/release/switchyard-server "):
                try serve(command, in: folder)
            case let line where line.hasPrefix("switchyard-load "):
                try load(command, server, secure, in: folder)
            case "switchyard doctor":
                let ending = try shell(command, in: folder)
                #expect(ending.status <= 1 && ending.output.contains("cpus"), "\(ending)")
            case "switchyard plan":
                let ending = try shell(command, in: folder)
                #expect(ending.status == 0 && ending.output.contains("single"), "\(ending)")
            case "switchyard run":
                // What it would do takes minutes.
                let ending = try shell(command + " --dry-run", in: folder)
                let cell = command.contains("--url") ? "h1/target/c64" : "sharded"
                #expect(ending.status == 0 && ending.output.contains(cell), "\(ending)")
            case "switchyard measure":
                let line = command.replacingOccurrences(of: "8080", with: "\(server.port)")
                    .replacingOccurrences(of: "-d 5s", with: "--duration 300ms --warmup 0s")
                let ending = try shell(line, in: folder)
                #expect(ending.status == 0 && ending.errors.contains("CPU time"), "\(ending)")
            case "switchyard link":
                let line = command.replacingOccurrences(
                    of: "-d 5s", with: "--duration 300ms --warmup 0s")
                let ending = try shell(line, in: folder)
                let isForbidden = ending.errors.contains("make a network")
                #expect(
                    isForbidden || ending.status == 0 && ending.output.contains("round trip"),
                    "\(ending)")
            case "switchyard validate":
                let ending = try shell(command + " --list", in: folder)
                #expect(ending.status == 0 && ending.output.contains("nagle/stall"), "\(ending)")
            case "switchyard resume", "switchyard plot", "switchyard report":
                let ending = try shell(command, in: folder)
                #expect([0, 12].contains(ending.status), "\(command): \(ending)")
            case "switchyard compare":
                // On a machine that tests keep busy no launch of the run above counts.
                let reference = "'\(Self.root.path)/results/reference'"
                let line = command.replacingOccurrences(of: "BASE", with: reference)
                    .replacingOccurrences(of: "CAND", with: reference)
                let ending = try shell(line, in: folder)
                #expect(ending.status == 0, "\(command): \(ending)")
            case "switchyard calibrate", "switchyard gate":
                // Nothing here can be built or measured in a test's time; that it is no wrong usage
                // can be seen.
                let isGate = words[1] == "gate"
                let ending = try shell(isGate ? command : command + " --help", in: folder)
                #expect(
                    isGate ? ![0, 64].contains(ending.status) : ending.status == 0, "\(ending)")
            default: Issue.record("no word on how to try: \(command)")
            }
        }
        _ = try server.stop()
        _ = try secure.stop()
    }

    private func serve(_ command: String, in folder: TemporaryFolder) throws {
        let line = command.replacingOccurrences(
            of: ".build/release/switchyard-server", with: try Programs.own("switchyard-server")
        ).replacingOccurrences(of: ":8080", with: ":0")
            .replacingOccurrences(of: ":8443", with: ":0")
        #expect(line.contains("--listen 127.0.0.1:0"))
        var options = SpawnOptions("/bin/sh", ["-c", "exec \(line)"])
        options.directory = folder.path
        options.standardError = .captured
        var child = try ChildProcess(options)
        let ready = child.nextLine(timeout: TestLimit.hang)
        #expect(ready?.contains(#""event":"ready""#) == true, "\(ready ?? "")")
        child.terminate()
        #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(0))
    }

    /// For a moment only, against the routes of the servers that the README has just started.
    private func load(
        _ command: String, _ server: ServerUnderTest, _ secure: ServerUnderTest,
        in folder: TemporaryFolder
    ) throws {
        var line = command.replacingOccurrences(of: ":8080/", with: ":\(server.port)/")
            .replacingOccurrences(of: ":8443/", with: ":\(secure.port)/")
            .replacingOccurrences(of: "-d 10s ", with: "")
        #expect(line != command)
        if line.contains("--find-rate") || line.contains("--stages") {
            return try loadInSteps(line, in: folder)
        }
        if !line.contains("--json") { line += " --json report.json" }
        let ending = try shell(line + " --duration 300ms --warmup 0s", in: folder)
        // A demand on latencies may be missed where other tests run.
        #expect([0, 3].contains(ending.status), "\(command): \(ending)")
        let text = try String(contentsOfFile: folder.file("report.json"), encoding: .utf8)
        let report = try LoadReport(json: JSONValue(parsing: text))
        #expect(report.requests > 0 && report.statuses.success2xx == report.requests, "\(command)")
        #expect(report.errors.status == 0 && report.errors.protocol == 0, "\(command)")
    }

    /// The same for lines that make several runs, whose times are cut to a hundredth.
    private func loadInSteps(_ command: String, in folder: TemporaryFolder) throws {
        let isSearch = command.contains("--find-rate")
        let line = command.replacingOccurrences(of: ":5s", with: ":50ms")
            .replacingOccurrences(of: ":20s", with: ":200ms")
        let ending = try shell(
            "\(line) --warmup 0s --json report.json" + (isSearch ? " --duration 300ms" : ""),
            in: folder)
        // Undecided, where other tests run.
        #expect((isSearch ? [0, 3, 11] : [0]).contains(ending.status), "\(command): \(ending)")
        let text = try String(contentsOfFile: folder.file("report.json"), encoding: .utf8)
        let json = try JSONValue(parsing: text)
        if isSearch {
            #expect(try LoadReport(json: json).search?.steps.isEmpty == false)
        } else {
            #expect(try RecordFields(json).list("stages").count == 6)
        }
    }
}
