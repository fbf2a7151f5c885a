import Basis
import Foundation
import Measure
import Platform
import Report

/// Makes launches with real processes: a fresh server, the generator against it, and readings of
/// the server while it is under the measured load.
///
/// The readings come by the clock, at a tenth and at nineteen twentieths of the measured phase
/// counted from the start of the generator. Figures for each request divide what the server used
/// between them by what the server itself counted between them, so neither start-up nor warm-up nor
/// the generator's time to connect enters.
struct ProcessExecutor: Executor {
    enum Limit {
        /// For a control socket to answer; a server at full load may be slow.
        static let snapshot = Nanoseconds.seconds(1)
        /// Beyond its planned time, for the generator to connect, drain and report.
        static let generatorGrace = Nanoseconds.seconds(20)
    }

    let programs: Programs
    private let servers: [ServerDescription]
    let cpus: CPUSplit
    /// For the forwarder of a link.
    private let linkCPUs: CPUSet
    /// What measures servers on this machine that no launch starts.
    var agentProgram = Programs.own
    /// A folder for the files of this executor; a launch has a folder in it.
    let scratch: String

    /// Makes its scratch folder; `removeScratch` removes it.
    ///
    /// - Parameter available: the CPUs of this process before it was kept off some.
    init(
        programs: Programs, servers: [ServerDescription], cpus: CPUSplit,
        available: CPUSet = .available
    ) throws(Complaint) {
        linkCPUs = CPUSet(cpus.forLink(of: available.cpus))
        self.programs = programs
        self.servers = servers
        self.cpus = cpus
        scratch = try Folder.makeTemporary()
    }

    func removeScratch() { try? FileManager.default.removeItem(atPath: scratch) }

    mutating func launch(
        _ slot: Slot, settings: Settings, interruption: StopRequest
    ) -> LaunchRecord? {
        var record = LaunchRecord(
            slot: slot.index, block: slot.block, cell: slot.cell, seed: slot.seed,
            time: Nanoseconds(raw: WallClock.nanoseconds), warmup: settings.warmup,
            duration: settings.duration, serverCPUs: "\(CPUSet(cpus.server))",
            loadCPUs: "\(CPUSet(cpus.load))")
        let folder = "\(scratch)/\(slot.index)"
        let before = MachineReading()
        do throws(LaunchFailure) {
            try measure(&record, settings, folder: folder, interruption)
        } catch {
            if error == .stopped { return nil }
            record.failure = error.reason
            record.isUnavailable = error.isUnavailable
        }
        try? FileManager.default.removeItem(atPath: folder)
        let foreign = record.machine.foreignShare
        record.machine = MachineReading().since(before)
        record.machine.foreignShare = foreign
        return record
    }

    /// Starts the server of `cell` on one side of a link, or on loopback; `folder` is made for it
    /// and is its own.
    func start(
        _ cell: Cell, folder: String, on side: RunningLink.Side = .loopback
    ) throws(LaunchFailure) -> RunningServer {
        do throws(Complaint) {
            try Folder.make(folder, remedy: "name a writable folder in TMPDIR")
        } catch {
            throw LaunchFailure(error.problem)
        }
        let set = CPUSet(cpus.server)
        if cell.server != Cell.builtIn {
            guard case .started(let command)? = description(of: cell)?.kind else {
                throw LaunchFailure("nothing describes how server \(cell.server) is started")
            }
            return try .foreign(cell, command, cpus: set, folder: folder, on: side)
        }
        return try .builtIn(
            cell, program: programs.server, cpus: set, folder: folder, on: side)
    }

    private func description(of cell: Cell) -> ServerDescription? {
        servers.first { $0.name == cell.server }
    }

    private mutating func measure(
        _ record: inout LaunchRecord, _ settings: Settings, folder: String,
        _ interruption: StopRequest
    ) throws(LaunchFailure) {
        if let outside = description(of: record.cell)?.outside {
            return try measure(&record, of: outside, settings, interruption)
        }
        if record.cell.link.isLoopback {
            let ends = Ends(near: .loopback, far: .loopback, link: nil)
            return try measure(&record, settings, folder: folder, ends, interruption)
        }
        var link = try RunningLink(
            record.cell.link, program: Programs.own, cpus: linkCPUs, seed: record.seed)
        do throws(LaunchFailure) {
            let ends = Ends(near: link.near, far: link.far, link: link.processID)
            try measure(&record, settings, folder: folder, ends, interruption)
        } catch {
            // Behind a link that is gone everything else goes wrong too.
            if error != .stopped, let reason = link.end() { throw reason }
            throw error
        }
        record.link = try link.stop()
    }

    /// What lies between generator and server.
    private struct Ends {
        /// The generator's side, and the server's.
        let near: RunningLink.Side
        let far: RunningLink.Side
        /// The process that carries the packets; nil on loopback.
        let link: Int32?
    }

