import Basis
import Platform

/// What an idle connection costs in user-space memory on either side, in KiB: the growth of
/// anonymous resident memory from few to ten thousand connections, all of which have carried
/// requests and nearly all of which wait.
enum MemoryRows {
    private static let many = 10_000
    /// Requests a second: each connection carries some in the warm-up, and few at a time.
    private static let rate = "20k"
    private static let warmUp = Nanoseconds.seconds(1)
    /// Connecting ten thousand times delays the generator's window by less than this.
    private static let margin = Nanoseconds.milliseconds(700)

    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        var rows = [
            FloorRow("switchyard-load, KiB an idle connection", .atMost(2)),
            FloorRow("sharded, KiB an idle connection", .atMost(2)),
        ]
        if let absence = shortage() {
            for index in rows.indices { rows[index].absence = absence }
            return rows
        }
        // Memory does not depend on what else the machine does.
        let rounds = max(1, settings.rounds / 5)
        let pair = Pair(server: .switchyard(pattern: "sharded"), spoken: .http1, warmUp: warmUp)
        for round in 0..<rounds {
            let grown = try growth(pair, settings)
            for (index, value) in [grown.generator, grown.server].enumerated() {
                rows[index].values.append(value)
                if isQuiet { continue }
                print(
                    "round \(round + 1)/\(rounds)  \(rows[index].name):"
                        + " \(fixed(value, decimals: 3))")
            }
        }
        return rows
    }

    /// The same over TLS 1.3. Beside another server the bare client connects, which begins all
    /// handshakes before it goes on with any, as after a failover: what they need at once, a server
    /// may keep.
    static func measureTLS(
        _ settings: FloorCommand.Settings, beside other: ServerKind, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        var rows = [
            FloorRow("switchyard-load, KiB an idle connection of TLS", .comparison),
            FloorRow("sharded, KiB an idle connection of TLS", .comparison),
            FloorRow("sharded / \(other), memory of a connection of TLS", .atMost(0.6)),
        ]
        rows[2].absence = other.absence
        if let absence = shortage() {
            for index in rows.indices { rows[index].absence = absence }
            return rows
        }
        // Ten thousand handshakes take a CPU some ten seconds.
        func pair(_ server: ServerKind, _ generator: GeneratorKind) -> Pair {
            Pair(
                server: server, generator: generator, spoken: .tls(churns: false),
                warmUp: .seconds(20))
        }
        let own = try growth(pair(.switchyardTLS, .switchyard), settings)
        rows[0].values.append(own.generator)
        rows[1].values.append(own.server)
        if rows[2].absence == nil {
            let after = try growth(pair(.switchyardTLS, .floor), settings).server
            rows[2].values.append(after / (try growth(pair(other, .floor), settings).server))
        }
        return rows
    }

    /// Why so many connections can't be had; nil where they can.
    private static func shortage() -> String? {
        let needed = many + 100
        return DescriptorLimit.raise(to: needed) ? nil : "fewer than \(needed) descriptors"
    }

    /// Both programs of a measurement, and what they speak.
    private struct Pair {
        let server: ServerKind
        var generator = GeneratorKind.switchyard
        let spoken: Spoken
        let warmUp: Nanoseconds
    }

    /// By how much both grow for a connection, in KiB.
    private static func growth(
        _ pair: Pair, _ settings: FloorCommand.Settings
    ) throws(Complaint) -> (generator: Double, server: Double) {
        let base = try memory(pair, settings.connections, settings)
        let scaled = try memory(pair, many, settings)
        let added = Double(many - settings.connections) * 1_024
        return (
            Double(scaled.generator - base.generator) / added,
            Double(scaled.server - base.server) / added
        )
    }

    /// Anonymous resident memory in bytes of both programs over `connections`.
    private static func memory(
        _ pair: Pair, _ connections: Int, _ settings: FloorCommand.Settings
    ) throws(Complaint) -> (generator: Int, server: Int) {
        let server = try RunningServer(pair.server, cpu: settings.serverCPU)
        var options = try pair.generator.command(
            port: server.port, connections: connections, speaking: pair.spoken,
            warmUp: pair.warmUp, duration: margin * 2, cpu: settings.generatorCPU)
        if pair.generator == .switchyard { options.arguments += ["-R", rate] }
        var generator = try Programs.spawn(options)
        blockThread(for: pair.warmUp + margin)
        let found = (residentBytes(of: generator.processID), server.residentBytes)
        let text = generator.remainingOutput(timeout: .seconds(20))
        guard let own = found.0, let other = found.1, JSONText.object(text) != nil else {
            throw Complaint(
                "\(pair.generator) or the server ended early over \(connections) connections",
                remedy: "run it by hand: \(options.arguments)", status: .failure)
        }
        return (own, other)
    }

    /// Memory of a process that no file backs, as far as it is in RAM (proc_pid_status(5),
    /// `RssAnon`); nil when it is gone.
    static func residentBytes(of process: Int32) -> Int? {
        let status = (try? readFile("/proc/\(process)/status")) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
    }
}
