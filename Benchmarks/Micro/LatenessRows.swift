import Basis
import Measure
import Platform

/// How late an open loop sends at 50 000 requests a second: the 99th percentile, in microseconds.
///
/// A thread that does nothing but poll the clock says how much of it is the machine's: no generator
/// can be earlier than that.
enum LatenessRows {
    private static let rate = "50k"
    /// Between two requests at that rate.
    private static let interval = Nanoseconds.microseconds(20)

    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        let name = "lateness p99 at \(rate)/s in us"
        var rows = [
            FloorRow("switchyard-load, \(name)", .atMost(100)),
            FloorRow("switchyard-load --spin, \(name)", .atMost(20)),
            FloorRow("a thread that polls the clock, \(name)", .comparison),
        ]
        for round in 0..<settings.rounds {
            for index in rows.indices.map(\.self).turned(by: round) {
                let late =
                    index == 2
                    ? try latenessOfPolling(settings) : try lateness(spins: index == 1, settings)
                rows[index].values.append(late)
                if !isQuiet {
                    print(
                        "round \(round + 1)/\(settings.rounds)  \(rows[index].name):"
                            + " \(fixed(late, decimals: 1))")
                }
            }
        }
        return rows
    }

    private static func lateness(
        spins: Bool, _ settings: FloorCommand.Settings
    ) throws(Complaint) -> Double {
        let server = try RunningServer(.floor, cpu: settings.serverCPU)
        var options = SpawnOptions(
            try Programs.built("switchyard-load"),
            [
                "-c", "\(settings.connections)", "-t", "1", "-R", rate, "--warmup", "300ms",
                "-d", "\(settings.duration.raw)ns", "--json", "-", "-q",
                "http://127.0.0.1:\(server.port)/plaintext",
            ] + (spins ? ["--spin"] : []))
        options.cpus = CPUSet([settings.generatorCPU])
        let (text, _) = try Programs.output(of: options, within: settings.duration + .seconds(20))
        guard let report = JSONText.object(text),
            let lateness = report["lateness_us"] as? [String: Any],
            let p99 = lateness["p99"] as? Double
        else {
            throw Complaint(
                "switchyard-load reported no lateness",
                remedy: "run it by hand: \(options.arguments)",
                status: .failure)
        }
        return p99
    }

    private static func latenessOfPolling(
        _ settings: FloorCommand.Settings
    ) throws(Complaint) -> Double {
        let seen = Shared(Guarded(Nanoseconds.zero))
        defer { seen.free() }
        do throws(SystemError) {
            let thread = try Platform.Thread(named: "poller") {
                try? CPUSet([settings.generatorCPU]).bindThisThread()
                var histogram = Histogram()
                var due = MonotonicClock.now
                let end = due + settings.duration
                while due < end {
                    due = due + interval
                    var now = MonotonicClock.now
                    while now < due { now = MonotonicClock.now }
                    histogram.record(now.since(due))
                }
                let p99 = histogram.value(atPercentile: 99)
                seen.value.withLock { $0 = p99 }
            }
            thread.join()
            return Double(seen.value.withLock { $0.raw }) / 1_000
        } catch {
            throw error.complaint("no thread can be started", remedy: "end other programs")
        }
    }
}
