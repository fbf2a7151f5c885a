import Basis
import Foundation
import Glibc
import Measure
import Platform
import Report
import TestSupport
import Testing

/// Runs of matrices whose cells lie behind a link.
@Suite("runs through a link", .serialized)
struct LinkedRunTests {
    private static func matrix(_ axes: String, duration: String = "400ms") -> String {
        """
        {
          defaults: {
            pattern: "single", threads: 1, connections: 2, warmup: "0s", duration: "\(duration)",
            repeat: 1,
          },
          axes: {\(axes)},
        }
        """
    }

    @Test("a round trip takes what its cell says, on both sides, and the tables tell of it")
    func roundTrip() throws {
        try LinkRun.require()
        let runner = try Runner(Self.matrix("rtt: ['0', '20ms'], tls: ['off', '1.3']"))
        let ending = try runner.run(["run", "--no-plots", "-q", "tiny.json5"])
        // A machine that others use spoils launches.
        #expect([0, 12].contains(ending.status), "\(ending)")
        let records = try runner.records()
        #expect(records.count == 4)
        for record in records {
            #expect(record.failure == nil, "\(record.cell.id)")
            let load = try #require(record.load)
            #expect(load.requests > 0 && load.errors.total == 0 && record.server != nil)
            #expect(!record.workers.isEmpty)
            if record.cell.link.isLoopback {
                #expect(record.link == nil)
                continue
            }
            #expect(load.latency.min >= .milliseconds(20) && load.url.contains("198.18.0.2"))
            let link = try #require(record.link)
            // A request, its answer and the three packets of each handshake.
            #expect(link.packets >= 2 * load.requests + 6 && link.lost == 0, "\(link)")
            #expect(link.missed == 0 && link.cpu > .zero, "\(link)")
        }
        for name in ["runs", "cells"] {
            let table = try CSVTable(parsing: try runner.text("\(name).csv"))
            for row in table.rows.indices {
                let isFar = table.field(row, "cell_id")?.contains("/rtt20ms") == true
                #expect(table.field(row, "rtt_ns") == (isFar ? "20000000" : "0"))
                #expect(table.field(row, "link_loss") == "0")
                #expect(table.field(row, "link_rate_bit") == nil)
                if name == "runs" {
                    for cost in ["srv_cpu_ns_per_req", "gen_cpu_ns_per_req"] {
                        #expect((table.field(row, cost) == nil) == isFar, "\(cost)")
                    }
                    #expect((table.field(row, "link_packets") != nil) == isFar)
                }
            }
        }
        #expect(try runner.text("report.html").contains("20000000"))
    }

    @Test("a link loses and delays as its cell says")
    func losses() throws {
        try LinkRun.require()
        // A lost SYN costs a second, and another one two more.
        let matrix = Self.matrix("link_loss: '10%', link_rate: '1mbit'", duration: "1s")
            .replacing("repeat: 1", with: "repeat: 1, timeout: '20s'")
        let runner = try Runner(matrix)
        let ending = try runner.run(["run", "--no-plots", "-q", "--seed", "3", "tiny.json5"])
        #expect([0, 12].contains(ending.status), "\(ending)")
        let record = try #require(try runner.records().first)
        #expect(record.cell.id.hasSuffix("/loss10%/link1mbit") && record.failure == nil)
        let link = try #require(record.link)
        #expect(link.packets > 0 && link.lost > 0, "\(link)")
    }

    @Test("another server is told its address and found behind the link")
    func foreign() throws {
        try LinkRun.require()
        let python = try LinkRun.requirePython()
        let server = """
            server: {
              name: "other", command: ["\(python)", "-SE", "-m", "http.server", "{port}",
                "--bind", "{host}", "--directory", "{dir}"],
              ready: {http: "/"}, files: {"page": "hello"},
            }, path: "/page", rtt: "5ms"
            """
        let runner = try Runner(Self.matrix(server))
        let ending = try runner.run(["run", "--no-plots", "-q", "tiny.json5"])
        #expect([0, 12].contains(ending.status), "\(ending)")
        let record = try #require(try runner.records().first)
        #expect(record.failure == nil && (record.load?.requests ?? 0) > 0)
        #expect(record.load?.latency.min ?? .zero >= .milliseconds(5))
    }

    /// Ways to end a run in the middle of a launch.
    enum Blow: String, CaseIterable, Sendable {
        case interrupt, terminate, killRunner, killLink, killServer
    }

