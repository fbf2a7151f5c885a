import Basis
import Compare
import Foundation
import Matrix
import Platform
import Report
import Testing

@Suite("slices with real processes")
struct SliceExecutorTests {
    private static func measure(
        _ cell: Cell, in scratch: Scratch, looks: Int = .max
    ) throws -> SliceRecord? {
        let cpu = CPUSet.available.cpus[0]
        let executor = try ProcessExecutor(
            programs: try Fake.programs(in: scratch), servers: [],
            cpus: CPUSplit(server: [cpu], load: [cpu]))
        defer { executor.removeScratch() }
        var meter = SliceExecutor(base: executor, candidate: executor)
        var left = looks
        let record = SliceRecord(
            pair: 0, cell: cell, seed: 99, first: .candidate, isControl: false,
            time: .zero)
        return meter.measure(
            record, settings: .short(),
            interruption: Interruption {
                left -= 1
                return left == 0 ? .now : .none
            })
    }

    private static func cell(_ pattern: String, connections: Int) -> Cell {
        var cell = Cell(pattern: pattern, threads: 1, connections: connections)
        cell.arrival = .constant(PerSecond(raw: 20_000))
        return cell
    }

    @Test("each slice has a generator of its own and tells CPU time a request")
    func good() throws {
        let scratch = try Scratch()
        let record = try #require(
            try Self.measure(Self.cell("counts:steadily", connections: 12), in: scratch))
        #expect(record.failure == nil)
        #expect(record.base.count == 4 && record.candidate.count == 4)
        for figure in (record.base + record.candidate).compactMap(\.self) {
            // Little more than the answers to two snapshots, over 4 000 requests.
            #expect(figure > 0 && figure < 100_000)
        }
        #expect(record.base.contains { $0 != nil } && record.candidate.contains { $0 != nil })
        let told = try scratch.read("load-arguments").split(separator: "\n")
        #expect(told.count == 8)
        for line in told {
            #expect(line.contains("--seed 99 ") && line.contains("--rate 20000.0"))
            #expect(line.contains("--warmup 0ns --duration 360000000ns"))
        }
    }

    @Test("slices whose generator ended early or whose rate was another do not count")
    func lost() throws {
        let scratch = try Scratch()
        let record = try #require(
            try Self.measure(Self.cell("counts:steadily", connections: 64), in: scratch))
        #expect(record.failure == nil)
        #expect(record.base == [nil, nil, nil, nil] && record.candidate == record.base)
        #expect(record.outcome == .invalid("only 0 of 4 neighbouring slices met the planned rate"))
    }

    @Test(
        "a server or generator that fails ends the pair with its words",
        arguments: [
            ("dies:early", 64, Side.base, "printed no ready line within 10.0s: no such pattern"),
            ("counts:steadily", 7, .candidate, "the generator ended with status 1: can't connect"),
            ("stops:badly", 64, .base, "the server ended in disorder: broken"),
        ])
    func bad(pattern: String, connections: Int, side: Side, reason: String) throws {
        let scratch = try Scratch()
        let record = try #require(
            try Self.measure(Self.cell(pattern, connections: connections), in: scratch))
        #expect(record.failure?.side == side)
        #expect(record.failure?.reason.hasSuffix(reason) == true, "\(record)")
    }

    @Test("a stop leaves no record")
    func stopped() throws {
        let scratch = try Scratch()
        let cell = Self.cell("counts:steadily", connections: 10)
        #expect(try Self.measure(cell, in: scratch, looks: 3) == nil)
    }

    @Test("the CPU clocks of a process group run while it works and are nothing when it is gone")
    func clocks() throws {
        let group: ProcessGroup
        do {
            var process = try ChildProcess(
                SpawnOptions("sh", ["-c", "sleep 100 & echo up; while :; do :; done"]))
            #expect(process.nextLine(timeout: .seconds(10)) == "up")
            group = ProcessGroup(leader: process.processID)
            let first = group.cpu
            while group.cpu - first < .milliseconds(1) { blockThread(for: .milliseconds(1)) }
            #expect(CPUClock.process(process.processID).map { $0 > .zero } == true)
        }
        #expect(group.cpu < .seconds(1))
        #expect(CPUClock.process(-1) == nil)
    }
}
