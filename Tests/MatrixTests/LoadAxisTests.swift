import Basis
import Report
import Testing

@testable import Matrix

@Suite("axes of unlike connections")
struct LoadAxisTests {
    private static func cells(_ axes: String, filter: String? = nil) throws -> [Cell] {
        let matrix = try Matrix(
            parsing: "{axes: {pattern: 'single', \(axes)}}", file: "m.json5")
        let filter = try filter.map { try CellFilter(parsing: $0, origin: "--filter") }
        return try matrix.expand(profile: "default", filter: filter, serverThreads: 1).cells
    }

    private static func arguments(_ cell: Cell) -> [String] {
        RunningGenerator.arguments(
            cell, host: "127.0.0.1", port: 1, threads: 1, seed: 1, settings: Settings(), turn: nil)
    }

    @Test("a skew is part of a cell, of its id and of its record, and goes to the generator")
    func skew() throws {
        let cells = try Self.cells("rate: '3k', skew: ['even', 'zipf:1', 'zipf:0.5']")
        #expect(
            cells.map(\.id).sorted() == [
                "h1/single/w1/c64/p13/r3k", "h1/single/w1/c64/p13/r3k/zipf0.5",
                "h1/single/w1/c64/p13/r3k/zipf1",
            ])
        try Abilities.check(cells)
        let cell = try #require(cells.first { $0.skew == .zipf(1) })
        #expect(try Cell(RecordFields(JSONValue(parsing: cell.json.compact))) == cell)
        let arguments = Self.arguments(cell)
        let place = try #require(arguments.firstIndex(of: "--skew"))
        #expect(arguments[place + 1] == "zipf:1")
        let even = try #require(cells.first { $0.skew == .even })
        #expect(!Self.arguments(even).contains("--skew"))
        let found = try Self.cells(
            "rate: '3k', skew: ['even', 'zipf:1']", filter: "skew=zipf:1")
        #expect(found.map(\.skew) == [.zipf(1)])
    }

    @Test("a cell's company is part of it, of its id and of its record, and goes to both ends")
    func company() throws {
        let cells = try Self.cells(
            "connections: 8, idle: [0, '10k'], slow_readers: ['none', '64:1KiB'],"
                + " slow_senders: ['none', '4:1:/a/b']")
        #expect(cells.count == 8)
        try Abilities.check(cells)
        let cell = try #require(cells.max { $0.company.count < $1.company.count })
        #expect(cell.id == "h1/single/w1/c8/p13/idle10000/readers64-1024/senders4-1-a-b")
        #expect(cell.connectionsInAll == 10_076)
        #expect(try Cell(RecordFields(JSONValue(parsing: cell.json.compact))) == cell)
        let arguments = Self.arguments(cell)
        for (option, value) in [
            ("--idle", "10000"), ("--slow-readers", "64:1024"), ("--slow-senders", "4:1:/a/b"),
        ] {
            let place = try #require(arguments.firstIndex(of: option))
            #expect(arguments[place + 1] == value)
        }
        // A connection that never asks is to stand for the whole launch.
        #expect(RunningServer.arguments(cell, control: "c").contains("--head-timeout"))
        let plain = try #require(cells.first { $0.company.count == 0 })
        #expect(plain.id == "h1/single/w1/c8/p13")
        #expect(Self.arguments(plain).allSatisfy { !$0.contains("idle") && !$0.contains("slow") })
        #expect(!RunningServer.arguments(plain, control: "c").contains("--head-timeout"))
        let found = try Self.cells(
            "idle: [0, '10k'], slow_readers: ['none', '64:1KiB']",
            filter: "idle>=10k slow_readers=none slow_senders=none")
        #expect(found.map(\.company.idle) == [10_000])
        #expect(!SliceExecutor.takes(found[0]))
    }

    @Test(
        "what can't be carried out is refused in one line",
        arguments: [
            ("rate: 'closed', skew: 'zipf:1'", "a skew without a rate of requests"),
            ("connection_rate: '1k', skew: 'zipf:1'", "a skew without a rate of requests"),
            ("rate: 'find:p99<5ms', skew: 'zipf:1'", "a skew without a rate of requests"),
            (
                "rate: '1k', requests_per_connection: 8, skew: 'zipf:1'",
                "a skew of connections that end"
            ),
            ("tls: '1.3', idle: 5", "connections beside the load with tls"),
        ])
    func abilities(axes: String, what: String) throws {
        let cells = try Self.cells(axes)
        #expect {
            try Abilities.check(cells)
        } throws: {
            "\($0)".contains("asks for \(what), which")
        }
    }

    @Test(
        "what can't be read is refused in one line",
        arguments: [
            (
                "rate: '1k', skew: 'zipf'",
                "axes.skew: 'zipf' is no skew; write even, or zipf:S with an S from 0.1 to 10, such"
                    + " as zipf:1"
            ),
            (
                "slow_readers: '64'",
                "axes.slow_readers: '64' says not how many of what; write how many and how many"
                    + " bytes a second each, such as 64:1KiB or 64:1KiB:/path"
            ),
            (
                "idle: -1",
                "axes.idle: -1 is not a whole number from 0 to 1000000; write one such as 64"
            ),
        ])
    func refusal(axes: String, complaint: String) throws {
        #expect {
            _ = try Self.cells(axes)
        } throws: {
            "\($0)" == "m.json5: \(complaint)"
        }
    }
}
