import Basis
import Measure
import Platform

/// `switchyard-micro known-latency`: whether the generator finds delays that are known beforehand.
enum KnownLatencyCommand {
    private static let parser = OptionParser(
        program: "switchyard-micro known-latency",
        summary: "Proves that the generator reports latencies that are known beforehand.",
        options: [
            OptionSpec("repeats", value: "N", help: "runs of each distribution (20)"),
            OptionSpec("duration", short: "d", value: "TIME", help: "of each run (2s)"),
            CPUPair.spec,
            OptionSpec("only", value: "NAME", help: "fixed, bimodal, exponential or queued (all)"),
            OptionSpec("seed", value: "N", help: "of the delays (1)"),
            OptionSpec("json", help: "print one JSON object instead of a table"),
        ],
        epilogue: """
            exit status: 0 recovered in 19 of 20 repeats of each distribution, 1 less often
            """)

    /// What the server is made to do, and how many connections the generator may use.
    private enum Scene: String, CaseIterable {
        case fixed, bimodal, exponential
        /// As bimodal, with so few connections that requests are sent ever later.
        case queued

        var known: KnownDelay {
            switch self {
            case .fixed: .fixed(.milliseconds(100))
            case .bimodal, .queued:
                .bimodal(fast: .milliseconds(50), slow: .milliseconds(250), slowShare: 0.05)
            case .exponential: .exponential(mean: .milliseconds(100))
            }
        }

        /// At 1 000 requests a second, 60 are under way in the mean of the bimodal delays and 100
        /// in that of the others.
        var connections: Int { self == .queued ? 56 : 256 }

        var mistakes: [LatencyRecovery.Mistake] {
            self == .queued ? LatencyRecovery.Mistake.allCases : [.high, .low]
        }
    }

    private enum Limit {
        /// The share of repeats that must recover the truth, and that must notice each mistake.
        static let share = 0.95
        static let rate = PerSecond(raw: 1_000)
        static let calibration = Nanoseconds.milliseconds(400)
        /// A thread with nothing else to do that wakes later than this was on a machine that was
        /// suspended, which says nothing of the generator.
        static let standstill = Nanoseconds.seconds(1)
        static let attempts = 5
    }

    private struct Settings {
        let repeats: Int
        let duration: Nanoseconds
        let cpus: CPUPair
        let seed: UInt64
        let isQuiet: Bool
    }

    static func run(_ arguments: [String]) throws(Complaint) -> ExitStatus {
        let options = try parser.parse(arguments)
        if options.wantsHelp {
            print(parser.help, terminator: "")
            return .success
        }
        let settings = Settings(
            repeats: try options.count("repeats", in: 1...1_000) ?? 20,
            duration: try options.time("duration", in: .milliseconds(500)...(.seconds(600)))
                ?? .seconds(2),
            cpus: try CPUPair(options),
            seed: UInt64(try options.count("seed", in: 0...(.max)) ?? 1),
            isQuiet: options.has("json"))
        let only = try options.choice("only", of: Scene.self)
        var rows: [Row] = []
        for scene in Scene.allCases where only == nil || only == scene {
            rows.append(try row(scene, settings))
            if !settings.isQuiet { print(rows[rows.count - 1].text) }
        }
        let passes = rows.allSatisfy(\.passes)
        if settings.isQuiet {
            print(report(rows, settings, passes).pretty, terminator: "")
        } else {
            print("known-latency: \(passes ? "pass" : "FAIL") (seed \(settings.seed))")
        }
        return passes ? .success : .failure
    }

    private static func report(_ rows: [Row], _ settings: Settings, _ passes: Bool) -> JSONValue {
        [
            "schema": "switchyard.known-latency/1", "passes": .bool(passes),
            "seed": .integer(Int64(clamping: settings.seed)),
            "repeats": .integer(Int64(settings.repeats)),
            "duration_s": .number(settings.duration.inSeconds),
            "rate": .number(Limit.rate.raw), "rows": .array(rows.map(\.json)),
        ]
    }

    // MARK: - One distribution

    /// What the repeats of one scene came to.
    private struct Row {
        let name: String
        let repeats: Int
        var recovered = 0
        /// How many repeats would have refused a generator that makes the mistake.
        var noticed: [(mistake: LatencyRecovery.Mistake, count: Int)] = []
        var problems: [String] = []
        var loopback: [Nanoseconds] = []
        var excess: [Nanoseconds] = []

        private var needed: Int { Int((Limit.share * Double(repeats)).rounded(.up)) }

        var passes: Bool { recovered >= needed && noticed.allSatisfy { $0.count >= needed } }

        var text: String {
            var line = "\(passes ? "PASS" : "FAIL")  \(name): "
            line += "recovered \(recovered)/\(repeats)"
            for (mistake, count) in noticed {
                line += ", would notice '\(mistake.rawValue)' \(count)/\(repeats)"
            }
            line += "\n      loopback p50 \(loopback[0].display), p99 \(loopback[1].display)"
            line += "; the server's timers add p50 \(excess[0].display), p99 \(excess[1].display)"
            return line + problems.map { "\n      \($0)" }.joined()
        }

