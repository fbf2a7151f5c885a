import Basis
import Compare
import Foundation
import Measure
import Platform
import Report

/// What measures a pair of resident servers: processes, or in a test a table.
protocol SliceMeter {
    /// Starts both servers, gives them the load by turns and stops them. A pair that fails is a
    /// record with its reason; nil when `interruption` asked to stop at once.
    mutating func measure(
        _ record: SliceRecord, settings: Settings, interruption: StopRequest
    ) -> SliceRecord?
}

/// Measures pairs by slices with real processes.
///
/// Each server has a generator of its own, and the two send by turns (`switchyard-load --turn`). In
/// the middle of each turn the CPU clocks of the other server's processes are read
/// (clock_getcpuclockid(3): exact to the nanosecond, for all threads), while they have nothing to
/// do: so it does not matter when exactly, and between two readings of a server lies one whole turn
/// of its load. How many requests that were is in the schedule.
struct SliceExecutor: SliceMeter {
    /// What a pair is made of.
    enum Limit {
        /// Long against the answers that end in the next turn and the caches that a turn fills
        /// again, short against what disturbs a shared machine: neighbours that keep a core busy
        /// for tenths of a second.
        static let turn = Nanoseconds.milliseconds(25)
        /// Fewer requests in a turn say more about chance than about a server.
        static let requests = 16.0
        /// From the start of the generators' processes to the first turn: to load the program.
        static let lead = Nanoseconds.milliseconds(150)
        /// And to open a connection.
        static let opening = Nanoseconds.microseconds(100)
        /// More are not opened in a moment by every machine.
        static let connections = 1_024
        /// Fewer slices of a side make no median.
        static let slices = 4
        /// For a generator to drain and report.
        static let grace = Nanoseconds.seconds(5)
    }

    let base: ProcessExecutor
    let candidate: ProcessExecutor

    /// Whether a cell can be measured by slices: at a fixed rate, with few enough connections,
    /// and without others beside them that two generators would both open.
    static func takes(_ cell: Cell) -> Bool {
        cell.arrival.rate != nil && cell.connections <= Limit.connections
            && cell.company.count == 0
    }

