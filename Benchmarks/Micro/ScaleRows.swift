import Basis
import Platform

/// What a request costs over ten thousand connections, as a multiple of what it costs over few.
///
/// At one rate both serve the same requests, and the connections are the only difference. In a
/// closed loop ten thousand requests are under way at once, which no cache holds: there the bare C
/// programs say how much of the multiple is the kernel's and the machine's.
enum ScaleRows {
    private static let many = 10_000
    /// Requests a second that one CPU serves over any number of connections.
    private static let rate = 20_000
    /// Until every connection has carried requests.
    private static let warmUp = Nanoseconds.seconds(1)
    /// Connecting ten thousand times delays the generator's window by less than this.
    private static let margin = Nanoseconds.milliseconds(700)

    /// Something whose CPU time a request is compared over few and many connections.
    private struct Subject {
        let generator: GeneratorKind
        let server: ServerKind
        var rate: Int?
        /// The rows that its generator's and its server's multiples go to.
        var generatorRow: Int?
        var serverRow: Int?
    }

    private static let sharded = ServerKind.switchyard(pattern: "sharded")
    private static let subjects = [
        Subject(
            generator: .switchyard, server: sharded, rate: rate, generatorRow: 0, serverRow: 1),
        Subject(generator: .switchyard, server: .floor, generatorRow: 2),
        Subject(generator: .floor, server: sharded, serverRow: 4),
        Subject(generator: .floor, server: .floor, generatorRow: 3, serverRow: 5),
    ]

    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        let few = settings.connections
        let name = "\(many) / \(few) connections, CPU a request"
        var rows = [
            FloorRow("switchyard-load at \(rate)/s, \(name)", .atMost(1.3)),
            FloorRow("sharded at \(rate)/s, \(name)", .atMost(1.3)),
            FloorRow("switchyard-load, closed loop, \(name)", .comparison),
            FloorRow("floor client, closed loop, \(name)", .comparison),
            FloorRow("sharded, closed loop, \(name)", .comparison),
            FloorRow("floor server, closed loop, \(name)", .comparison),
        ]
        let needed = many + 100
        guard DescriptorLimit.raise(to: needed) else {
            for index in rows.indices { rows[index].absence = "fewer than \(needed) descriptors" }
            return rows
        }
        // A measurement takes some three seconds, whatever its window.
        let rounds = max(1, settings.rounds / 3)
        for round in 0..<rounds {
            for subject in subjects.turned(by: round) {
                let base = try costs(of: subject, few, settings)
                let scaled = try costs(of: subject, many, settings)
                for (row, multiple) in [
                    (subject.generatorRow, scaled.generator / base.generator),
                    (subject.serverRow, scaled.server / base.server),
                ] {
                    guard let row else { continue }
                    rows[row].values.append(multiple)
                    if isQuiet { continue }
                    print(
                        "round \(round + 1)/\(rounds)  \(rows[row].name):"
                            + " \(fixed(multiple, decimals: 3))")
                }
            }
        }
        return rows
    }

    /// CPU time a request in nanoseconds: the generator's by its own count within its window, the
    /// server's between two moments well within that window, over the generator's rate.
    private static func costs(
        of subject: Subject, _ connections: Int, _ settings: FloorCommand.Settings
    ) throws(Complaint) -> (generator: Double, server: Double) {
        let server = try RunningServer(subject.server, cpu: settings.serverCPU)
        let duration = settings.duration + margin * 2
        var options = try subject.generator.command(
            port: server.port, connections: connections, warmUp: warmUp, duration: duration,
            cpu: settings.generatorCPU)
        if let rate = subject.rate { options.arguments += ["-R", "\(rate)"] }
        var generator = try Programs.spawn(options)
        blockThread(for: warmUp + margin)
        let (start, before) = (MonotonicClock.now, server.cpu)
        blockThread(for: settings.duration)
        let (end, after) = (MonotonicClock.now, server.cpu)
        let text = generator.remainingOutput(timeout: duration + .seconds(20))
        guard let run = GeneratorRun(reading: text, of: subject.generator, cpu: .zero),
            let rate = run.rateInWindow, let cost = run.costInWindow, after > before
        else { throw FloorCommand.tooLittle("\(subject.generator)") }
        return (
            Double(cost.raw), Double((after - before).raw) / (end.since(start).inSeconds * rate)
        )
    }
}
