import Basis
import Foundation
import Platform
import Serve
import TestSupport
import Testing

@Suite("server: the start")
struct ServerStartTests {
    /// Command lines that can't be carried out as they are written.
    private static let misuses = [
        ["--pattern", "shard"], ["--pattern", ""], ["--pattern"], ["--threads", "0"],
        ["--threads", "-1"], ["--threads", "many"], ["--threads", "1025"],
        ["--pattern", "single", "--threads", "2"], ["--cpus", "9999"], ["--cpus", "1-"],
        ["--cpus", ""], ["--cpus", "3-1"], ["--listen", "127.0.0.1"], ["--listen", "127.0.0.1:"],
        ["--listen", "127.0.0.1:65536"], ["--listen", ""], ["--backlog", "0"],
        ["--idle-timeout", "1ms"], ["--idle-timeout", "soon"], ["--head-timeout", "0"],
        ["--body-timeout", "-1s"], ["--max-body", "2GiB"], ["--max-body", "-1"],
        ["--max-connections", "0"], ["--balance", "fair", "--pattern", "readers:direct"],
        ["--balance", "round-robin"], ["--nodelay", "maybe"], ["--bogus"], ["-x"], ["operand"],
        ["--quiet=1"], ["--backlog", "1", "--backlog", "2"], ["--control", ""],
        ["--control", String(repeating: "a", count: 108)],
        [
            "--pattern", "acceptors:blocking", "--max-connections", "1", "--listen",
            "127.0.0.1:0", "--listen", "127.0.0.2:0",
        ],
    ]

