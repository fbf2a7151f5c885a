import Basis
import Report

/// The same loops as threads of one process and as processes, more of them than CPUs. A switch
/// between processes costs what one between threads does where address spaces are tagged (PCID), so
/// a request costs hardly more.
enum ProcessEffect: Effect {
    static let name = "processes"
    static let source = "Linux, x86/mm: Implement PCID based optimization (10af6235, 4.14)"

    static let picture: EffectPicture? = EffectPicture(
        shape: .rounds, x: "round", y: "processes over threads")

    private static let rounds = 3

    static let rows = [
        EffectRow(
            name: "cost",
            setting: "process-per-core over sharded:hash, 4 each, 64 connections, 10k/s:"
                + " server CPU a request, median of \(rounds)",
            published: "none published",
            predicted: Prediction(atLeast: 0.85, atMost: 1.35, unit: "times")
        ) { (bench) throws(LaunchFailure) in
            let settings = Settings(warmup: .milliseconds(300), duration: .seconds(1))
            let cells = ["sharded:hash", "process-per-core"].map { pattern in
                var cell = Cell(pattern: pattern, threads: 4, connections: 64)
                cell.arrival = .poisson(PerSecond(raw: 10_000))
                return cell
            }
            return try bench.costRatio(of: (cells[0], cells[1]), rounds: rounds, settings)
        }
    ]
}
