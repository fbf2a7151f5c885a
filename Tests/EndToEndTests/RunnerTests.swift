import Basis
import Foundation
import Glibc
import Platform
import Report
import TestSupport
import Testing

@Suite("runner: whole runs", .serialized)
struct RunnerTests {
    @Test("a run leaves a record of each launch of its plan, and exits by them")
    func run() throws {
        let runner = try Runner()
        let ending = try runner.run([
            "run", "--no-plots", "-q", "--results", "results", "--repeat", "2", "tiny.json5",
        ])
        try runner.check(4, status: ending.status)
        for cell in ["single", "sharded:hash"] {
            #expect(ending.output.contains("/\(cell)/"), "\(ending.output)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(runner.latest)/hist")
        #expect(names.count(where: { $0.hasSuffix(".hlog") }) == 2, "\(names)")
        #expect(try runner.text("report.html").contains("</html>"))
        #expect(!FileManager.default.fileExists(atPath: "\(runner.latest)/plots"))
    }

    @Test("work of others is seen on the server's CPUs and on the generator's", arguments: [0, 1])
    func disturbed(which: Int) throws {
        let cpus = CPUSet.ofParent?.cpus ?? []
        guard cpus.count > 1 else { return }
        let (load, server) = (cpus[0], cpus[1])
        var options = SpawnOptions("/bin/sh", ["-c", "while :; do :; done"])
        options.cpus = CPUSet([which == 0 ? load : server])
        options.diesWithParent = true
        // Ends with the test, for a value that is dropped kills its process.
        let other = try ChildProcess(options)
        defer { _ = other.processID }
        let runner = try Runner()
        let ending = try runner.run([
            "run", "tiny.json5", "--filter", "pattern=single", "--repeat", "1", "--duration", "1s",
            "--server-cpus", "\(server)", "--load-cpus", "\(load)", "--no-plots", "--quiet",
        ])
        #expect(ending.status == 12, "\(ending.errors)")
        let record = try #require(try runner.records().first)
        let share = which == 0 ? record.load?.cpu.foreignShare : record.machine.foreignShare
        #expect(try #require(share) > LoadReport.foreignShareLimit)
        #expect(!record.isValid)
    }

    @Test("a runner that is killed leaves nothing running, and resume makes the rest once")
    func killed() throws {
        let runner = try Runner()
        let count = 12
        var servers: Set<Int32> = []
        do {
            let child = try runner.start([
                "run", "--no-plots", "-q", "--results", "results", "--repeat", "\(count / 2)",
                "tiny.json5",
            ])
            // Past the first launch, and within another.
            let isUnderWay = TestClock.eventually {
                let done = (try? runner.records().count) ?? 0
                servers = Set(
                    ProcessTable.children(of: child.processID).filter {
                        ProcessTable.entry($0)?.name.hasPrefix("switchyard-serv") == true
                    })
                return done > 0 && !servers.isEmpty
            }
            #expect(isUnderWay)
            // Only the runner: its children must notice by themselves.
            kill(child.processID, SIGKILL)
            let isQuiet = TestClock.eventually {
                servers.allSatisfy { ProcessTable.entry($0) == nil }
            }
            #expect(isQuiet, "servers \(servers) outlive their runner")
        }
        let before = try runner.records()
        #expect((1..<count).contains(before.count), "\(before.count) launches were done")
        #expect(try JSONValue(parsing: try runner.text("manifest.json"))["status"] == "running")

        let ending = try runner.run([
            "resume", "--no-plots", "-q", "--results", "results", "latest",
        ])
        try runner.check(count, status: ending.status)
        #expect(Array(try runner.records().prefix(before.count)) == before)
    }

    private static let forking = """
        {
          defaults: {connections: 2, warmup: "0s", duration: "5m"},
          axes: {server: {
            name: "other", command: ["sh", "start.sh", "{port}"], ready: {line: "up"},
          }},
        }
        """
    /// Two processes behind a shell, which tells who they are.
    private static let script = """
        python3 -SE server.py $1 &
        server=$!
        sleep 1000 &
        echo $server $! $$ > ids
        wait
        """
    private static let server = """
        import socket, sys
        listener = socket.socket()
        listener.bind(("127.0.0.1", int(sys.argv[1])))
        listener.listen()
        print("up", flush=True)
        peers = [listener.accept()]
        while True:
            peers.append(listener.accept())
        """

    @Test(
        "no server stays behind a start script when its runner ends, and none of the generator",
        arguments: [SIGKILL, SIGHUP, SIGTERM])
    func forked(signal: Int32) throws {
        let runner = try Runner()
        for (name, text) in [
            ("forking.json5", Self.forking), ("start.sh", Self.script), ("server.py", Self.server),
        ] {
            try text.write(toFile: runner.folder.file(name), atomically: true, encoding: .utf8)
        }
        var ids: [Int32] = []
        var child = try runner.start(["run", "--no-plots", "-q", "forking.json5"])
        let isUnderWay = TestClock.eventually {
            let text = (try? String(contentsOfFile: runner.folder.file("ids"), encoding: .utf8))
            let children = ProcessTable.children(of: child.processID)
            ids = (text ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
            ids += children
            // With the guardians, which are made a moment after what they guard.
            return text != nil && ids.count == 7
                && children.contains {
                    ProcessTable.entry($0)?.name.hasPrefix("switchyard-load") == true
                }
        }
        #expect(isUnderWay, "\(ids)")
        kill(child.processID, signal)
        let ending = child.wait(timeout: TestLimit.hang)?.ending
        #expect(ending == (signal == SIGKILL ? .killed(signal: SIGKILL) : .exited(130)))
        let isQuiet = TestClock.eventually { ids.allSatisfy { ProcessTable.entry($0) == nil } }
        #expect(isQuiet, "\(ids.filter { ProcessTable.entry($0) != nil }) of \(ids) live on")
    }

    @Test("an interrupt ends the launch under way, and resume makes the rest")
    func interrupted() throws {
        let runner = try Runner()
        var child = try runner.start([
            "run", "--no-plots", "-q", "--results", "results", "--repeat", "4", "tiny.json5",
        ])
        #expect(TestClock.eventually { ((try? runner.records().count) ?? 0) > 0 })
        child.interrupt()
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(130), "\(errors)")
        let done = try runner.records().count
        #expect((1..<8).contains(done))
        #expect(errors.contains("\(done) of 8 launches done; go on with: switchyard resume"))
        #expect(try CSVTable(parsing: try runner.text("runs.csv")).rows.count == done)
        let ending = try runner.run(["resume", "--no-plots", "-q", "--results", "results"])
        try runner.check(8, status: ending.status)
    }

    @Test("the doctor's checks are objects in one, and the exit status follows them")
    func doctor() throws {
        let ending = try Runner().run(["doctor", "--json"])
        let object = try JSONValue(parsing: ending.output)
        guard object["schema"] == "switchyard.doctor/1", case .array(let checks)? = object["checks"]
        else {
            throw TestFailure("no checks: \(ending.output)")
        }
        #expect(checks.contains { $0["check"] == "cpus" })
        for check in checks {
            for name in ["check", "value", "want", "why", "fix"] {
                #expect(check[name] != nil, "\(name) in \(check.compact)")
            }
            #expect(["ok", "warn", "fail"].contains { check["level"] == .string($0) })
        }
        let hasFailed = checks.contains { $0["level"] == "fail" }
        #expect(ending.status == (hasFailed ? 1 : 0), "\(ending.errors)")
        #expect(object["fit"] == .bool(!hasFailed))
    }
}
