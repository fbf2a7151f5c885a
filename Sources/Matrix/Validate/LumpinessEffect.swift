import Basis
import Measure
import Report

/// Few connections over loops by a hash: some loop has far more than its part, and a program that
/// takes the loops in turn gives each its part exactly.
enum LumpinessEffect: Effect {
    static let name = "lumpiness"
    static let source = "balls in bins: the fullest of 8 loops with 64 connections"

    static let picture: EffectPicture? = EffectPicture(
        shape: .distribution, x: "connections of the fullest loop, of a fair part",
        y: "launches in which they are at most so many, %")

    private static let threads = 8
    private static let connections = 64
    private static let launches = 12

    static let rows = [
        row("hash", "sharded:hash", near(draws.reduce(0, +) / Double(draws.count)), law: draws),
        row(
            "round-robin", "sharded:round-robin",
            Prediction(atLeast: 1, atMost: 1, unit: "of a fair part")),
    ]

    /// The mean of so many launches is within a tenth of it but in one of some hundred.
    private static func near(_ value: Double) -> Prediction {
        Prediction(
            atLeast: 0.88 * value, atMost: 1.12 * value, unit: "of a fair part",
            expected: value)
    }

    /// The fullest loop over the mean, in each of many draws.
    private static let draws: [Double] = {
        var generator = SeededGenerator(seed: 1)
        return (0..<4_000).map { _ in
            var counts = [Double](repeating: 0, count: threads)
            for _ in 0..<connections { counts[Int(generator.next() % UInt64(threads))] += 1 }
            return fullness(counts)
        }
    }()

    private static func fullness(_ counts: [Double]) -> Double {
        (counts.max() ?? 0) * Double(counts.count) / max(1, counts.reduce(0, +))
    }

    private static func row(
        _ name: String, _ pattern: String, _ predicted: Prediction, law: [Double] = []
    ) -> EffectRow {
        EffectRow(
            name: name,
            setting: "\(pattern), \(threads) threads, \(connections) connections: those of the"
                + " fullest over the mean, in the mean of \(launches) launches",
            published: "1.27 with 8 connections on 2", predicted: predicted
        ) { (bench) throws(LaunchFailure) in
            var cell = Cell(pattern: pattern, threads: threads, connections: connections)
            cell.arrival = .constant(PerSecond(raw: 1_000))
            let settings = Settings(warmup: .zero, duration: .milliseconds(200))
            var fullest: [Double] = []
            for _ in 0..<launches {
                let record = try bench.launch(cell, settings)
                _ = try bench.report(record)
                let counts = record.workers.filter { $0.role == "loop" }
                    .map { Double($0.accepted) }
                guard counts.reduce(0, +) > 0 else { throw LaunchFailure("nothing was accepted") }
                fullest.append(fullness(counts))
            }
            return .value(
                fullest.reduce(0, +) / Double(launches),
                .distribution(fullest, .measured)
                    + (law.isEmpty ? [] : .distribution(law, .simulated)))
        }
    }
}
