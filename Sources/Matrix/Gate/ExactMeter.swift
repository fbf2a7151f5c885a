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
        static let requests = 2_000
        /// What comes with time and not with requests, as a share of these.
        static let chance = 0.02
        static let warmup = 200
        /// Of which the median counts: threads may meet by chance.
        static let rounds = 3
        static let ready = Nanoseconds.seconds(10)
        static let answer = Nanoseconds.seconds(5)
        static let snapshot = Nanoseconds.seconds(1)
        /// For the threads to publish their last turn and fall asleep.
        static let settle = Nanoseconds.milliseconds(10)
    }

    /// The server.
    let program: String
    let cpus: CPUSet
    /// Benchmarks/Mallocmeter; nil leaves allocations out.
    let allocationMeter: String?
    /// For sockets and counters of the servers; a folder of its own.
    let folder: String

    /// One cell for each pattern and request among `cells`, with a single connection.
    static func cells(of cells: [Cell]) -> [Cell] {
        var single: [Cell] = []
        for var cell in cells where cell.server == Cell.builtIn && cell.language == .h1 {
            (cell.threads, cell.connections, cell.pipeline) = (1, 1, 1)
            cell.arrival = .closed
            if !single.contains(cell) { single.append(cell) }
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

    /// What a server did between two looks at it.
    struct Round {
        var requests = Limit.requests
        var server = WorkerReport(worker: 0)
        var allocations: Int64?
        var bytes: Int64 = 0
        var errors: Int64 = 0
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
        return [
            .init(cell: cell, metric: "errors", value: Double(errors)),
            perRequest("syscalls_per_req") { $0.server.syscalls },
            perRequest("epoll_waits_per_req") { $0.server.counts.syscalls.wait },
            perRequest("wakeups_per_req") { $0.server.wakeups },
            perRequest("response_bytes_per_req") { $0.bytes },
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
        let control = "\(folder)/control"
        let counts = "\(folder)/allocations"
        try? FileManager.default.removeItem(atPath: counts)
        var server = try start(cell, control: control, counts: counts)
        guard let line = server.nextLine(timeout: Limit.ready),
            let ready = try? ServerReady(json: JSONValue(parsing: line)), let port = ready.port
        else {
            throw LaunchFailure(
                "the server did not start: "
                    + lastLine(server.remainingErrors(timeout: .milliseconds(100))))
        }
        let request = "GET \(cell.target) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        var rounds: [Round] = []
        do throws(SystemError) {
            var conversation = try Conversation(
                with: .v4(0x7F00_0001, port: port), timeout: Limit.answer)
            for _ in 0..<Limit.warmup { _ = try Self.ask(request, of: &conversation) }
            for _ in 0..<Limit.rounds {
                rounds.append(
                    try round(&conversation, request, control: control, counts: counts))
            }
        } catch {
            throw LaunchFailure("the server does not answer: \(error.reason)")
        }
        guard rounds.allSatisfy({ $0.server.requests == Limit.requests }) else {
            throw LaunchFailure("the server did not count its requests")
        }
        return rounds
    }

    private func start(
        _ cell: Cell, control: String, counts: String
    ) throws(LaunchFailure) -> ChildProcess {
        var options = SpawnOptions(
            program,
            [
                "--listen", "127.0.0.1:0", "--pattern", cell.pattern ?? "", "--threads", "1",
                "--nodelay", cell.sendsAtOnce ? "on" : "off", "--control", control,
            ])
        options.cpus = cpus
        options.diesWithParent = true
        options.standardError = .captured
        if let allocationMeter {
            options.environment = ProcessInfo.processInfo.environment.merging([
                "LD_PRELOAD": allocationMeter, "MALLOCMETER_FILE": counts,
                "MALLOCMETER_PROGRAM": "switchyard-server",
            ]) { $1 }
        }
        do throws(SystemError) {
            return try ChildProcess(options)
        } catch {
            throw LaunchFailure("the server \(program) can't be started: \(error.reason)")
        }
    }

    private func round(
        _ conversation: inout Conversation, _ request: String, control: String, counts: String
    ) throws(SystemError) -> Round {
        var round = Round()
        let before = snapshot(control)
        // The snapshot allocates too, in the thread that answers it.
        let allocated = allocations(counts)
        for _ in 0..<Limit.requests {
            let answer = try Self.ask(request, of: &conversation)
            if answer?.isSuccess != true { round.errors += 1 }
            round.bytes += Int64(answer?.bytes ?? 0)
        }
        blockThread(for: Limit.settle)
        if let allocated, let now = allocations(counts) { round.allocations = now - allocated }
        if let before, let after = snapshot(control) { round.server = after.since(before) }
        return round
    }

    /// What came back for one request, which must tell its length.
    struct Answer: Equatable {
        /// Of head and content.
        var bytes: Int
        var isSuccess: Bool
    }

    /// Nil when the server ended the connection before all of the answer had come.
    private static func ask(
        _ request: String, of server: inout Conversation
    ) throws(SystemError) -> Answer? {
        answer(in: try server.ask(request, timeout: Limit.answer) { answer(in: $0) != nil })
    }

    /// The answer that `text` begins with; nil before it is whole.
    static func answer(in text: String) -> Answer? {
        guard let end = text.firstRange(of: "\r\n\r\n")?.upperBound else { return nil }
        let head = text[..<end]
        let length = head.split(separator: "\r\n").first {
            $0.lowercased().hasPrefix("content-length:")
        }
        let content = length?.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
        let bytes = head.utf8.count + (content.flatMap { Int($0) } ?? 0)
        if text.utf8.count < bytes { return nil }
        return Answer(bytes: bytes, isSuccess: head.hasPrefix("HTTP/1.1 200 "))
    }

    /// The counters of all threads of the server in one.
    private func snapshot(_ control: String) -> WorkerReport? {
        blockThread(for: Limit.settle)
        guard let report = ControlClient.snapshot(at: control, timeout: Limit.snapshot) else {
            return nil
        }
        blockThread(for: Limit.settle)
        var sum = WorkerReport(worker: 0)
        for worker in report.workers {
            for index in 0..<ThreadCounts<Int64?>.count {
                guard let count = worker.counts[index] else { continue }
                sum.counts[index] = (sum.counts[index] ?? 0) + count
            }
        }
        return sum
    }

    /// Allocations of the server so far: the first word of the file (mallocmeter.h). Nil where
    /// nobody counts.
    private func allocations(_ file: String) -> Int64? {
        guard allocationMeter != nil, let bytes = FileManager.default.contents(atPath: file),
            bytes.count >= 8
        else { return nil }
        return bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int64($1) }
    }
}