    @Test("nothing is left behind, however a run through a link ends", arguments: Blow.allCases)
    func remains(blow: Blow) throws {
        try LinkRun.require()
        let devices = try readFile("/proc/net/dev").split(separator: "\n").count
        let isLong = ![.killLink, .killServer].contains(blow)
        let runner = try Runner(Self.matrix("rtt: '20ms'", duration: isLong ? "5m" : "3s"))
        var child = try runner.start(["run", "--no-plots", "-q", "tiny.json5"])
        func find(_ name: String) -> Int32? {
            ProcessTable.children(of: child.processID).first {
                (try? readFile("/proc/\($0)/cmdline"))?.split(separator: "\0").first?
                    .hasSuffix(name) == true
            }
        }
        var ids: [Int32] = []
        let isUnderWay = TestClock.eventually {
            ids = ["/switchyard", "/switchyard-server", "/switchyard-load"].compactMap(find)
            return ids.count == 3
        }
        try #require(isUnderWay, "\(ids)")
        // The guardians too.
        ids = ProcessTable.children(of: child.processID)
        let networks = try ["/switchyard-server", "/switchyard-load"].map { name in
            try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(try #require(find(name)))/ns/net")
        }
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
        #expect(Set(networks + [own]).count == 3, "\(networks), \(own)")
        var expected = ChildProcess.Ending.exited(130)
        switch blow {
        case .interrupt:
            // The first one lets the launch under way finish.
            kill(child.processID, SIGINT)
            var said = ""
            let isHeard = TestClock.eventually {
                said += child.remainingErrors(timeout: .zero)
                return said.contains("Ctrl-C again")
            }
            #expect(isHeard, "\(said)")
            kill(child.processID, SIGINT)
        case .terminate: kill(child.processID, SIGTERM)
        case .killRunner:
            kill(child.processID, SIGKILL)
            expected = .killed(signal: SIGKILL)
        case .killLink:
            kill(try #require(find("/switchyard")), SIGKILL)
            expected = .exited(12)
        case .killServer:
            kill(try #require(find("/switchyard-server")), SIGKILL)
            expected = .exited(12)
        }
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        #expect(child.wait(timeout: TestLimit.hang)?.ending == expected, "\(errors)")
        let reason = isLong ? nil : try runner.records().first?.failure
        switch blow {
        case .killLink: #expect(reason == "the link ended under load by signal 9")
        case .killServer: #expect(reason == "the server ended under load by signal 9")
        default: break
        }
        let isOver = TestClock.eventually {
            !ids.contains { LinkRun.isAlive($0) }
                && networks.allSatisfy { LinkRun.members(ofNetwork: $0).isEmpty }
        }
        #expect(isOver, "\(ids.filter { LinkRun.isAlive($0) }) of \(ids) live on")
        #expect(try readFile("/proc/net/dev").split(separator: "\n").count == devices)
    }

    @Test("who has no rights runs through a link where the machine allows it")
    func unprivileged() throws {
        if geteuid() != 0 { try Test.cancel("every test of this suite has no rights") }
        let runner = try Runner(Self.matrix("rtt: ['0', '5ms']"))
        let setpriv = Programs.found("setpriv")
        guard let setpriv else { try Test.cancel("setpriv is not installed") }
        // Where this build is, others need not be able to look.
        let folder = runner.folder
        for name in ["switchyard", "switchyard-server", "switchyard-load"] {
            try FileManager.default.copyItem(
                atPath: Programs.own(name), toPath: folder.file(name))
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: folder.path)
        let drop = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
        let copy = folder.file("switchyard")
        let words = "shift; exec \"$0\" \(drop.joined(separator: " ")) '\(copy)' \"$@\""
        try LinkRun.require(through: ["/bin/sh", "-c", words, setpriv])
        var options = SpawnOptions(
            setpriv,
            drop + [copy, "run", "--no-plots", "-q", "tiny.json5"])
        options.directory = folder.path
        options.standardError = .captured
        options.environment = ["TMPDIR": folder.path, "HOME": folder.path, "PATH": "/usr/bin:/bin"]
        var child = try ChildProcess(options)
        let outcome = try LinkRun.end(&child)
        #expect([0, 12].contains(outcome.status), "\(outcome)")
        let records = try runner.records()
        #expect(records.count == 2 && records.allSatisfy { $0.failure == nil }, "\(outcome)")
        #expect(records.contains { $0.link != nil && ($0.load?.requests ?? 0) > 0 })
    }

    @Test("a plan with a link is refused where none can be made", arguments: ["plan", "list"])
    func forbidden(command: String) throws {
        let unshare = Programs.found("unshare")
        guard let unshare else { try Test.cancel("unshare is not installed") }
        let runner = try Runner(Self.matrix("rtt: ['0', '20ms']"))
        let script = "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\""
        var options = SpawnOptions(
            unshare,
            [
                "--user", "--map-root-user", "/bin/sh", "-c", script, "sh",
                try Programs.own("switchyard"), command, "tiny.json5",
            ])
        options.directory = runner.folder.path
        options.standardError = .captured
        var child = try ChildProcess(options)
        let outcome = try LinkRun.end(&child)
        if outcome.errors.contains("unshare: ") || outcome.errors.contains("Permission denied") {
            try Test.cancel("this machine allows no user namespace: \(outcome.errors)")
        }
        #expect(outcome.status == 1 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.errors.hasPrefix("switchyard: cell h1/single/w1/c2/p13/rtt20ms needs a link: ")
                && outcome.errors.hasSuffix(
                    "; or leave such cells out with --filter 'rtt=0'\n")
                && outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome)")
    }
}
