import Basis
import Report
import Testing

@testable import Load
@testable import Platform

/// Connections beside the measured ones, in a virtual world where every time is known.
@Suite("load: company")
struct CompanyTests {
    private static let host = Array("a".utf8)

    /// Runs a company for so long in a world.
    private func run(
        _ script: CompanyScript, for span: Nanoseconds, in world: VirtualWorld,
        _ control: CompanyControl
    ) throws -> CompanyReport? {
        let end = world.now + span
        var isStopped = false
        world.onWait = {
            if $0 < end || isStopped { return }
            isStopped = true
            control.stop()
        }
        var plan = GeneratorPlan(destination: .v4(0x7F00_0001, port: 9))
        plan.timeout = .seconds(1)
        var company = try Company(
            script, plan: plan, control: control, kernel: VirtualKernel(world),
            time: VirtualTime(world: world))
        return company.run()
    }

    private func run(
        _ script: CompanyScript, for span: Nanoseconds, in world: VirtualWorld
    ) throws -> CompanyReport {
        try #require(try run(script, for: span, in: world, CompanyControl()))
    }

    private func peers(_ text: String) throws -> SlowPeers {
        try #require(SlowPeers(parsing: text))
    }

    @Test("idle connections stand and say nothing")
    func idle() throws {
        let world = VirtualWorld(requestBytes: 1)
        let report = try run(.idle(100), for: .seconds(60), in: world)
        #expect(world.connects.count == 100 && world.requests == 0)
        #expect(report.connections == 100 && report.open == 100 && report.ended == 0)
        #expect(report.bytesRead == 0 && report.bytesWritten == 0)
    }

    @Test("what the server ends is counted, in order or not, and not made again")
    func ended() throws {
        let world = VirtualWorld(requestBytes: 1)
        world.greeting = { number in
            switch number % 4 {
            case 0: [.close(after: .seconds(1))]
            case 1: [.send([1, 2, 3], after: .zero), .reset(after: .seconds(2))]
            default: []
            }
        }
        let report = try run(.idle(100), for: .seconds(10), in: world)
        #expect(report.open == 50 && report.ended == 50 && report.bytesRead == 75)
        #expect(world.connects.count == 100)
    }

    @Test("what ends within the last wait has ended, too")
    func endedLast() throws {
        let world = VirtualWorld(requestBytes: 1)
        // Waits are a second at most, and this comes right behind the last of them.
        world.greeting = { _ in [.close(after: .seconds(5))] }
        let report = try run(.idle(3), for: .seconds(5), in: world)
        #expect(report.open == 0)
    }

    @Test("slow readers ask once and read at their rate", arguments: [1, 7, 1_000, 1_000_000])
    func readers(rate: Int) throws {
        let world = VirtualWorld(requestBytes: 1)
        var asked: [Int: [UInt8]] = [:]
        world.hear = { number, bytes, _ in
            asked[number, default: []] += bytes
            // More than is read in the time, in pieces, for the world copies what is left of one.
            let piece = VirtualWorld.Action.send(Array(repeating: 0, count: 65_536), after: .zero)
            return Array(repeating: piece, count: 200)
        }
        let report = try run(
            .slowReaders(try peers("3:\(rate)"), host: Self.host), for: .seconds(10), in: world)
        let request = "GET /bytes/1073741824 HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(asked.count == 3)
        #expect(asked.values.allSatisfy { String(decoding: $0, as: UTF8.self) == request })
        #expect(report.open == 3 && report.bytesWritten == Int64(3 * request.utf8.count))
        // An act more or less of each.
        let act = max(1, rate / 10)
        #expect(abs(Int(report.bytesRead) - 3 * 10 * rate) <= 6 * act, "\(report.bytesRead)")
    }

