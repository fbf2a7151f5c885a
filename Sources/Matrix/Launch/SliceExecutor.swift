package import Basis
import Compare
import Foundation
import Platform
package import Report

/// What measures a pair of resident servers: processes, or in a test a table.
package protocol SliceMeter {
    /// Starts both servers, gives them the load by turns and stops them. A pair that fails is a
    /// record with its reason; nil when `interruption` asked to stop at once.
    mutating func measure(
        _ record: SliceRecord, settings: Settings, interruption: Interruption
    ) -> SliceRecord?
}

/// Measures pairs by slices with real processes.
///
/// Each slice is a generator of its own, started against a server that is already warm: its
/// connections are opened, the load runs for a moment, and only then the CPU clocks of the server's
/// processes are read for the first time (clock_getcpuclockid(3): exact to the nanosecond, for all
/// threads). The second reading comes before the generator ends, so neither opening nor closing of
/// connections nor the start of a process enters the figure.
package struct SliceExecutor: SliceMeter {
    /// What a slice is made of.
    package enum Limit {
        /// Between the two readings.
        package static let window = Nanoseconds.milliseconds(200)
        /// From the start of the generator's process to the first reading: to load the program,
        /// connect and be answered for a while.
        package static let lead = Nanoseconds.milliseconds(150)
        /// For how long the load goes on after the second reading, if the generator started at
        /// once.
        static let tail = Nanoseconds.milliseconds(10)
        /// More are not opened within the lead by every machine.
        static let connections = 1_024
        /// Fewer slices of a side make no median.
        static let slices = 4
        /// By how much the requests answered in a window may miss the planned rate; more, and it
        /// was no steady load.
        static let rateError = 0.05
        /// For a control socket to answer.
        static let snapshot = Nanoseconds.seconds(1)
        /// Between looks for the user's wish to stop; what the children do is noticed at once.
        static let look = Nanoseconds.milliseconds(200)
        /// For a generator to end and report, and for the next one to be started.
        static let change = Nanoseconds.milliseconds(10)
        /// For a generator to drain and report.
        static let grace = Nanoseconds.seconds(5)
    }

    private let base: ProcessExecutor
    private let candidate: ProcessExecutor

    /// Slices of each side in a pair: as much measured time as two launches have, and even, so that
    /// every ABBA is whole.
    package static func slices(_ settings: Settings) -> Int {
        let asked = Int((settings.duration.raw + Limit.window.raw - 1) / Limit.window.raw)
        return max(Limit.slices, asked + asked % 2)
    }

    /// Whether a cell can be measured by slices: at a fixed rate, and with few enough connections
    /// to open them anew for each slice.
    package static func takes(_ cell: Cell) -> Bool {
        cell.arrival != .closed && cell.connections <= Limit.connections
    }

    /// How long a pair takes, without starting and stopping the servers.
    package static func time(ofPair settings: Settings) -> Nanoseconds {
        (Limit.lead + Limit.window + Limit.tail + Limit.change) * Int64(2 * slices(settings))
            + settings.warmup * 2
    }

    package init(base: ProcessExecutor, candidate: ProcessExecutor) {
        self.base = base
        self.candidate = candidate
    }

    package mutating func measure(
        _ record: SliceRecord, settings: Settings, interruption: Interruption
    ) -> SliceRecord? {
        var record = record
        var at = Side.base
        let before = MachineReading()
        do throws(LaunchFailure) {
            var first = try ResidentServer(base, record.cell, "base-\(record.pair)")
            at = .candidate
            var second = try ResidentServer(
                record.isControl ? base : candidate, record.cell, "cand-\(record.pair)")
            try first.carry(settings.warmup, record.seed, settings, interruption)
            try second.carry(settings.warmup, record.seed, settings, interruption)
            for index in 0..<2 * Self.slices(settings) {
                at = record.side(ofSlice: index)
                switch at {
                case .base:
                    record.base.append(try first.slice(record.seed, settings, interruption))
                case .candidate:
                    record.candidate.append(try second.slice(record.seed, settings, interruption))
                }
            }
            at = .base
            try first.stop()
            at = .candidate
            try second.stop()
        } catch {
            if error == .stopped { return nil }
            record.failure = .init(side: at, reason: error.reason)
        }
        record.machine = MachineReading().since(before)
        return record
    }
}

/// A server that stays between slices of load. Dropping it kills it and removes its files.
private struct ResidentServer: ~Copyable {
    private var server: RunningServer
    private let executor: ProcessExecutor
    private let cell: Cell
    private let group: ProcessGroup
    private let folder: String

