import Basis
import Foundation
import Testing

@testable import switchyard_micro

@Suite("searches for a capacity that is known")
struct KnownCapacityTests {
    typealias Search = KnownCapacityCommand.Search

    /// The share of those who wait at most `wait` service times for one worker with so much load
    /// whose service always takes the same (A. K. Erlang, "The theory of probabilities and
    /// telephone conversations", 1909).
    private func share(waitingUpTo wait: Double, load: Double) -> Double {
        var sum = 0.0
        for past in 0...Int(wait) {
            let rest = load * (wait - Double(past))
            var term = exp(rest)
            for factor in stride(from: 1, through: past, by: 1) { term *= -rest / Double(factor) }
            sum += term
        }
        return (1 - load) * sum
    }

    @Test("the rate that just meets an objective is Erlang's", arguments: [0.5, 0.7, 0.8])
    func border(load: Double) throws {
        let waits = stride(from: 0, to: 20, by: 0.01)
        let wait = try #require(waits.first { share(waitingUpTo: $0, load: load) >= 0.99 })
        let rate = KnownCapacityCommand.borderRate(
            workers: 1, full: 1_000, objective: .microseconds(Int((wait + 1) * 1_000)))
        #expect(abs(rate / (1_000 * load) - 1) < 0.02, "\(rate)")
    }

    private func search(_ found: Double?, seconds: Int = 40) -> Search {
        Search(known: 4_000, found: found, outcome: "found", time: .seconds(seconds))
    }

    @Test(
        "19 of 20 are to be near, and in time",
        arguments: [
            ([3_890.0, 4_115], true), ([3_870], false), ([4_130], false), ([nil], false),
        ] as [([Double?], Bool)])
    func verdict(found: [Double?], isGood: Bool) {
        for figure in found { #expect(search(figure).isGood == isGood) }
        var row = KnownCapacityCommand.Row(name: "constant")
        row.searches = Array(repeating: search(4_000), count: 19) + [search(found[0])]
        #expect(row.passes)
        row.searches =
            Array(repeating: search(4_000), count: 18)
            + [search(found[0]), search(found[0])]
        #expect(row.passes == isGood)
    }

    @Test("who takes a minute is late")
    func time() {
        #expect(search(4_000, seconds: 59).isGood && !search(4_000, seconds: 60).isGood)
    }
}
