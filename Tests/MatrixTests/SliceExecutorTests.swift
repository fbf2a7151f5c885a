import Basis
import Compare
import Foundation
import Measure
import Platform
import Report
import Testing

@testable import Matrix

@Suite("slices with real processes")
struct SliceExecutorTests {
    private static func measure(
        _ cell: Cell, in scratch: Scratch, settings: Settings = .short(), looks: Int = .max,
        lateness: Nanoseconds = .zero
    ) throws -> SliceRecord? {
        let cpu = CPUSet.available.cpus[0]
        let executor = try ProcessExecutor(
            programs: try Fake.programs(in: scratch), servers: [],
            cpus: CPUSplit(server: [cpu], load: [cpu]))
        defer { executor.removeScratch() }
        // What the generator says: the rate of half a cell, for each side has half of the time.
        var report = Fake.report()
        report.achievedRate = 40
        report.lateness.p99 = lateness
        try scratch.write("report.json", report.json.compact)
        var meter = SliceExecutor(base: executor, candidate: executor)
        var left = looks
        let record = SliceRecord(
            pair: 0, cell: cell, seed: 99, first: .candidate, isControl: false,
            time: .zero)
        return meter.measure(
            record, settings: settings,
            interruption: StopRequest {
                left -= 1
                return left == 0 ? .now : .none
            })
    }

    private static func cell(_ pattern: String, connections: Int, rate: Double = 80) -> Cell {
        var cell = Cell(pattern: pattern, threads: 1, connections: connections)
        cell.arrival = .constant(PerSecond(raw: rate))
        return cell
    }

    @Test("both servers have a generator, by turns, and tell CPU time a request")
    func good() throws {
        let scratch = try Scratch()
        var settings = Settings.short()
        settings.duration = .milliseconds(800)
        let record = try #require(
            try Self.measure(
                Self.cell("burns:cpu", connections: 12), in: scratch, settings: settings,
                lateness: .milliseconds(5)))
        #expect(record.failure == nil)
        #expect(record.base.count == 4 && record.candidate.count == 4)
        let figures = (record.base + record.candidate).compactMap(\.self)
        #expect(!figures.isEmpty)
        // Servers that burn what they get of one CPU, over 16 requests a slice of 200 ms; a reading
        // may come late by half of that.
        for figure in figures { #expect(figure > 0 && figure < 600e6 / 16) }
        let told = try scratch.read("load-arguments").split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        #expect(told.count == 2)
        func value(_ name: String, _ line: [String]) -> String? {
            line.firstIndex(of: name).map { line[$0 + 1] }
        }
        for line in told {
            #expect(value("--seed", line) == "99" && value("--rate", line) == "40.0")
            #expect(value("--warmup", line) == "0ns" && value("--duration", line) == "2400000000ns")
        }
        // The candidate is first, and the base is started first.
        let turns = told.compactMap { value("--turn", $0) }
        #expect(turns.map { $0.prefix(16) } == ["1/2:200000000ns@", "0/2:200000000ns@"])
        #expect(turns[0].dropFirst(16) == turns[1].dropFirst(16))
    }

    @Test(
        "slices whose generator ended early, had another rate or was late do not count",
        arguments: [(64, 80.0, 5), (12, 400, 5), (12, 80, 6)])
    func lost(connections: Int, rate: Double, lateness: Int) throws {
        let scratch = try Scratch()
        let record = try #require(
            try Self.measure(
                Self.cell("burns:cpu", connections: connections, rate: rate), in: scratch,
                lateness: .milliseconds(lateness)))
        #expect(record.failure == nil)
        #expect(record.base == [nil, nil, nil, nil] && record.candidate == record.base)
        #expect(record.outcome == .invalid("only 0 of 4 neighbouring slices had the planned load"))
    }

    @Test(
        "a server or generator that fails ends the pair with its words",
        arguments: [
            ("dies:early", 64, Side.base, "ended before it was ready: no such pattern"),
            ("single", 7, .base, "the generator ended with status 1: can't connect"),
            ("stops:badly", 64, .base, "the server ended in disorder: broken"),
        ])
    func bad(pattern: String, connections: Int, side: Side, reason: String) throws {
        let scratch = try Scratch()
        let record = try #require(
            try Self.measure(Self.cell(pattern, connections: connections), in: scratch))
        #expect(record.failure?.side == side)
        // The shell may tell of its own child first.
        let said = record.failure?.reason.replacing("Terminated / ", with: "")
        #expect(said?.hasSuffix(reason) == true, "\(record)")
    }

    @Test("a stop leaves no record")
    func stopped() throws {
        let scratch = try Scratch()
        let cell = Self.cell("single", connections: 10)
        #expect(try Self.measure(cell, in: scratch, looks: 3) == nil)
    }

    @Test("the CPU clocks of a process group run while it works and are nothing when it is gone")
    func clocks() throws {
        let group: ProcessGroup
        do {
            var process = try ChildProcess(
                SpawnOptions("sh", ["-c", "sleep 100 & echo up; while :; do :; done"]))
            #expect(process.nextLine(timeout: .seconds(10)) == "up")
            group = ProcessGroup(of: process)
            let first = group.cpu
            while group.cpu - first < .milliseconds(1) { blockThread(for: .milliseconds(1)) }
            #expect(CPUClock.process(process.processID).map { $0 > .zero } == true)
        }
        #expect(group.cpu < .seconds(1))
        #expect(CPUClock.process(-1) == nil)
    }
}
