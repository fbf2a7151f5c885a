import Basis
import Platform

/// Holds the generator or the server of this package against others under one load, a row for each:
/// requests for each second of CPU time, ours over theirs.
struct Contest {
    let spoken: Spoken
    let connections: Int
    /// What the load is called in the rows.
    let title: String
    /// This command's, over as many connections.
    private let settings: FloorCommand.Settings
    private let isQuiet: Bool

    init(
        _ spoken: Spoken, connections: Int, title: String, _ settings: FloorCommand.Settings,
        _ isQuiet: Bool
    ) {
        self.spoken = spoken
        self.connections = connections
        self.title = title
        var settings = settings
        settings.connections = connections
        self.settings = settings
        self.isQuiet = isQuiet
    }

    /// - Parameter server: which all of them ask, a fresh one each time.
    func generators(
        _ others: [(kind: GeneratorKind, target: FloorRow.Target)], against server: ServerKind
    ) throws(Complaint) -> [FloorRow] {
        let own = GeneratorKind.switchyard
        var rows = others.map { other in
            row("\(own) / \(other.kind)", "client", other.target, other.kind.absence)
        }
        if let absence = server.absence {
            for index in rows.indices { rows[index].absence = absence }
        }
        try race(own, others.map(\.kind), &rows) { kind throws(Complaint) in
            try FloorCommand.requestsPerCPUSecond(
                kind, against: server, speaking: spoken, settings
            ).0
        }
        return rows
    }

    /// All of them are asked by our generator: others would be busier than a server that is as fast
    /// as the bare one.
    func servers(
        _ others: [(kind: ServerKind, target: FloorRow.Target)]
    ) throws(Complaint) -> [FloorRow] {
        let own = self.own
        var rows = others.map { other in
            row("\(own) / \(other.kind)", "server", other.target, other.kind.absence)
        }
        try race(own, others.map(\.kind), &rows) { kind throws(Complaint) in
            try requestsPerCPUSecond(kind)
        }
        return rows
    }

    /// The server of this package.
    private var own: ServerKind {
        if case .tls = spoken { return .switchyardTLS }
        return .switchyard(pattern: "sharded")
    }

    private func row(
        _ pair: String, _ side: String, _ target: FloorRow.Target, _ absence: String?
    ) -> FloorRow {
        var row = FloorRow("\(pair), \(title), requests a \(side)-CPU-second", target)
        row.absence = absence
        return row
    }

    /// Measures `own` and those of `others` whose rows miss nothing, in an order that turns with
    /// the round, and adds a round's ratios to the rows.
    private func race<Kind: CustomStringConvertible>(
        _ own: Kind, _ others: [Kind], _ rows: inout [FloorRow],
        rate: (Kind) throws(Complaint) -> Double
    ) throws(Complaint) {
        let present = rows.indices.filter { rows[$0].absence == nil }
        if present.isEmpty { return }
        let kinds = [own] + present.map { others[$0] }
        for round in 0..<settings.rounds {
            var rates = kinds.map { _ in 0.0 }
            for index in kinds.indices.map(\.self).turned(by: round) {
                rates[index] = try rate(kinds[index])
                if isQuiet { continue }
                FloorCommand.progress(round, settings, "\(kinds[index]), \(title)", rates[index])
            }
            for (place, index) in present.enumerated() {
                rows[index].values.append(rates[0] / rates[place + 1])
            }
        }
    }

    /// Requests that a freshly started server answers for each second of its CPU time.
    private func requestsPerCPUSecond(_ kind: ServerKind) throws(Complaint) -> Double {
        let server = try RunningServer(kind, cpu: settings.serverCPU)
        func drive(_ duration: Nanoseconds) throws(Complaint) -> GeneratorRun {
            try GeneratorKind.switchyard.run(
                port: server.port, connections: connections, speaking: spoken, duration: duration,
                cpu: settings.generatorCPU)
        }
        _ = try drive(FloorCommand.warmUp)
        // The server idles when its CPU time is read: the generator has come and gone.
        let before = server.cpu
        let run = try drive(settings.duration)
        return Double(run.requests) / (server.cpu - before).inSeconds
    }

    /// The bare server must send as many bytes as ours, once both have said what they say once.
    ///
    /// - Parameter file: where the bare one is written.
    /// - Returns: how long the answer is.
    @discardableResult
    func checkAnswers(of bare: ServerKind, in file: String) throws(Complaint) -> Int {
        var lengths: [Int] = []
        for kind in [own, bare] {
            let server = try RunningServer(kind, cpu: settings.serverCPU)
            let run = try GeneratorKind.floor.run(
                port: server.port, connections: 1, speaking: spoken, duration: .milliseconds(20),
                cpu: settings.generatorCPU)
            lengths.append(run.responseBytes ?? 0)
        }
        guard lengths[0] == lengths[1] else {
            throw Complaint(
                "the bare server answers with \(lengths[1]) bytes and switchyard-server with"
                    + " \(lengths[0])",
                remedy: "make Benchmarks/Floor/\(file) send as many", status: .failure)
        }
        return lengths[0]
    }
}
