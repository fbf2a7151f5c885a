import Basis
import Measure
import Platform
import Report

/// Launches against servers that run already: the generator is started, and an agent where the
/// matrix names one.
extension ProcessExecutor {
    private static let tellingRequests = 100.0

    mutating func measure(
        _ record: inout LaunchRecord, of server: OutsideServer, _ settings: Settings,
        _ interruption: StopRequest
    ) throws(LaunchFailure) {
        record.outside = OutsideReport(url: "\(server.url)", isMeasured: server.agent != nil)
        record.serverCPUs = ""
        try server.connect()
        var failure: LaunchFailure?
        do throws(LaunchFailure) {
            // What a server uses during a search says nothing of any rate.
            if let command = server.agent, record.cell.arrival.question == nil {
                try measure(&record, of: server, by: command, settings, interruption)
            } else {
                var generator = try generator(
                    record, server, settings, sharesCPUs: server.isOnThisMachine)
                let end = MonotonicClock.now + longest(record.cell, settings)
                try generator.go(until: end, interruption)
                record.load = try generator.report()
            }
        } catch {
            if error == .stopped { throw error }
            failure = error
        }
        do throws(LaunchFailure) {
            // Of a server that is gone, that is the reason for all else.
            try server.connect()
            if let failure { throw failure }
        } catch {
            record.load = nil
            record.server = nil
            throw error
        }
    }

    /// The time that a generator may take that begins now.
    private func longest(_ cell: Cell, _ settings: Settings) -> Nanoseconds {
        let load =
            cell.arrival.question == nil
            ? settings.loadTime
            : CapacitySearch.longest(step: settings.loadTime) + settings.loadTime * 2
        return load + settings.timeout + Limit.generatorGrace
    }

    private func generator(
        _ record: LaunchRecord, _ server: OutsideServer, _ settings: Settings, sharesCPUs: Bool
    ) throws(LaunchFailure) -> RunningGenerator {
        try RunningGenerator(
            record.cell, host: server.host, port: server.url.port, program: programs.load,
            cpus: CPUSet(cpus.load), sharesCPUs: sharesCPUs, seed: record.seed, settings: settings)
    }

    /// The agent takes the same readings at the same times as are taken of a launch's own server.
    private func measure(
        _ record: inout LaunchRecord, of server: OutsideServer, by command: AgentCommand,
        _ settings: Settings, _ interruption: StopRequest
    ) throws(LaunchFailure) {
        var agent = try RunningAgent(
            command, port: server.url.port, cpus: CPUSet(cpus.load), own: agentProgram)
        record.serverCPUs = "\(agent.hello.cpus)"
        let idle = try agent.read()
        let sharing = Sharing(agent.hello, load: CPUSet(cpus.load))
        var generator = try generator(record, server, settings, sharesCPUs: sharing.isShared)
        let began = MonotonicClock.now
        // During the warm-up, for it looks at every process; workers have been forked by now.
        try agent.watch(
            sharing.cpus, others: sharing.others(generator: generator.process.processID))
        let phase = began + settings.warmup
        try generator.go(until: phase + settings.duration / 10, interruption)
        let first = try agent.read()
        try generator.go(until: phase + settings.duration * 19 / 20, interruption)
        let second = try agent.read()
        let isUnderLoad = !generator.hasEnded
        try generator.go(until: began + longest(record.cell, settings), interruption)
        let load = try generator.report()
        record.load = load
        agent.stop()
        guard isUnderLoad else { return }
        let span = second.time.since(first.time)
        var usage = ServerUsage(
            from: first.process, to: second.process, idle: idle.process, span: span)
        usage.requests = load.achievedRate * span.inSeconds
        // No server answers a request in less CPU time than that.
        guard usage.cpu.inSeconds >= usage.requests * WatchedCPUs.leastOfRequest.inSeconds else {
            // Of a few requests the kernel's figures tell nothing, as where the second reading
            // followed upon a late first one.
            if usage.requests < Self.tellingRequests { return }
            throw LaunchFailure(
                "the \(agent.hello.processes.count) processes behind port \(server.url.port) used"
                    + " \(usage.cpu.display) for \(Int(usage.requests)) requests, so that others"
                    + " answer these; measure where the server itself runs, as in its container")
        }
        record.server = usage
        record.outside?.stolenShare = second.stolenShare
        record.outside?.busyShare = second.busyShare
        if sharing.tellsForeignWork { record.machine.foreignShare = second.foreignShare }
    }

    /// Which CPUs an agent watches, and whose work on them is not foreign.
    private struct Sharing {
        let cpus: CPUSet
        /// Whether the server may run where the generator does.
        let isShared: Bool
        private let knowsProcesses: Bool

        init(_ hello: AgentHello, load: CPUSet) {
            let here = AgentPlace.own
            isShared =
                hello.place.isMachine(of: here)
                && !Set(hello.cpus.cpus).isDisjoint(with: load.cpus)
            knowsProcesses = hello.place.knowsProcesses(of: here)
            cpus = isShared ? CPUSet(hello.cpus.cpus + load.cpus) : hello.cpus
        }

        /// Nothing can be told where the generator is among those that work there and the agent
        /// can't know it.
        var tellsForeignWork: Bool { !isShared || knowsProcesses }

        func others(generator: Int32) -> [Int32] {
            isShared && knowsProcesses ? [generator, currentProcessID] : []
        }
    }
}

extension OutsideServer {
    private static let patience = Nanoseconds.seconds(5)

    /// Opens a connection and ends it; throws where that can't be done.
    func connect() throws(LaunchFailure) {
        var reason = ""
        do throws(Complaint) {
            for address in try addresses {
                do throws(SystemError) {
                    _ = try Conversation(with: address, timeout: Self.patience)
                    return
                } catch {
                    if reason.isEmpty { reason = error.reason }
                }
            }
        } catch {
            reason = error.problem
        }
        throw LaunchFailure("server \(name) can't be reached at \(url): \(reason)")
    }

    /// Whether it is asked on an address of this machine, so that it works here unless something
    /// passes the connections on.
    var isOnThisMachine: Bool {
        ((try? addresses) ?? []).contains { address in
            do throws(SystemError) {
                // None but an own address can be bound (ip(7)).
                try Socket.checkFree(address.with(port: 0))
                return true
            } catch {
                return false
            }
        }
    }

    private var addresses: [SocketAddress] {
        get throws(Complaint) { try SocketAddress.all(host: url.host, port: url.port) }
    }
}