    @Test(
        "a command line that can't be carried out gets one line and status 64", arguments: misuses)
    func misuse(arguments: [String]) throws {
        let outcome = try ServerOutcome(arguments)
        #expect(outcome.ending == .exited(64))
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("switchyard-server: "))
        #expect(outcome.errors.hasSuffix("\n"))
        #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("; "), "no remedy: \(outcome.errors)")
    }

    @Test("what the outside refuses gets one line and status 1", arguments: patterns)
    func refused(pattern: String) throws {
        let holder = try ServerUnderTest("single")
        // Sockets that share their port would let a second server in.
        let sharing = try ServerUnderTest("sharded:hash")
        for address in [
            "127.0.0.1:\(holder.port)", "127.0.0.1:\(sharing.port)", "203.0.113.1:0",
            "nowhere.invalid:1",
        ] {
            let outcome = try ServerOutcome(["--listen", address, "--pattern", pattern])
            #expect(outcome.ending == .exited(1), "\(address)")
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
        }
        _ = try holder.stop()
        _ = try sharing.stop()
    }

    @Test(
        "a pattern that the machine does not allow gets one line and status 69",
        arguments: ["sharded:round-robin", "sharded:load"])
    func unavailable(pattern: String) throws {
        // Root without its capabilities may do no more than others (capabilities(7)).
        let isRoot = getuid() == 0
        let bare = isRoot ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : []
        let words =
            bare + [
                try Programs.own("switchyard-server"), "--listen", "127.0.0.1:0", "--pattern",
                pattern,
            ]
        var options = SpawnOptions(words[0], Array(words.dropFirst()))
        options.standardError = .captured
        var child = try ChildProcess(options)
        let rule = try? String(
            contentsOfFile: "/proc/sys/kernel/unprivileged_bpf_disabled", encoding: .utf8)
        if rule == "0\n" {
            #expect(child.nextLine(timeout: TestLimit.hang)?.contains("ready") == true)
            child.terminate()
            return
        }
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(69))
        #expect(errors.contains("pattern \(pattern) needs bpf(2)"), "\(errors)")
        #expect(errors.filter { $0 == "\n" }.count == 1, "\(errors)")
    }

    @Test("a server that can't say that it is ready does not serve")
    func mute() throws {
        var options = SpawnOptions(
            "/bin/sh",
            [
                "-c", "exec \"$0\" --listen 127.0.0.1:0 >/dev/full",
                try Programs.own("switchyard-server"),
            ])
        options.standardError = .captured
        var child = try ChildProcess(options)
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(1))
        #expect(errors.contains("that the server is ready; let it go"), "\(errors)")
    }

    @Test("too few descriptors for its threads get one line and status 1", arguments: patterns)
    func tooFewDescriptors(pattern: String) throws {
        let program = try Programs.own("switchyard-server")
        for limit in Array(4...24) + [28, 32, 36] {
            var options = SpawnOptions(
                "/bin/sh",
                [
                    "-c", "ulimit -n \(limit); exec \"$0\" \"$@\"", program, "--listen",
                    "127.0.0.1:0", "--pattern", pattern,
                ] + ServerUnderTest.threadOptions(3, for: pattern))
            options.standardError = .captured
            var child = try ChildProcess(options)
            let line = child.nextLine(timeout: TestLimit.hang)
            if line != nil { child.terminate() }
            let errors = child.remainingErrors(timeout: TestLimit.hang)
            let end = child.wait(timeout: TestLimit.hang)?.ending
            #expect(end == .exited(line == nil ? 1 : 0), "\(pattern) with \(limit): \(errors)")
            #expect(errors.filter { $0 == "\n" }.count == (line == nil ? 1 : 0), "\(errors)")
        }
    }

    @Test("help and version say what there is, and the help names every pattern")
    func help() throws {
        let help = try ServerOutcome(["--help"])
        #expect(help.ending == .exited(0) && help.errors.isEmpty)
        for pattern in patterns { #expect(help.output.contains("  \(pattern) "), "\(pattern)") }
        for line in help.output.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
        let version = try ServerOutcome(["--version"])
        #expect(version.output.hasPrefix("switchyard-server "))
    }

    @Test(
        "every address that it is told to listen on is served, however few connections fit",
        arguments: patterns, [8, 1_000])
    func addresses(pattern: String, connections: Int) throws {
        var options = SpawnOptions(
            try Programs.own("switchyard-server"),
            [
                "--pattern", pattern, "--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0",
                "--max-connections", String(connections),
            ] + ServerUnderTest.threadOptions(2, for: pattern))
        options.standardError = .captured
        var child = try ChildProcess(options)
        let first = child.nextLine(timeout: TestLimit.hang)
        let line = try #require(first)
        let object =
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let addresses = try #require(object?["addresses"] as? [String])
        #expect(addresses.map { $0.prefix(10) } == ["127.0.0.1:", "127.0.0.2:"])
        for address in addresses {
            let end = try SocketAddress(parsing: address)
            for _ in 0..<4 {
                let client = try RawClient(to: end)
                #expect(try client.ask(HTTPText.get("/plaintext")).status == 200, "\(address)")
            }
        }
        child.terminate()
        let end = child.wait(timeout: TestLimit.hang)
        #expect(end?.ending == .exited(0))
    }

    @Test("threads run on the CPUs they were given, and bear the names of their roles")
    func threads() throws {
        let cpu = try #require(CPUSet.available.cpus.last)
        let server = try ServerUnderTest("readers:direct", threads: 3, ["--cpus", "\(cpu)"])
        let folder = "/proc/\(server.process.id)/task"
        func read(_ task: String, _ file: String) -> String {
            (try? String(contentsOfFile: "\(folder)/\(task)/\(file)", encoding: .utf8)) ?? ""
        }
        // A server may be ready before each of its threads has begun.
        let expected = ["acceptor-0", "reader-0", "reader-1", "reader-2"]
        // The first thread, and one that a sanitizer adds, bear the name of the program.
        let program = read("\(server.process.id)", "comm")
        let isPlaced = try TestClock.eventually {
            let tasks = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { read($0, "comm") != program }
            return tasks.map { String(read($0, "comm").dropLast()) }.sorted() == expected
                && tasks.allSatisfy {
                    read($0, "status").contains("Cpus_allowed_list:\t\(cpu)\n")
                }
        }
        #expect(isPlaced)
        _ = try server.stop()
    }

    @Test("it says how many threads play the role that the pattern multiplies")
    func threadCount() throws {
        let single = try ServerUnderTest("single")
        #expect(single.threads == 1)
        #expect(try single.stop().workers.count == 1)
        let sharded = try ServerUnderTest("sharded:hash", threads: 5)
        #expect(sharded.threads == 5)
        #expect(try sharded.stop().spread(of: "loop").count == 5)
    }
}
