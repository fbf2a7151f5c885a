import Basis
import Platform
import Report

/// What a hand-over between threads costs here, and that a pattern which hands each request over
/// takes so much longer for a request that is alone.
enum HandoverEffect: Effect {
    static let name = "handover"
    static let source = "C. Li et al., Quantifying the Cost of Context Switch (ExpCS 2007)"

    static let picture: EffectPicture? = EffectPicture(
        shape: .rounds, x: "round", y: "in the unit of the row")

    private static let rounds = 5

    static let rows = [
        EffectRow(
            name: "one-cpu",
            setting: "two threads on one CPU that wake each other by a lock's condition:"
                + " one hand-over, median of \(rounds)",
            published: "3.8 us for a switch of contexts", publishedFigure: 3.8,
            predicted: Prediction(atLeast: 0.3, atMost: 15, unit: "us")
        ) { (bench) throws(LaunchFailure) in
            try times(bench.cpus.server[0], bench.cpus.server[0])
        },
        EffectRow(
            name: "two-cpus",
            setting: "the same on two CPUs",
            published: "none published",
            predicted: Prediction(atLeast: 0.3, atMost: 200, unit: "us")
        ) { (bench) throws(LaunchFailure) in
            guard let other = bench.cpus.load.first(where: { !bench.cpus.server.contains($0) })
            else { return .lacks("a second CPU") }
            return try times(bench.cpus.server[0], other)
        },
        EffectRow(
            name: "queue",
            setting: "one connection in a closed loop: balanced:shared less sharded:hash, median of"
                + " \(rounds) differences, in hand-overs",
            published: "none published",
            // To the worker and back, where each also writes and reads an eventfd and waits once
            // more; without a free CPU at best half of that is seen.
            predicted: Prediction(atLeast: 1, atMost: 6, unit: "hand-overs"), measure: queue),
    ]

    private static func times(_ first: Int, _ second: Int) throws(LaunchFailure) -> Finding {
        var times: [Double] = []
        for _ in 0..<rounds { times.append(try clock(first, second).inSeconds * 1e6) }
        return .median(of: times)
    }

    private static func clock(_ first: Int, _ second: Int) throws(LaunchFailure) -> Nanoseconds {
        do throws(SystemError) {
            return try HandoverClock.measure(on: first, second)
        } catch {
            throw LaunchFailure("threads can't be bound to CPUs: \(error)")
        }
    }

    private static func queue(_ bench: EffectBench) throws(LaunchFailure) -> Finding {
        let settings = Settings(warmup: .milliseconds(200), duration: .milliseconds(600))
        let cells = ["sharded:hash", "balanced:shared"].map {
            Cell(pattern: $0, threads: 2, connections: 1)
        }
        let server = bench.cpus.server
        var ratios: [Double] = []
        for _ in 0..<rounds {
            guard let alone = try bench.median(of: cells[0], settings),
                let handed = try bench.median(of: cells[1], settings)
            else { return .lacks("a generator that can measure a request") }
            // Reader and worker sleep where the server may run.
            let unit = try clock(server[0], server[server.count - 1]).inSeconds * 1e3
            ratios.append((handed - alone) / unit)
        }
        return .median(of: ratios)
    }
}
