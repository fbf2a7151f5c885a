import Basis
import Platform

/// How late an open loop sends at 50 000 requests a second: the 99th percentile, in microseconds.
enum LatenessRows {
    private static let rate = "50k"

    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        let name = "lateness p99 at \(rate)/s in us"
        var rows = [
            FloorRow("switchyard-load, \(name)", .atMost(100)),
            FloorRow("switchyard-load --spin, \(name)", .atMost(20)),
        ]
        for round in 0..<settings.rounds {
            for index in Array(0..<2).turned(by: round) {
                let late = try lateness(spins: index == 1, settings)
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
}
