import Basis
import Compare
import Report
import Testing

@testable import Matrix

@Suite("counters that repeat exactly")
struct ExactMeterTests {
    private static func round(
        syscalls: Int64, wakeups: Int64 = 0, allocations: Int64? = 0, errors: Int64 = 0
    ) -> ExactMeter.Round {
        var round = ExactMeter.Round()
        round.requests = 1_000
        round.server.counts.syscalls.receive = syscalls
        round.server.wakeups = wakeups
        round.allocations = allocations
        round.bytes = 135_000
        round.errors = errors
        return round
    }

    private static func values(_ rounds: [ExactMeter.Round]) -> [String: Double] {
        let counters = ExactMeter.counters(of: "a", rounds)
        return Dictionary(uniqueKeysWithValues: counters.map { ($0.metric, $0.value) })
    }

    @Test("ticks of the clock and threads that meet awake change nothing")
    func chance() {
        let quiet = Self.values([3_000, 3_000, 3_000].map { Self.round(syscalls: $0) })
        let ticking = Self.values([3_009, 3_004, 3_100].map { Self.round(syscalls: $0) })
        #expect(quiet == ticking)
        #expect(quiet["syscalls_per_req"] == 3 && quiet["response_bytes_per_req"] == 135)
        let spared = [1_720, 1_930, 2_000].map { Self.round(syscalls: 3_000, wakeups: $0) }
        #expect(Self.values(spared)["wakeups_per_req"] == 2)
    }

    @Test("a call more for each request, or for some, is seen, and so is a single error")
    func more() {
        let more = Self.values((0..<3).map { _ in Self.round(syscalls: 3_100, allocations: 1_000) })
        #expect(more["syscalls_per_req"] == 4 && more["allocations_per_req"] == 1)
        let wrong = Self.values([0, 0, 1].map { Self.round(syscalls: 3_000, errors: $0) })
        #expect(wrong["errors"] == 1)
        let unmetered = Self.values([Self.round(syscalls: 3_000, allocations: nil)])
        #expect(unmetered["allocations_per_req"] == nil)
    }

    @Test("cells that differ only in load are one")
    func cells() {
        var first = Cell(pattern: "single", threads: 2, connections: 64)
        first.arrival = .constant(PerSecond(raw: 15_000))
        let second = Cell(pattern: "single", threads: 2, connections: 1_024)
        let other = Cell(pattern: "sharded:hash", threads: 2, connections: 64)
        var events = other
        events.language = .sse
        #expect(
            ExactMeter.cells(of: [first, second, other, events]).map(\.id) == [
                "h1/single/w1/c1/p13", "h1/sharded:hash/w1/c1/p13", "sse/sharded:hash/w1/c1/p13",
            ])
    }

    @Test("a round that lacks the bytes of its last answer is not whole")
    func whole() {
        var round = Self.round(syscalls: 3_000)
        #expect(round.isWhole)
        round.bytes -= 135
        #expect(!round.isWhole)
        #expect(!ExactMeter.Round().isWhole, "nothing was asked")
    }
}