    mutating func measure(
        _ record: SliceRecord, settings: Settings, interruption: StopRequest
    ) -> SliceRecord? {
        var record = record
        var at = Side.base
        let before = MachineReading()
        let folder = "\(base.scratch)/pair-\(record.pair)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do throws(LaunchFailure) {
            let old = try base.start(record.cell, folder: folder + "/base")
            at = .candidate
            let new = try (record.isControl ? base : candidate).start(
                record.cell, folder: folder + "/cand")
            let round = SliceRound(record.cell, settings, after: MonotonicClock.now)
            at = .base
            var first = try LoadedServer(old, record, .base, round, settings, executor: base)
            at = .candidate
            var second = try LoadedServer(
                new, record, .candidate, round, settings, executor: candidate)
            for reading in round.readings {
                let moment = round.middle(ofSlice: reading)
                while true {
                    if interruption.check() == .now { throw .stopped }
                    at = .base
                    try first.look()
                    at = .candidate
                    try second.look()
                    let now = MonotonicClock.now
                    if now >= moment { break }
                    first.sleep(until: min(moment, now + StopRequest.look))
                }
                switch record.side(ofSlice: reading) {
                case .base: second.read(for: moment, round)
                case .candidate: first.read(for: moment, round)
                }
            }
            at = .base
            record.base = try first.figures(round, settings, interruption)
            at = .candidate
            record.candidate = try second.figures(round, settings, interruption)
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

/// When the slices of a pair are.
struct SliceRound: Equatable {
    /// The turn of one server.
    let turn: Nanoseconds
    /// Of each side.
    let slices: Int
    /// When the first turn begins; the load is on from then.
    let start: Instant
    /// Rounds of two turns before the first slice.
    private let warmUpRounds: Int
    /// In a slice, in the mean.
    let requests: Double

    private typealias Limit = SliceExecutor.Limit

    init(_ cell: Cell, _ settings: Settings, after now: Instant) {
        let rate = cell.arrival.rate?.raw ?? 1
        // A slow rate takes longer turns, but not so long that there are too few.
        let wanted = Nanoseconds(raw: Int64(min(Limit.requests / rate * 1e9, 1e18)))
        let longest = settings.duration / Int64(Limit.slices)
        turn = max(Limit.turn, min(wanted, longest))
        slices = max(Limit.slices, Int((settings.duration.raw + turn.raw - 1) / turn.raw))
        warmUpRounds = max(1, Int((settings.warmup.raw + 2 * turn.raw - 1) / (2 * turn.raw)))
        requests = rate * turn.inSeconds
        start = now + Limit.lead + Limit.opening * Int64(cell.connections)
    }

    /// How long the generators send, which is longer than the last reading takes.
    var duration: Nanoseconds { turn * Int64(2 * (warmUpRounds + slices + 1)) }

    /// The slices in whose middle the other server is read: one before the first of both sides, and
    /// one after the last.
    var readings: ClosedRange<Int> { -1...2 * slices }

    func middle(ofSlice index: Int) -> Instant {
        start + turn * Int64(2 * warmUpRounds + index) + turn / 2
    }

    /// How long a pair takes, without starting and stopping the servers.
    static func time(ofPair cell: Cell, _ settings: Settings) -> Nanoseconds {
        let round = SliceRound(cell, settings, after: Instant(raw: 0))
        return round.start.since(Instant(raw: 0)) + round.duration
    }
}

/// A server under its turns of load. Dropping it kills it and its generator.
private struct LoadedServer: ~Copyable {
    private var server: RunningServer
    private var generator: RunningGenerator
    private let cell: Cell
    private let group: ProcessGroup
    /// CPU time between its turns; nil where it was read too late or without a load.
    private var readings: [Nanoseconds?] = []

    /// Starts the generator of `side`, which begins by itself. Its rate is the mean over both
    /// turns.
    init(
        _ server: consuming RunningServer, _ record: SliceRecord, _ side: Side,
        _ round: SliceRound, _ settings: Settings, executor: ProcessExecutor
    ) throws(LaunchFailure) {
        var brief = settings
        brief.warmup = .zero
        brief.duration = round.duration
        var shared = record.cell
        shared.arrival = record.cell.arrival.part(of: 2)
        generator = try RunningGenerator(
            shared, host: server.host, port: server.port, program: executor.programs.load,
            cpus: CPUSet(executor.cpus.load), seed: record.seed, settings: brief,
            turn: "\(record.turn(of: side))/2:\(round.turn.raw)ns@\(round.start.raw)")
        // Workers have been forked before a server says that it is ready.
        group = ProcessGroup(of: server.process)
        cell = record.cell
        self.server = server
    }

    /// Takes what server and generator have written; throws when the server has ended.
    mutating func look() throws(LaunchFailure) {
        try server.lookUnderLoad()
        generator.drain()
    }

    func sleep(until instant: Instant) {
        generator.process.sleep(until: instant, unless: server.process)
    }

    /// Reads the CPU time that was used up to the turn of the other side with `moment` in its
    /// middle. Once that turn is over, a part of the next slice is in it.
    mutating func read(for moment: Instant, _ round: SliceRound) {
        let cpu = group.cpu
        let isInTime = MonotonicClock.now.since(moment) < round.turn / 2
        readings.append(isInTime && !generator.hasEnded ? cpu : nil)
    }

    /// The CPU time of a request in each slice, in nanoseconds, once the generator has ended; nil
    /// where the load was not as planned.
    mutating func figures(
        _ round: SliceRound, _ settings: Settings, _ interruption: StopRequest
    ) throws(LaunchFailure) -> [Double?] {
        let deadline =
            MonotonicClock.now + round.turn * 2 + settings.timeout + SliceExecutor.Limit.grace
        try generator.go(on: &server, until: deadline, interruption)
        try look()
        let report = try generator.report()
        if let reason = report.wrongness(expecting: cell.expected) { throw LaunchFailure(reason) }
        let planned = round.requests / (2 * round.turn.inSeconds)
        // A Poisson process varies by the root of its count; a constant one by a request.
        let count = planned * round.duration.inSeconds
        let chance = (cell.arrival.name == "poisson" ? 3 * count.squareRoot() : 1) / count
        let isPlanned =
            abs(report.achievedRate / planned - 1) <= Disturbance.rateLimit + chance
            && report.lateness.p99 ?? .zero <= Disturbance.latenessLimit
        return zip(readings, readings.dropFirst()).map { before, after in
            guard isPlanned, let before, let after else { return nil }
            return Double((after - before).raw) / round.requests
        }
    }

    /// Ends it in order; its last words are not needed.
    mutating func stop() throws(LaunchFailure) { _ = try server.stop() }
}