    @Test("slow senders send a head that has no end at their rate")
    func senders() throws {
        let world = VirtualWorld(requestBytes: 1)
        var heard: [Int: [UInt8]] = [:]
        world.hear = { number, bytes, _ in
            heard[number, default: []] += bytes
            return []
        }
        let report = try run(
            .slowSenders(try peers("2:10:/x"), host: Self.host), for: .seconds(8), in: world)
        #expect(report.open == 2 && report.bytesRead == 0)
        #expect(abs(report.bytesWritten - 160) <= 4)
        let text = "GET /x HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X-More: 1\r\n", count: 9)
        for bytes in heard.values {
            // Not as text, where half a line end is no prefix of one.
            #expect(text.utf8.starts(with: bytes) && bytes.count >= 78)
        }
    }

    @Test("a server that refuses slow senders has ended them")
    func refusedSenders() throws {
        let world = VirtualWorld(requestBytes: 1)
        var heard: [Int: Int] = [:]
        world.hear = { number, bytes, _ in
            heard[number, default: 0] += bytes.count
            if heard[number] != 20 { return [] }
            return [.send(Array(repeating: 1, count: 50), after: .zero), .close(after: .zero)]
        }
        let report = try run(
            .slowSenders(try peers("2:10"), host: Self.host), for: .seconds(8), in: world)
        #expect(report.open == 0 && report.ended == 2 && report.bytesRead == 100)
    }

    @Test("a connection that can't be made ends the run with its reason")
    func refused() throws {
        for (welcome, isLate) in [(VirtualWorld.Welcome.refused, false), (.ignored, true)] {
            let world = VirtualWorld(requestBytes: 1)
            world.welcome = { number, _ in number == 40 ? welcome : .accepted }
            let control = try CompanyControl()
            #expect(try run(.idle(50), for: .seconds(60), in: world, control) == nil)
            let refusal = try #require(control.openingRefusal)
            #expect((refusal == .tookTooLong) == isLate && !control.isReady)
        }
    }

    @Test("slow peers are read as they are written")
    func peersText() throws {
        let peers = try peers("64:1KiB:/big?x=1:2")
        #expect(peers.count == 64 && peers.rate.raw == 1_024 && peers.path == "/big?x=1:2")
        #expect(SlowPeers(parsing: peers.text) == peers && peers.text == "64:1024:/big?x=1:2")
        for text in ["", "64", "0:1", "1:0", "x:1", "1:x", "1:1:", "1:1:x", "1:1:/a b", "1:2GiB"] {
            #expect(SlowPeers(parsing: text) == nil, "\(text)")
        }
    }

    private func plan(_ arguments: [String]) throws(Complaint) -> LoadPlan {
        let options = try LoadOptions.parser.parse(arguments)
        return try LoadOptions.plan(options, randomSeed: 1) { (_) throws(Complaint) in [] }
    }

    @Test("every kind reaches the plan")
    func options() throws {
        let plan = try plan([
            "--idle", "10k", "--slow-readers", "64:1KiB", "--slow-senders", "8:1:/a",
            "http://127.0.0.1:1/",
        ])
        #expect(plan.company.map(\.kind) == [.idle, .slowReaders, .slowSenders])
        #expect(plan.company.map(\.connections) == [10_000, 64, 8])
        #expect(try self.plan(["http://127.0.0.1:1/"]).company.isEmpty)
    }

    @Test(
        "what can't be carried out is refused in one line",
        arguments: [
            (["--idle", "x", "http://a/"], "--idle 'x' is not a whole number from 0 to"),
            (
                ["--slow-readers", "64", "http://a/"],
                "--slow-readers '64' says not how many of what; write how many and how many"
            ),
            (
                ["--slow-senders", "64:x", "http://a/"],
                "--slow-senders '64:x' says not how many of what; write how many and how many"
            ),
            (
                ["--idle", "64", "--insecure", "https://a/"],
                "--idle opens plain connections, which a server of https takes for broken; leave"
            ),
        ])
    func refusal(arguments: [String], complaint: String) {
        #expect {
            _ = try plan(arguments)
        } throws: {
            "\($0)".hasPrefix(complaint)
        }
    }

    @Test("the report says what became of them")
    func report() throws {
        var result = try Sample.result(LoadTally())
        var idle = CompanyReport(kind: .idle, connections: 10)
        idle.open = 9
        var readers = CompanyReport(kind: .slowReaders, connections: 1)
        (readers.open, readers.bytesRead, readers.bytesWritten) = (1, 2_048, 40)
        result.add([idle, readers])
        let report = result.report
        #expect(report.company == [idle, readers] && idle.ended == 1)
        #expect(try LoadReport(json: JSONValue(parsing: report.json.compact)) == report)
        let text = TextReport.text(report, objectives: [], colours: false)
        #expect(
            text.contains(
                "beside         10 idle connections: 9 stood at the end, 1 ended by the server\n"))
        #expect(text.contains("beside         1 slowly reading connection: 1 stood at the end, 0"))
        #expect(text.contains("by the server; 2.00KiB read, 40B sent\n"))
    }
}