        var json: JSONValue {
            [
                "name": .string(name), "recovered": .integer(Int64(recovered)),
                "repeats": .integer(Int64(repeats)),
                "noticed": .object(
                    noticed.map { .init($0.mistake.rawValue, .integer(Int64($0.count))) }),
                "loopback_p50_ns": .integer(loopback[0].raw),
                "loopback_p99_ns": .integer(loopback[1].raw),
                "timer_p50_ns": .integer(excess[0].raw), "timer_p99_ns": .integer(excess[1].raw),
                "problems": .array(problems.map { .string($0) }),
            ]
        }
    }

    private static func row(_ scene: Scene, _ settings: Settings) throws(Complaint) -> Row {
        let server = try RunningServer(
            .switchyard(pattern: "sharded"), cpu: settings.cpus.server)
        let relay = try mapped {
            () throws(SystemError) in
            try DelayRelay(
                to: server.port, DelayDraw(.fixed(.zero), seed: 0), cpu: settings.cpus.server)
        }
        func rest() throws(Complaint) -> LatencyRecovery {
            try drive(relay, .fixed(.zero), 0, scene, Limit.calibration, settings)
        }
        var calm = [try rest()]
        var runs: [LatencyRecovery] = []
        for index in 0..<settings.repeats {
            var seeds = SeededGenerator.stream(seed: settings.seed, index: index)
            runs.append(
                try drive(relay, scene.known, seeds.next(), scene, settings.duration, settings))
            calm.append(try rest())
        }
        return judged(scene, runs, calm)
    }

    private static func judged(
        _ scene: Scene, _ runs: [LatencyRecovery], _ calm: [LatencyRecovery]
    ) -> Row {
        var loopback = Histogram()
        for run in calm { loopback.add(run.response) }
        var row = Row(name: scene.rawValue, repeats: runs.count)
        row.loopback = [50, 99].map { loopback.value(atPercentile: $0) }
        let excess = runs.flatMap(\.excess).sorted()
        row.excess = [50, 99].map { LatencyRecovery.value($0, of: excess) }
        row.noticed = scene.mistakes.map { ($0, 0) }
        for (index, run) in runs.enumerated() {
            let bounds = run.bounds(Array(calm[index...(index + 1)]))
            var problems = run.problems(bounds)
            if row.loopback[0] > LatencyRecovery.Limit.loopback {
                problems.append("an answer without delay took \(row.loopback[0].display)")
            }
            if problems.isEmpty { row.recovered += 1 }
            row.problems += problems.map { "repeat \(index + 1): \($0)" }
            for (place, mistake) in scene.mistakes.enumerated()
            where !run.problems(bounds, with: mistake).isEmpty { row.noticed[place].count += 1 }
        }
        return row
    }

    /// One run of the generator in an open loop, done anew when the machine stood still in it.
    private static func drive(
        _ relay: DelayRelay, _ known: KnownDelay, _ seed: UInt64, _ scene: Scene,
        _ duration: Nanoseconds, _ settings: Settings
    ) throws(Complaint) -> LatencyRecovery {
        for _ in 0..<Limit.attempts {
            _ = try mapped { () throws(SystemError) in
                try relay.exchange(DelayDraw(known, seed: seed))
            }
            let sentinel = try mapped { () throws(SystemError) in
                try Sentinel(every: Limit.rate.interval, cpu: settings.cpus.generator)
            }
            let output = output(relay, scene, duration, settings)
            let stalls = sentinel.end()
            let passages = try mapped { () throws(SystemError) in
                try relay.exchange(DelayDraw(.fixed(.zero), seed: 0))
            }
            if let longest = stalls.last, longest > Limit.standstill {
                if !settings.isQuiet {
                    print("note: the machine stood still for \(longest.display); once more")
                }
                continue
            }
            let report = try JSONText.report(in: try output.get())
            return LatencyRecovery(
                known, passages, interval: Limit.rate.interval,
                response: try histogram(report, "latency_histogram"),
                service: try histogram(report, "service_histogram"), stalls: stalls)
        }
        throw Complaint(
            "the machine stood still in each of \(Limit.attempts) attempts",
            remedy: "run this on a machine that is not suspended", status: .failure)
    }

    private static func output(
        _ relay: DelayRelay, _ scene: Scene, _ duration: Nanoseconds, _ settings: Settings
    ) -> Result<String, Complaint> {
        do {
            var options = SpawnOptions(
                try Programs.built("switchyard-load"),
                [
                    "-c", "\(scene.connections)", "-d", duration.display, "--warmup", "0s",
                    "-R", "\(Int(Limit.rate.raw))", "--arrivals", "constant", "--timeout", "10s",
                    "--seed", "1", "--json", "-", "-q", "http://127.0.0.1:\(relay.port)/",
                ])
            options.cpus = settings.cpus.generator.map { CPUSet([$0]) }
            return .success(
                try Programs.output(of: options, within: duration + .seconds(30)).text)
        } catch {
            return .failure(error)
        }
    }

    private static func histogram(
        _ report: [String: Any], _ name: String
    ) throws(Complaint) -> Histogram {
        do throws(HistogramCodec.Refusal) {
            return try HistogramCodec.decode(base64: report[name] as? String ?? "")
        } catch {
            throw Complaint(
                "the \(name) that switchyard-load printed can't be read: \(error)",
                remedy: "run it by hand with --json -", status: .failure)
        }
    }

    private static func mapped<Value>(
        _ body: () throws(SystemError) -> Value
    ) throws(Complaint) -> Value {
        do {
            return try body()
        } catch {
            throw error.complaint("the relay failed", remedy: "end other programs")
        }
    }
}
