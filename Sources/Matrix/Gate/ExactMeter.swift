import Basis
import Compare
import Foundation
import Measure
import Platform
import Report

/// Counts what this project's server does for each request, where a repetition finds the same: one
/// connection, a fixed number of requests, each sent when the last was answered.
struct ExactMeter {
    private enum Limit {
        static let requests = 2_000.0
        /// So slow that each is answered before the next is due; down to the slowest where rounds
        /// do not agree in their bytes.
        static let rate = PerSecond(raw: 5_000)
        static let rateSlowest = PerSecond(raw: 500)
        /// What comes with time and not with requests, as a share of these.
        static let chance = 0.02
        /// Of which the median counts: threads may meet by chance, and the first round has what a
        /// server does only once.
        static let rounds = 3
        static let answer = Nanoseconds.seconds(5)
        static let snapshot = Nanoseconds.seconds(1)
        /// Beyond its planned time, for the generator to connect, drain and report.
        static let grace = Nanoseconds.seconds(20)
        /// For the threads to publish their last turn and fall asleep.
        static let settle = Nanoseconds.milliseconds(10)
    }

    let programs: Programs
    let cpus: CPUSplit
    /// Benchmarks/Mallocmeter; nil leaves allocations out.
    let allocationMeter: String?
    /// For sockets and counters of the servers; a folder of its own.
    let folder: String

    /// A protocol that is counted in every pattern.
    struct Spoken {
        let language: Cell.Language
        var tls = Cell.TLS.off
        /// The most that a connection sends beside its answers: what opens it, and fields that are
        /// longer when they are said for the first time or change with the second.
        var openingBytes: Int64 = 0
    }

    /// A line for each, whatever the matrix speaks.
    static let spoken = [
        Spoken(language: .h1),
        Spoken(language: .h2, openingBytes: 200),
        Spoken(language: .grpc, openingBytes: 200),
        Spoken(language: .ws),
        Spoken(language: .sse),
        Spoken(language: .h1, tls: .v13),
        Spoken(language: .h2, tls: .v13, openingBytes: 200),
    ]

    /// One cell for each pattern, request and protocol, with a single connection.
    static func cells(of cells: [Cell]) -> [Cell] {
        var single: [Cell] = []
        for var cell in cells where cell.server == Cell.builtIn {
            (cell.threads, cell.connections, cell.streams, cell.pipeline) = (1, 1, 1, 1)
            cell.arrival = .closed
            // A path of one's own means nothing in another protocol.
            var all = [Spoken(language: cell.language, tls: cell.tls)]
            if cell.path == nil { all += spoken }
            for spoken in all {
                (cell.language, cell.tls) = (spoken.language, spoken.tls)
                if !single.contains(cell) { single.append(cell) }
            }
        }
        return single
    }

    /// The counters of each cell.
    func measure(_ cells: [Cell]) throws(Complaint) -> [ExactBaseline.Counter] {
        var counters: [ExactBaseline.Counter] = []
        for cell in cells {
            do throws(LaunchFailure) {
                counters += Self.counters(of: cell.id, try measure(cell))
            } catch {
                throw Complaint(
                    "the counters of \(cell.id) can't be read: \(error.reason)",
                    remedy: "mend the server before it is measured", status: .wrongResponses)
            }
        }
        return counters
    }

    /// What a server did for the requests of one generator.
    struct Round {
        /// All that were sent.
        var requests: Int64 = 0
        var server = WorkerReport(worker: 0)
        var allocations: Int64?
        var bytes: Int64 = 0
        /// Of these the most that may belong to no answer.
        var openingBytes: Int64 = 0
        var errors: Int64 = 0

        /// Whether the bytes may be those of as many answers of one length. They are fewer where
        /// the last answers came too late to be counted.
        var isWhole: Bool { requests > 0 && bytes % requests <= openingBytes }

        /// Bytes of answers alone.
        var answerBytes: Int64 { bytes - min(bytes % requests, openingBytes) }
    }

    /// Bytes of an answer, as two rounds have them; nil where no two agree. The most count, for
    /// what comes too late can only be missing.
    static func answerBytes(_ rounds: [Round]) -> Double? {
        let lengths = Dictionary(grouping: rounds.filter(\.isWhole)) {
            $0.answerBytes / $0.requests
        }
        return lengths.filter { $0.value.count > 1 }.keys.max().map { Double($0) }
    }

