import Basis
import Platform

/// What server and generator cost over HTTP/2 with prior knowledge, beside h2load, h2o and the bare
/// programs, which walk frames and know no header compression.
///
/// Sixteen connections with 32 requests under way on each are what a batch can gain; one request on
/// one connection is what nothing can be shared of.
enum HTTP2Rows {
    private static let connections = 16
    private static let streams = 32

    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        try generatorRows(settings, isQuiet) + serverRows(settings, isQuiet)
    }

    private static func settings(
        _ settings: FloorCommand.Settings, connections: Int
    ) -> FloorCommand.Settings {
        var settings = settings
        settings.connections = connections
        return settings
    }

    // MARK: - The generator

    /// A generator under one of the two loads.
    private struct Subject {
        let kind: GeneratorKind
        let connections: Int
        let streams: Int
    }

    private static func generatorRows(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        let what = "requests a client-CPU-second"
        let wide = "\(connections) x \(streams)"
        var rows = [
            FloorRow("switchyard-load / h2load, h2c \(wide), \(what)", .atLeast(1.5)),
            FloorRow("switchyard-load / floor client, h2c \(wide), \(what)", .comparison),
            FloorRow("switchyard-load / h2load, h2c 1 x 1, \(what)", .atLeast(1.2)),
        ]
        let servers = [ServerKind.h2oFile, .nghttpd]
        guard let server = servers.first(where: { absence(of: $0) == nil }) else {
            for index in rows.indices { rows[index].absence = "neither h2o nor nghttpd" }
            return rows
        }
        let hasLoader = Programs.system("h2load") != nil
        if !hasLoader {
            for index in [0, 2] { rows[index].absence = "h2load is not installed" }
        }
        var subjects = [
            Subject(kind: .switchyard, connections: connections, streams: streams),
            Subject(kind: .floor, connections: connections, streams: streams),
        ]
        if hasLoader {
            subjects += [
                Subject(kind: .h2load, connections: connections, streams: streams),
                Subject(kind: .switchyard, connections: 1, streams: 1),
                Subject(kind: .h2load, connections: 1, streams: 1),
            ]
        }
        for round in 0..<settings.rounds {
            var rates: [String: Double] = [:]
            for subject in subjects.turned(by: round) {
                let name = "\(subject.kind), \(subject.connections) x \(subject.streams)"
                let (rate, _) = try FloorCommand.requestsPerCPUSecond(
                    subject.kind, against: server, streams: subject.streams,
                    Self.settings(settings, connections: subject.connections))
                rates[name] = rate
                if !isQuiet { FloorCommand.progress(round, settings, name, rate) }
            }
            let own = "\(GeneratorKind.switchyard)"
            add(rates, "\(own), \(wide)", "\(GeneratorKind.h2load), \(wide)", to: &rows[0])
            add(rates, "\(own), \(wide)", "\(GeneratorKind.floor), \(wide)", to: &rows[1])
            add(rates, "\(own), 1 x 1", "\(GeneratorKind.h2load), 1 x 1", to: &rows[2])
        }
        return rows
    }

    /// Adds a round's ratio where both were measured.
    private static func add(
        _ rates: [String: Double], _ own: String, _ other: String, to row: inout FloorRow
    ) {
        guard let own = rates[own], let other = rates[other] else { return }
        row.values.append(own / other)
    }

    // MARK: - The server

    private static func serverRows(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        let own = ServerKind.switchyard(pattern: "sharded")
        let others: [(kind: ServerKind, target: FloorRow.Target)] = [
            (.h2oFile, .atLeast(1.5)), (.h2oRedirect, .atLeast(1)), (.floorHTTP2, .comparison),
            (.nginxHTTP2, .comparison),
        ]
        var rows = others.map { other in
            var row = FloorRow(
                "\(own) / \(other.kind), h2c \(connections) x \(streams),"
                    + " requests a server-CPU-second", other.target)
            row.absence = absence(of: other.kind)
            return row
        }
        let present = rows.indices.filter { rows[$0].absence == nil }
        let kinds = [own] + present.map { others[$0].kind }
        try checkAnswers(settings)
        for round in 0..<settings.rounds {
            var rates: [String: Double] = [:]
            for kind in kinds.turned(by: round) {
                let rate = try requestsPerCPUSecond(kind, settings)
                rates["\(kind)"] = rate
                if !isQuiet { FloorCommand.progress(round, settings, "\(kind)", rate) }
            }
            for index in present {
                add(rates, "\(own)", "\(others[index].kind)", to: &rows[index])
            }
        }
        return rows
    }

    /// Why a server can't be measured.
    private static func absence(of kind: ServerKind) -> String? {
        guard let program = kind.program, Programs.system(program) == nil else { return nil }
        return "\(program) is not installed"
    }

    /// Requests that a freshly started server answers for each second of its CPU time, asked by our
    /// generator: others would be busier than a server that is as fast as the bare one.
    private static func requestsPerCPUSecond(
        _ kind: ServerKind, _ settings: FloorCommand.Settings
    ) throws(Complaint) -> Double {
        let server = try RunningServer(kind, cpu: settings.serverCPU)
        func drive(_ duration: Nanoseconds) throws(Complaint) -> GeneratorRun {
            try GeneratorKind.switchyard.run(
                port: server.port, connections: connections, streams: streams, duration: duration,
                cpu: settings.generatorCPU)
        }
        _ = try drive(FloorCommand.warmUp)
        let before = server.cpu
        let run = try drive(settings.duration)
        return Double(run.requests) / (server.cpu - before).inSeconds
    }

    /// The bare server must send as many bytes as ours, once both have said what they say once.
    private static func checkAnswers(_ settings: FloorCommand.Settings) throws(Complaint) {
        var lengths: [Int] = []
        for kind in [ServerKind.switchyard(pattern: "sharded"), .floorHTTP2] {
            let server = try RunningServer(kind, cpu: settings.serverCPU)
            let run = try GeneratorKind.floor.run(
                port: server.port, connections: 1, streams: 1, duration: .milliseconds(20),
                cpu: settings.generatorCPU)
            lengths.append(run.responseBytes ?? 0)
        }
        guard lengths[0] == lengths[1] else {
            throw Complaint(
                "the bare server answers with \(lengths[1]) bytes and switchyard-server with"
                    + " \(lengths[0])",
                remedy: "make Benchmarks/Floor/http2_server.c send as many", status: .failure)
        }
    }
}