    private func measure(
        _ record: inout LaunchRecord, _ settings: Settings, folder: String, _ ends: Ends,
        _ interruption: StopRequest
    ) throws(LaunchFailure) {
        var server = try start(record.cell, folder: folder, on: ends.far)
        let idle = ProcessGroup(of: server.process).read()
        let listened = ListenCounts(ofProcess: server.process.processID)
        var generator = try RunningGenerator(
            record.cell, host: server.host, port: server.port, program: programs.load,
            cpus: CPUSet(cpus.load), network: ends.near.network,
            sharesCPUs: WatchedCPUs.isShared(cpus, hasLink: ends.link != nil), seed: record.seed,
            settings: settings)
        let began = MonotonicClock.now
        // During the warm-up, for it looks at every process; workers have been forked by now.
        let group = ProcessGroup(of: server.process)
        let watched = WatchedCPUs(
            cpus, server: group, generator: generator.process.processID, link: ends.link)
        if record.cell.arrival.question != nil {
            return try search(&record, settings, &server, &generator, interruption)
        }
        let phase = began + settings.warmup
        try generator.go(on: &server, until: phase + settings.duration / 10, interruption)
        let first = Reading(group, control: server.control)
        let occupied = watched.read()
        try generator.go(on: &server, until: phase + settings.duration * 19 / 20, interruption)
        let second = Reading(group, control: server.control)
        let taken = watched.read()
        let isUnderLoad = !generator.hasEnded
        try generator.go(
            on: &server,
            until: phase + settings.duration + settings.timeout + Limit.generatorGrace,
            interruption)
        let load = try generator.report()
        record.load = load
        if isUnderLoad {
            record.machine.foreignShare = watched.foreignShare(
                from: occupied, to: taken,
                requests: load.achievedRate * second.time.since(first.time).inSeconds)
        }
        let refused = listened.flatMap {
            ListenCounts(ofProcess: server.process.processID)?.since($0)
        }
        try server.lookUnderLoad()
        let last = try server.stop()
        if isUnderLoad {
            record.server = Reading.usage(from: first, to: second, idle: idle, load: load)
            record.server?.listenOverflows = refused?.overflows
            record.server?.listenDrops = refused?.drops
        }
        record.workers =
            Reading.workers(from: first.report, to: second.report) ?? last?.workers ?? []
    }

    /// A launch that searches. Its load changes from step to step, so that what the server uses
    /// says nothing of any rate, and is not read.
    private func search(
        _ record: inout LaunchRecord, _ settings: Settings, _ server: inout RunningServer,
        _ generator: inout RunningGenerator, _ interruption: StopRequest
    ) throws(LaunchFailure) {
        let step = settings.loadTime
        // The last step may begin when the time of the search is all but over, and be a long one.
        let longest = CapacitySearch.longest(step: step) + step * 2
        try generator.go(
            on: &server,
            until: MonotonicClock.now + longest + settings.timeout + Limit.generatorGrace,
            interruption)
        record.load = try generator.report()
        try server.lookUnderLoad()
        record.workers = try server.stop()?.workers ?? []
    }

    /// The state of a server at one moment.
    private struct Reading {
        let time: Instant
        let process: ProcessReading
        let report: ServerReport?
        /// Of all processes. The server's own word is exact, but only for the process that answers;
        /// /proc lags by up to a tick.
        let cpu: Nanoseconds

        init(_ group: ProcessGroup, control: String?) {
            report = control.flatMap { ControlClient.snapshot(at: $0, timeout: Limit.snapshot) }
            process = group.read()
            time = report?.time ?? MonotonicClock.now
            cpu = (group.processIDs.count == 1 ? report?.cpu : nil) ?? process.cpu
        }

        /// The workers' counters between two reports of the same workers.
        static func workers(from first: ServerReport?, to second: ServerReport?) -> [WorkerReport]?
        {
            guard let first, let second, first.workers.count == second.workers.count else {
                return nil
            }
            return zip(second.workers, first.workers).map { $0.since($1) }
        }

        static func usage(
            from first: Reading, to second: Reading, idle: ProcessReading, load: LoadReport
        ) -> ServerUsage {
            let span = second.time.since(first.time)
            let workers = workers(from: first.report, to: second.report)
            var usage = ServerUsage(
                from: first.process, to: second.process, idle: idle, span: span)
            // Where connections subscribe, what is counted is events, on either side.
            let countsEvents = load.mode == .subscribe
            usage.requests =
                workers.map {
                    Double($0.reduce(0) { $0 + (countsEvents ? $1.events : $1.requests) })
                }
                ?? load.achievedRate * span.inSeconds
            usage.cpu = second.cpu - first.cpu
            usage.syscalls = workers.map { $0.reduce(0) { $0 + $1.syscalls } }
            usage.epollWaits = workers.map {
                $0.reduce(0) { $0 + ($1.counts.syscalls.wait ?? 0) }
            }
            if workers != nil, let before = first.report, let after = second.report {
                usage.counts = after.workers.counts.since(before.workers.counts)
            }
            return usage
        }
    }
}
