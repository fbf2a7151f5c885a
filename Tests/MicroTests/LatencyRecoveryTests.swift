import Basis
import Measure
import Platform
import Testing

@testable import switchyard_micro

/// A run as it would be: known delays, a relay in between, and a generator that is right.
private struct Rehearsal {
    static let interval = Nanoseconds.milliseconds(1)
    static let requests = 2_000

    /// Answers without delay.
    static var calm: LatencyRecovery {
        Rehearsal(known: .fixed(.zero), connections: 4).recovery()
    }

    var known: KnownDelay
    /// Fewer make requests wait for one that is free.
    var connections = 160
    var seed: UInt64 = 1

    /// The recovery of what a generator reports whose figures `distort` changes.
    func recovery(
        lost: Int = 0,
        _ distort: (_ response: Int64, _ service: Int64) -> (Int64, Int64) = { ($0, $1) }
    ) -> LatencyRecovery {
        var draw = DelayDraw(known, seed: seed)
        var jitter = SeededGenerator.stream(seed: seed, index: 1)
        var free = [Int64](repeating: 0, count: connections)
        var passages: [DelayRelay.Passage] = []
        var response = Histogram()
        var service = Histogram()
        for index in 0..<Self.requests {
            let due = Int64(index) * Self.interval.raw
            let place = free.indices.min { free[$0] < free[$1] } ?? 0
            let sent = max(due, free[place])
            let delay = draw.next()
            let there = sent + Int64.random(in: 30_000...80_000, using: &jitter)
            let back = there + delay.raw + Int64.random(in: 20_000...150_000, using: &jitter)
            free[place] = back + Int64.random(in: 30_000...80_000, using: &jitter)
            passages.append(
                .init(delay: delay, received: Instant(raw: there), answered: Instant(raw: back)))
            let told = distort(free[place] - due, free[place] - sent)
            if index < lost { continue }
            response.record(Nanoseconds(raw: told.0))
            service.record(Nanoseconds(raw: told.1))
        }
        return LatencyRecovery(
            known, passages.sorted { $0.received < $1.received }, interval: Self.interval,
            response: response, service: service, stalls: [.microseconds(60)])
    }

    func problems(
        lost: Int = 0,
        _ distort: (_ response: Int64, _ service: Int64) -> (Int64, Int64) = { ($0, $1) }
    ) -> [String] {
        let recovery = recovery(lost: lost, distort)
        return recovery.problems(recovery.bounds([Self.calm]))
    }
}

@Suite("known latencies")
struct LatencyRecoveryTests {
    private static let bimodal = KnownDelay.bimodal(
        fast: .milliseconds(50), slow: .milliseconds(250), slowShare: 0.05)

    fileprivate static let rehearsals = [
        Rehearsal(known: .fixed(.milliseconds(100))), Rehearsal(known: bimodal),
        Rehearsal(known: .exponential(mean: .milliseconds(100))),
        Rehearsal(known: bimodal, connections: 56),
    ]

    @Test("a generator that is right recovers them", arguments: 0..<4, [2, 3, 4, 5] as [UInt64])
    func right(index: Int, seed: UInt64) {
        var rehearsal = Self.rehearsals[index]
        rehearsal.seed = seed
        #expect(rehearsal.problems() == [], "\(rehearsal)")
    }

    @Test("one that is wrong does not", arguments: 0..<4)
    func wrong(index: Int) {
        let rehearsal = Self.rehearsals[index]
        #expect(!rehearsal.problems { ($0 * 102 / 100, $1) }.isEmpty, "2 % high")
        #expect(!rehearsal.problems { ($0 * 98 / 100, $1) }.isEmpty, "2 % low")
        #expect(!rehearsal.problems { ($0 / 1_000_000 * 1_000_000, $1) }.isEmpty, "whole ms, down")
        #expect(!rehearsal.problems { (min($0, 90_000_000), $1) }.isEmpty, "the tail cut off")
        #expect(!rehearsal.problems { ($0, $1 * 2) }.isEmpty, "service time doubled")
        #expect(!rehearsal.problems(lost: 1).isEmpty, "one answer lost")
        #expect(rehearsal.problems { ($1, $1) }.isEmpty == (index < 3), "counted from the send")
    }

    @Test("mistakes are judged as if the generator made them", arguments: 0..<4)
    func mistakes(index: Int) {
        let recovery = Self.rehearsals[index].recovery()
        let bounds = recovery.bounds([Rehearsal.calm])
        #expect(!recovery.problems(bounds, with: .high).isEmpty)
        #expect(!recovery.problems(bounds, with: .low).isEmpty)
        #expect(recovery.problems(bounds, with: .fromSend).isEmpty == (index < 3))
    }

    @Test("no answer at all is no success")
    func nothing() {
        let nothing = LatencyRecovery(
            .fixed(.zero), [], interval: .milliseconds(1), response: Histogram(),
            service: Histogram(), stalls: [])
        #expect(!nothing.problems(nothing.bounds([])).isEmpty)
    }

    @Test("delays follow from their seed and have the quantiles they should")
    func draws() {
        for known in [.fixed(.milliseconds(3)), Self.bimodal, .exponential(mean: .seconds(1))] {
            var (draw, again) = (DelayDraw(known, seed: 7), DelayDraw(known, seed: 7))
            let delays = (0..<20_000).map { _ in draw.next() }
            #expect(delays == delays.map { _ in again.next() })
            for percentile in [50.0, 90, 99] {
                let interval = PercentileInterval.of(
                    sorted: delays.sorted(), percentile: percentile, confidence: 0.9999)
                let truth = known.quantile(percentile)
                #expect(
                    (interval.low ?? .zero) <= truth && truth <= (interval.high ?? .zero),
                    "\(known) p\(percentile): \(interval)")
            }
        }
    }
}