    init(_ executor: ProcessExecutor, _ cell: Cell, _ name: String) throws(LaunchFailure) {
        let folder = "\(executor.scratch)/\(name)"
        do throws(Complaint) {
            try ProcessExecutor.make(folder: folder)
        } catch {
            throw LaunchFailure(error.problem)
        }
        let server = try executor.start(cell, folder: folder)
        // Workers have been forked before a server says that it is ready.
        group = ProcessGroup(leader: server.process.processID)
        self.server = server
        self.executor = executor
        self.cell = cell
        self.folder = folder
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Ends it in order; its last words are not needed.
    mutating func stop() throws(LaunchFailure) { _ = try server.stop() }

    private typealias Limit = SliceExecutor.Limit

    /// What it has used and answered up to a moment.
    private struct Reading {
        let time: Instant
        let cpu: Nanoseconds
        /// As it counted them; nil for a server that does not.
        let requests: Int64?

        init(_ group: ProcessGroup, control: String?) {
            let report = control.flatMap { ControlSocket.snapshot(at: $0, timeout: Limit.snapshot) }
            requests = report.map { $0.workers.reduce(0) { $0 + $1.requests } }
            cpu = group.cpu
            time = MonotonicClock.now
        }
    }

    /// Bears the load for `span` and nothing is read.
    mutating func carry(
        _ span: Nanoseconds, _ seed: Int64, _ settings: Settings, _ interruption: Interruption
    ) throws(LaunchFailure) {
        guard span > .zero else { return }
        var generator = try generator(for: span, seed, settings)
        _ = try finish(&generator, settings, interruption)
    }

    /// Bears the load for a slice and tells the CPU time of a request in nanoseconds; nil when the
    /// load was not as planned.
    mutating func slice(
        _ seed: Int64, _ settings: Settings, _ interruption: Interruption
    ) throws(LaunchFailure) -> Double? {
        let began = MonotonicClock.now
        var generator = try generator(for: Limit.lead + Limit.window + Limit.tail, seed, settings)
        try wait(until: began + Limit.lead, &generator, interruption)
        let first = Reading(group, control: server.control)
        try wait(until: first.time + Limit.window, &generator, interruption)
        let second = Reading(group, control: server.control)
        let isUnderLoad = !generator.hasEnded
        let rate = try finish(&generator, settings, interruption)
        let planned = (cell.arrival.rate?.raw ?? 0) * second.time.since(first.time).inSeconds
        let answered: Double
        if let before = first.requests, let after = second.requests {
            answered = Double(after - before)
        } else {
            answered = rate * second.time.since(first.time).inSeconds
        }
        // A Poisson process varies by the root of its count; a constant one by a request.
        let chance = cell.arrival.name == "poisson" ? 3 * planned.squareRoot() : 1
        let isPlanned = abs(answered - planned) <= Limit.rateError * planned + chance
        guard isUnderLoad, isPlanned, answered > 0 else { return nil }
        return Double((second.cpu - first.cpu).raw) / answered
    }

    private func generator(
        for span: Nanoseconds, _ seed: Int64, _ settings: Settings
    ) throws(LaunchFailure) -> RunningGenerator {
        var brief = settings
        brief.warmup = .zero
        brief.duration = span
        return try RunningGenerator(
            cell, port: server.port, program: executor.programs.load,
            cpus: CPUSet(executor.cpus.load), seed: seed, settings: brief)
    }

    /// Waits for the end of the generator and gives the rate that it reached.
    private mutating func finish(
        _ generator: inout RunningGenerator, _ settings: Settings, _ interruption: Interruption
    ) throws(LaunchFailure) -> Double {
        let patience = settings.warmup + settings.timeout + Limit.grace
        try wait(until: MonotonicClock.now + patience, &generator, interruption)
        let report = try generator.report()
        if server.hasEnded() { throw LaunchFailure("the server ended under load") }
        guard report.verdict != .errors else {
            throw LaunchFailure(report.verdictReasons.first ?? "requests failed")
        }
        return report.achievedRate
    }

    private mutating func wait(
        until instant: Instant, _ generator: inout RunningGenerator, _ interruption: Interruption
    ) throws(LaunchFailure) {
        while !generator.hasEnded {
            if interruption.check() == .now { throw .stopped }
            let now = MonotonicClock.now
            if now >= instant { return }
            server.drain()
            if server.hasEnded() { throw LaunchFailure("the server ended under load") }
            generator.drain()
            generator.process.sleep(until: min(instant, now + Limit.look), unless: server.process)
        }
    }
}
