import Basis
import Compare
import Foundation
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

    @Test(
        "a call more for each request, or for some, is seen, and so is a single error",
        arguments: ExactMeter.spoken)
    func more(_ spoken: ExactMeter.Spoken) {
        /// A round of a thousand requests that cost three calls each, and more by the opening.
        func values(more calls: Int64 = 0, allocations: Int64 = 0) -> [String: Double] {
            var round = Self.round(syscalls: 3_009 + calls, allocations: allocations)
            round.openingBytes = spoken.openingBytes
            round.bytes += spoken.openingBytes
            return Self.values(Array(repeating: round, count: 3))
        }
        #expect(values()["syscalls_per_req"] == 3)
        #expect(values(more: 100)["syscalls_per_req"] == 4)
        #expect(values(more: 1_000)["syscalls_per_req"] == 4)
        #expect(values(allocations: 1_000)["allocations_per_req"] == 1)
        let wrong = Self.values([0, 0, 1].map { Self.round(syscalls: 3_000, errors: $0) })
        #expect(wrong["errors"] == 1)
        let unmetered = Self.values([Self.round(syscalls: 3_000, allocations: nil)])
        #expect(unmetered["allocations_per_req"] == nil)
    }

    @Test("what opens a connection is of no answer", arguments: ExactMeter.spoken)
    func opening(_ spoken: ExactMeter.Spoken) {
        func bytes(_ count: Int64) -> Double? {
            var round = Self.round(syscalls: 3_000)
            round.openingBytes = spoken.openingBytes
            round.bytes = count
            return Self.values([round])["response_bytes_per_req"]
        }
        #expect(bytes(135_000) == 135 && bytes(135_000 + spoken.openingBytes) == 135)
        #expect(bytes(135_001 + spoken.openingBytes) == 135, "a thousandth is chance")
        #expect(bytes(136_000) == 136, "a byte more for each request")
        #expect(bytes(135_500) == 136, "or for half of them")
    }

    @Test("every pattern is counted in every protocol, and the committed file has them all")
    func committed() throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        func text(_ file: String) throws -> String {
            try String(contentsOf: root.appending(path: file), encoding: .utf8)
        }
        let matrix = try Matrix(parsing: text(GateMatrix.file), file: GateMatrix.file)
        let patterns = try matrix.expand(
            profile: Matrix.defaultProfile, filter: nil, serverThreads: 1
        ).cells
        let cells = ExactMeter.cells(of: patterns)
        #expect(cells.count == ExactMeter.spoken.count * Set(patterns.map(\.pattern)).count)
        let baseline = try ExactBaseline(
            parsing: text(ExactCheck.defaultFile), file: ExactCheck.defaultFile)
        for cell in cells {
            let metrics = baseline.narrowed(to: [cell.id]).counters.map(\.metric)
            // Allocations are not counted with TLS.
            #expect(metrics.count == (cell.tls == .off ? 6 : 5), "\(cell.id): \(metrics)")
        }
        #expect(baseline.counters.allSatisfy { $0.metric != "errors" || $0.value == 0 })
        for counter in baseline.counters where counter.metric == "allocations_per_req" {
            // A reply of events owns its state, so that other connections need no room for it.
            let isOfEvents = counter.cell.hasPrefix(Cell.Language.sse.rawValue + "/")
            #expect(counter.value == (isOfEvents ? 1 : 0), "\(counter.cell)")
        }
    }

    @Test("cells that differ only in load are one")
    func cells() {
        var first = Cell(pattern: "single", threads: 2, connections: 64)
        first.arrival = .constant(PerSecond(raw: 15_000))
        let second = Cell(pattern: "single", threads: 2, connections: 1_024)
        let other = Cell(pattern: "sharded:hash", threads: 2, connections: 64)
        let counted = ExactMeter.cells(of: [first, second, other]).map(\.id)
        let wanted = ["single", "sharded:hash"].flatMap { pattern in
            ExactMeter.spoken.map {
                "\($0.language.rawValue)/\(pattern)/w1/c1/p13"
                    + ($0.tls == .off ? "" : "/tls\($0.tls.rawValue)")
            }
        }
        #expect(counted == wanted)
        first.path = "/work?us=50"
        #expect(ExactMeter.cells(of: [first]).map(\.language) == [.h1])
    }

    @Test("a round that lacks the bytes of its last answers does not count for the bytes")
    func whole() {
        var round = Self.round(syscalls: 3_000)
        #expect(round.isWhole)
        round.bytes -= 135
        #expect(!round.isWhole)
        let whole = Self.round(syscalls: 4_000)
        #expect(ExactMeter.answerBytes([round, whole]) == nil)
        #expect(ExactMeter.answerBytes([whole, round, whole]) == 135)
        #expect(Self.values([round, whole, round])["response_bytes_per_req"] == 135)
        // As many are missing as if all answers were shorter.
        round.bytes = 100_000
        #expect(ExactMeter.answerBytes([whole, round, whole]) == 135)
        #expect(ExactMeter.answerBytes([round, whole, whole, round]) == 135)
        let values = Self.values([round, whole, round, whole, round])
        #expect(values["response_bytes_per_req"] == 135 && values["syscalls_per_req"] == 3)
        #expect(!ExactMeter.Round().isWhole, "nothing was asked")
    }
}