    /// The errors of all rounds, and each count a request.
    static func counters(of cell: String, _ rounds: [Round]) -> [ExactBaseline.Counter] {
        func perRequest(_ name: String, _ count: (Round) -> Int64?) -> ExactBaseline.Counter? {
            let shares = rounds.compactMap { round in
                count(round).map { Double($0) / Double(round.requests) }
            }
            guard shares.count == rounds.count, let share = Median.of(shares) else { return nil }
            return .init(cell: cell, metric: name, value: whole(share))
        }
        let errors = rounds.reduce(0) { $0 + $1.errors }
        let lengths = rounds.map { whole(Double($0.answerBytes) / Double($0.requests)) }
        let length = answerBytes(rounds) ?? lengths.max() ?? 0
        return [
            .init(cell: cell, metric: "errors", value: Double(errors)),
            perRequest("syscalls_per_req") { $0.server.syscalls },
            perRequest("epoll_waits_per_req") { $0.server.counts.syscalls.wait },
            perRequest("wakeups_per_req") { $0.server.wakeups },
            .init(cell: cell, metric: "response_bytes_per_req", value: length),
            perRequest("allocations_per_req") { $0.allocations },
        ].compactMap(\.self)
    }

    /// The whole number of times that a request does something at most. Ticks of the clock add a
    /// few in a thousand; a wake that is spared where two threads happen to meet awake lessens it
    /// by some, never the same.
    private static func whole(_ share: Double) -> Double {
        share > Limit.chance ? (share - Limit.chance).rounded(.up) : 0
    }

    private func measure(_ cell: Cell) throws(LaunchFailure) -> [Round] {
        let counts = "\(folder)/allocations"
        try? FileManager.default.removeItem(atPath: counts)
        var server = try RunningServer.builtIn(
            cell, program: programs.server, cpus: CPUSet(cpus.server), folder: folder,
            environment: meter(of: cell).map {
                [
                    "LD_PRELOAD": $0, "MALLOCMETER_FILE": counts,
                    "MALLOCMETER_PROGRAM": "switchyard-server",
                ]
            } ?? [:])
        var rounds: [Round] = []
        var rate = Limit.rate
        while rounds.count < Limit.rounds
            || Self.answerBytes(rounds) == nil && rate.raw / 2 >= Limit.rateSlowest.raw
        {
            if rounds.count >= Limit.rounds { rate = PerSecond(raw: rate.raw / 2) }
            rounds.append(try round(of: cell, at: &server, rate, counts))
        }
        guard rounds.allSatisfy({ $0.requests > 0 && $0.server.requests == $0.requests }) else {
            throw LaunchFailure("the server did not count its requests")
        }
        return rounds
    }

    /// Both counts are taken while nothing is under way.
    private func round(
        of cell: Cell, at server: inout RunningServer, _ rate: PerSecond, _ counts: String
    ) throws(LaunchFailure) -> Round {
        var round = Round()
        round.openingBytes =
            Self.spoken.first { $0.language == cell.language }?.openingBytes ?? 0
        let before = snapshot(of: server)
        // The snapshot allocates too, in the thread that answers it.
        let allocated = meter(of: cell).flatMap { _ in allocations(counts) }
        let report = try load(cell, at: rate, on: &server)
        round.requests = report.requests + report.errors.total
        round.bytes = report.bytesRead
        round.errors = round.requests - report.statuses.success2xx
        blockThread(for: Limit.settle)
        if let allocated, let now = allocations(counts) { round.allocations = now - allocated }
        if let before, let after = snapshot(of: server) { round.server = after.since(before) }
        return round
    }

    /// The requests of one round, on a connection of their own.
    private func load(
        _ cell: Cell, at rate: PerSecond, on server: inout RunningServer
    ) throws(LaunchFailure) -> LoadReport {
        var cell = cell
        cell.arrival = .constant(rate)
        var settings = Settings()
        settings.warmup = .zero
        settings.duration = .seconds(Limit.requests / rate.raw)
        settings.timeout = Limit.answer
        var generator = try RunningGenerator(
            cell, host: server.host, port: server.port, program: programs.load,
            cpus: CPUSet(cpus.load), sharesCPUs: !cpus.shared.isEmpty, seed: 0,
            settings: settings)
        try generator.go(
            on: &server, until: MonotonicClock.now + settings.duration + Limit.grace)
        return try generator.report()
    }

    /// The counters of all threads of the server in one.
    private func snapshot(of server: borrowing RunningServer) -> WorkerReport? {
        blockThread(for: Limit.settle)
        guard let control = server.control,
            let report = ControlClient.snapshot(at: control, timeout: Limit.snapshot)
        else { return nil }
        blockThread(for: Limit.settle)
        var sum = WorkerReport(worker: 0)
        sum.counts = report.workers.counts
        return sum
    }

    /// What counts allocations. Nothing with TLS: what OpenSSL allocates differs by its version.
    private func meter(of cell: Cell) -> String? { cell.tls == .off ? allocationMeter : nil }

    /// Allocations of the server so far: the first word of the file (mallocmeter.h).
    private func allocations(_ file: String) -> Int64? {
        guard let bytes = FileManager.default.contents(atPath: file),
            bytes.count >= 8
        else { return nil }
        return bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int64($1) }
    }
}
