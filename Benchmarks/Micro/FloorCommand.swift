import Basis
import Platform

/// `switchyard-micro floor`: what server and generator cost beside the least that epoll allows,
/// beside wrk, h2load, nginx, h2o and grpcio, as ratios of one session; what ten thousand
/// connections add in CPU time and memory, and how late requests are sent.
///
/// Each round measures all of them one after the other, in an order that turns with the round, and
/// makes one ratio of each pair; so a machine that slows down slows down both.
enum FloorCommand {
    private static let parser = OptionParser(
        program: "switchyard-micro floor",
        summary: "Holds server and generator against bare C and others.",
        options: [
            OptionSpec("rounds", value: "N", help: "ratios to take of each pair (15)"),
            OptionSpec("duration", short: "d", value: "TIME", help: "of each measurement (600ms)"),
            OptionSpec("connections", short: "c", value: "N", help: "closed loops (64)"),
            CPUPair.spec,
            OptionSpec(
                "only", value: "PART",
                help: Part.allCases.map(\.rawValue).joined(separator: ", ") + " (all)"),
            OptionSpec("json", help: "print one JSON object instead of a table"),
        ],
        epilogue: "exit status: 0 all targets met or nothing to compare with, 3 a target missed")

    private enum Part: String, CaseIterable {
        case generator, mix, server, http2, grpc, websocket, tls, scale, memory, lateness
    }

    struct Settings {
        /// Many and short: what else goes on in the machine lasts for seconds, and the median of
        /// many ratios of neighbours bears it.
        var rounds = 15
        var duration = Nanoseconds.milliseconds(600)
        var connections = 64
        var generatorCPU = 0
        var serverCPU = 1
    }

    static func run(_ arguments: [String]) throws(Complaint) -> ExitStatus {
        let options = try parser.parse(arguments)
        if options.wantsHelp {
            print(parser.help, terminator: "")
            return .success
        }
        let settings = try settings(options)
        let only = try options.choice("only", of: Part.self)
        let isQuiet = options.has("json")

        var rows: [FloorRow] = []
        for part in only.map({ [$0] }) ?? Part.allCases {
            switch part {
            case .generator: rows += try generatorRows(settings, isQuiet)
            case .mix: rows += try MixRows.measure(settings, isQuiet)
            case .server: rows += try serverRows(settings, isQuiet)
            case .http2: rows += try HTTP2Rows.measure(settings, isQuiet)
            case .grpc: rows += try GRPCRows.measure(settings, isQuiet)
            case .websocket: rows += try WebSocketRows.measure(settings, isQuiet)
            case .tls: rows += try TLSRows.measure(settings, isQuiet)
            case .scale: rows += try ScaleRows.measure(settings, isQuiet)
            case .memory: rows += try MemoryRows.measure(settings, isQuiet)
            case .lateness: rows += try LatenessRows.measure(settings, isQuiet)
            }
        }
        if options.has("json") {
            print(report(rows, settings).pretty, terminator: "")
        } else {
            print("\nverdict median (range)             target        what")
            for row in rows { print(row.line) }
        }
        return rows.contains { $0.verdict == .miss } ? .objectiveMissed : .success
    }

    private static func settings(_ options: ParsedOptions) throws(Complaint) -> Settings {
        var settings = Settings()
        settings.rounds = try options.count("rounds", in: 1...1_000) ?? settings.rounds
        settings.duration =
            try options.time("duration", in: .milliseconds(100)...(.seconds(600)))
            ?? settings.duration
        settings.connections = try options.count("connections", in: 1...10_000) ?? 64
        let cpus = try CPUPair(options)
        guard let generator = cpus.generator, let server = cpus.server else {
            throw Complaint(
                "server and generator need a CPU each, but there is 1",
                remedy: "run this where two CPUs are free", status: .failure)
        }
        settings.generatorCPU = generator
        settings.serverCPU = server
        return settings
    }

    private static func report(_ rows: [FloorRow], _ settings: Settings) -> JSONValue {
        [
            "schema": "switchyard.floor/1",
            "rounds": .integer(Int64(settings.rounds)),
            "duration_s": .number(settings.duration.inSeconds),
            "connections": .integer(Int64(settings.connections)),
            "generator_cpu": .integer(Int64(settings.generatorCPU)),
            "server_cpu": .integer(Int64(settings.serverCPU)),
            "rows": .array(rows.map(\.json)),
        ]
    }

    // MARK: - The generator

    private static func generatorRows(
        _ settings: Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        var againstWrk = FloorRow(
            "switchyard-load / wrk, requests a client-CPU-second", .atLeast(1.25))
        var againstFloor = FloorRow(
            "switchyard-load / floor client, requests a client-CPU-second", .atLeast(0.95))
        var calls = FloorRow("switchyard-load, system calls a request", .atMost(2.1))
        if Programs.system("wrk") == nil { againstWrk.absence = "wrk is not installed" }

        let kinds: [GeneratorKind] =
            [.switchyard, .floor] + (againstWrk.absence == nil ? [.wrk] : [])
        for round in 0..<settings.rounds {
            var rates: [String: Double] = [:]
            for kind in kinds.turned(by: round) {
                let (rate, run) = try requestsPerCPUSecond(kind, settings)
                rates["\(kind)"] = rate
                if !isQuiet { progress(round, settings, "\(kind)", rate) }
                guard kind == .switchyard else { continue }
                if let count = run.systemCalls {
                    calls.values.append(Double(count) / Double(run.requests))
                } else {
                    calls.absence = "it does not say"
                }
            }
            guard let own = rates["\(GeneratorKind.switchyard)"] else { continue }
            if let floor = rates["\(GeneratorKind.floor)"] {
                againstFloor.values.append(own / floor)
            }
            if let wrk = rates["\(GeneratorKind.wrk)"] { againstWrk.values.append(own / wrk) }
        }
        return [againstWrk, againstFloor, calls]
    }

