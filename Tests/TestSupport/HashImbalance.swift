import Basis

/// How unevenly a random hash spreads connections over workers: the yardstick for SO_REUSEPORT.
package enum HashImbalance {
    /// The expected connections of the fullest worker over the mean, from `trials` seeded trials.
    package static func expectedMaxOverMean(
        connections: Int, workers: Int, trials: Int, seed: UInt64
    ) -> Double {
        precondition(connections >= 1 && workers >= 1 && trials >= 1, "nothing to spread")
        var generator = SeededGenerator(seed: seed)
        var largest = 0
        for _ in 0..<trials {
            var counts = [Int](repeating: 0, count: workers)
            for _ in 0..<connections {
                counts[Int.random(in: 0..<workers, using: &generator)] += 1
            }
            largest += counts.max() ?? 0
        }
        return Double(largest) * Double(workers) / (Double(trials) * Double(connections))
    }
}
