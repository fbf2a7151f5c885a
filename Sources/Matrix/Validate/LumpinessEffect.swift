import Basis
import Measure
import Report

/// Few connections over loops by a hash: some loop has far more than its part, and a program that
/// takes the loops in turn gives each its part exactly.
enum LumpinessEffect: Effect {
    static let name = "lumpiness"
    static let source = "balls in bins: the fullest of 8 loops with 64 connections"

    private static let threads = 8
    private static let connections = 64
    private static let launches = 12

    static let rows = [
        row("hash", "sharded:hash", near(expected)),
        row(
            "round-robin", "sharded:round-robin",
            Prediction(atLeast: 1, atMost: 1, unit: "of a fair part")),
    ]

    /// The mean of so many launches is within a tenth of it but in one of some hundred.
    private static func near(_ value: Double) -> Prediction {
        Prediction(atLeast: 0.88 * value, atMost: 1.12 * value, unit: "of a fair part")
    }

    /// The fullest loop over the mean, in the mean of many draws.
    private static var expected: Double {
        var generator = SeededGenerator(seed: 1)
        let draws = 4_000
        var sum = 0.0
        for _ in 0..<draws {
            var counts = [Double](repeating: 0, count: threads)
            for _ in 0..<connections { counts[Int(generator.next() % UInt64(threads))] += 1 }
            sum += fullness(counts)
        }
        return sum / Double(draws)
    }

    private static func fullness(_ counts: [Double]) -> Double {
        (counts.max() ?? 0) * Double(counts.count) / max(1, counts.reduce(0, +))
    }

    private static func row(
        _ name: String, _ pattern: String, _ predicted: Prediction
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
            var sum = 0.0
            for _ in 0..<launches {
                let record = try bench.launch(cell, settings)
                _ = try bench.report(record)
                let counts = record.workers.filter { $0.role == "loop" }
                    .map { Double($0.accepted) }
                guard counts.reduce(0, +) > 0 else { throw LaunchFailure("nothing was accepted") }
                sum += fullness(counts)
            }
            return .value(sum / Double(launches))
        }
    }
}