    /// Requests that a generator makes for each second of its CPU time, and its longer run.
    static func requestsPerCPUSecond(
        _ kind: GeneratorKind, against other: ServerKind = .floor,
        speaking spoken: Spoken = .http1, path: String? = nil, _ settings: Settings
    ) throws(Complaint) -> (Double, GeneratorRun) {
        let server = try RunningServer(other, cpu: settings.serverCPU)
        func drive(_ duration: Nanoseconds) throws(Complaint) -> GeneratorRun {
            try kind.run(
                port: server.port, connections: settings.connections, speaking: spoken, path: path,
                duration: duration, cpu: settings.generatorCPU)
        }
        // The short run of some is a whole second, so the long one is longer by as much.
        let short = kind.takesWholeSeconds ? Nanoseconds.seconds(1) : settings.duration / 4
        let shorter = try drive(short)
        let longer = try drive(short + settings.duration)
        guard let rate = longer.requestsPerCPUSecond(beyond: shorter) else {
            throw tooLittle("\(kind)")
        }
        return (rate, longer)
    }

    static func tooLittle(_ name: String) -> Complaint {
        Complaint(
            "\(name) did not do more in the longer run",
            remedy: "give it more time with --duration, on a quieter machine", status: .failure)
    }

    // MARK: - The server

    private static func serverRows(
        _ settings: Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        var againstFloor = FloorRow(
            "sharded / floor server, requests a server-CPU-second", .atLeast(0.93))
        var againstNginx = FloorRow(
            "sharded / nginx, requests a server-CPU-second", .atLeast(1.07))
        var single = FloorRow("single / sharded, on one thread", .within(0.95...1.05))
        var acceptors = FloorRow("acceptors / sharded, on one thread", .within(0.95...1.05))
        let responseBytes = try responseBytes(settings)
        if Programs.system("nginx") == nil { againstNginx.absence = "nginx is not installed" }

        let sharded = ServerKind.switchyard(pattern: "sharded")
        var kinds = [
            sharded, .floor, .switchyard(pattern: "single"), .switchyard(pattern: "acceptors"),
        ]
        if againstNginx.absence == nil { kinds.append(.nginx(responseBytes: responseBytes)) }
        for round in 0..<settings.rounds {
            var rates: [String: Double] = [:]
            for kind in kinds.turned(by: round) {
                let rate = try requestsPerCPUSecond(kind, settings, responseBytes)
                rates["\(kind)"] = rate
                if !isQuiet { progress(round, settings, "\(kind)", rate) }
            }
            guard let own = rates["sharded"] else { continue }
            if let floor = rates["\(ServerKind.floor)"] { againstFloor.values.append(own / floor) }
            if let nginx = rates["nginx"] { againstNginx.values.append(own / nginx) }
            if let rate = rates["single"] { single.values.append(rate / own) }
            if let rate = rates["acceptors"] { acceptors.values.append(rate / own) }
        }
        return [againstFloor, againstNginx, single, acceptors]
    }

    static let warmUp = Nanoseconds.milliseconds(300)

    /// Requests that a freshly started server answers for each second of its CPU time.
    private static func requestsPerCPUSecond(
        _ kind: ServerKind, _ settings: Settings, _ responseBytes: Int
    ) throws(Complaint) -> Double {
        let server = try RunningServer(kind, cpu: settings.serverCPU)
        func drive(_ duration: Nanoseconds) throws(Complaint) -> GeneratorRun {
            try GeneratorKind.floor.run(
                port: server.port, connections: settings.connections, duration: duration,
                cpu: settings.generatorCPU)
        }
        let learned = try drive(warmUp).responseBytes
        guard learned == responseBytes else {
            throw Complaint(
                "\(kind) answers with \(learned ?? 0) bytes and switchyard-server with"
                    + " \(responseBytes)",
                remedy: "make Benchmarks/Floor and Benchmarks/Micro send as many", status: .failure)
        }
        // The server idles when its CPU time is read: the generator has come and gone.
        let before = server.cpu
        let run = try drive(settings.duration)
        return Double(run.requests) / (server.cpu - before).inSeconds
    }

    /// How long the answer of switchyard-server is, which the others imitate.
    private static func responseBytes(_ settings: Settings) throws(Complaint) -> Int {
        let server = try RunningServer(
            .switchyard(pattern: "sharded"), cpu: settings.serverCPU)
        let run = try GeneratorKind.floor.run(
            port: server.port, connections: 1, duration: .milliseconds(20),
            cpu: settings.generatorCPU)
        return run.responseBytes ?? 0
    }

    static func progress(
        _ round: Int, _ settings: Settings, _ name: String, _ rate: Double
    ) {
        print(
            "round \(round + 1)/\(settings.rounds)  \(name): \(decimalDisplay(rate)) requests"
                + " a CPU-second")
    }
}

extension Array {
    /// The same elements, begun `count` places later.
    func turned(by count: Int) -> [Element] {
        indices.map { self[($0 + count) % self.count] }
    }
}
