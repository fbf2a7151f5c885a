import Basis
import Platform
import Report

/// The load generator at work on one server. Dropping it kills it.
struct RunningGenerator: ~Copyable {
    private(set) var process: ChildProcess
    private var output = ""

    /// Starts switchyard-load with what `cell` says; its report comes on standard output.
    ///
    /// - Parameters:
    ///   - network: the one it runs in; nil for this program's.
    ///   - sharesCPUs: whether the server, or a link, runs on some of `cpus`.
    ///   - turn: the value of `--turn`, where it shares the time with another.
    init(
        _ cell: Cell, host: String, port: UInt16, program: String, cpus: CPUSet,
        network: NetworkNamespace? = nil, sharesCPUs: Bool = false, seed: Int64, settings: Settings,
        turn: String? = nil
    ) throws(LaunchFailure) {
        var options = SpawnOptions(
            program,
            Self.arguments(
                cell, host: host, port: port, threads: min(cpus.cpus.count, cell.connections),
                seed: seed,
                settings: settings, turn: turn, sharesCPUs: sharesCPUs))
        options.cpus = cpus
        options.network = network
        options.diesWithParent = true
        options.standardError = .captured
        options.descriptorLimit = max(
            DescriptorLimit.current.soft, cell.connectionsInAll + Abilities.descriptorsBeside)
        do throws(SystemError) {
            process = try ChildProcess(options)
        } catch {
            throw LaunchFailure("the generator \(program) can't be started: \(error.reason)")
        }
    }

    /// The command line of the generator for a cell, without the program.
    static func arguments(
        _ cell: Cell, host: String, port: UInt16, threads: Int, seed: Int64, settings: Settings,
        turn: String?, sharesCPUs: Bool = false
    ) -> [String] {
        var arguments = [
            "--connections", "\(cell.connections)", "--threads", "\(threads)",
            "--warmup", "\(settings.warmup.raw)ns", "--duration", "\(settings.duration.raw)ns",
            "--timeout", "\(settings.timeout.raw)ns", "--protocol", cell.language.rawValue,
            "--nodelay", cell.nodelay.haveLoad ? "on" : "off", "--seed", "\(seed)",
            "--json", "-", "--quiet",
        ]
        if cell.quickack.haveLoad { arguments += ["--quickack", "on"] }
        if cell.cork.haveLoad { arguments += ["--cork", "on"] }
        if cell.requestShape != .one { arguments += ["--write-shape", cell.requestShape.rawValue] }
        if cell.streams > 1 { arguments += ["--streams", "\(cell.streams)"] }
        if cell.pipeline > 1 { arguments += ["--pipeline", "\(cell.pipeline)"] }
        if cell.arrival == .subscribe { arguments.append("--subscribe") }
        // Another method than the bench service's has messages of its own.
        if cell.arrival != .subscribe,
            cell.language == .ws || cell.language == .grpc && !cell.answersAreItsOwn
        {
            arguments += ["--message-size", "\(cell.payload.raw)"]
        }
        if let requests = cell.churn.requests {
            arguments += ["--requests-per-connection", "\(requests)"]
        }
        if let mix = cell.mix { arguments += ["--mix", mix.json.compact] }
        if cell.churn.close != .fin { arguments += ["--close", cell.churn.close.rawValue] }
        if cell.churn.opensFast { arguments += ["--fastopen", "on"] }
        if let rate = cell.arrival.rate {
            // The arrivals say how many there are now, where a gate takes a part of them.
            arguments +=
                cell.churn.rate == nil
                ? ["--rate", "\(rate.raw)"]
                : ["--connection-rate", "\(rate.raw / Double(cell.churn.requests ?? 1))"]
            arguments += ["--arrivals", cell.arrival.name]
            if cell.burst != 1 { arguments += ["--burst", "\(cell.burst)"] }
            if cell.skew != .even { arguments += ["--skew", cell.skew.text] }
        }
        if cell.company.idle > 0 { arguments += ["--idle", "\(cell.company.idle)"] }
        if let peers = cell.company.slowReaders { arguments += ["--slow-readers", peers.text] }
        if let peers = cell.company.slowSenders { arguments += ["--slow-senders", peers.text] }
        if let question = cell.arrival.question {
            arguments += ["--find-rate", question.rules, "--arrivals", question.arrivals]
        }
        if let turn { arguments += ["--turn", turn] }
        arguments += ["--shared-cpus", sharesCPUs ? "on" : "off"]
        if cell.tls == .off { return arguments + ["http://\(host):\(port)\(cell.target)"] }
        arguments += ["--tls", cell.tls.rawValue]
        if cell.handshake != .full { arguments += ["--handshake", cell.handshake.rawValue] }
        // The certificate of a server that the matrix names is its own affair.
        if cell.server != Cell.builtIn { arguments.append("--insecure") }
        return arguments + ["https://\(host):\(port)\(cell.target)"]
    }

    var hasEnded: Bool { mutating get { process.wait(timeout: .zero) != nil } }

    /// Takes what it has printed, so that a full pipe never stops it.
    mutating func drain() { output += process.remainingOutput(timeout: .zero) }

    /// Lets it load `server` until `instant`, its end or a stop. Keeps the pipes of both empty.
    mutating func go(
        on server: inout RunningServer, until instant: Instant,
        _ interruption: StopRequest = StopRequest { .none }
    ) throws(LaunchFailure) {
        while !hasEnded {
            if interruption.check() == .now { throw .stopped }
            let now = MonotonicClock.now
            if now >= instant { return }
            try server.lookUnderLoad()
            drain()
            process.sleep(until: min(instant, now + StopRequest.look), unless: server.process)
        }
    }

    /// The same where the server is none of this program's children.
    mutating func go(
        until instant: Instant, _ interruption: StopRequest
    ) throws(LaunchFailure) {
        while !hasEnded {
            if interruption.check() == .now { throw .stopped }
            let now = MonotonicClock.now
            if now >= instant { return }
            drain()
            process.sleep(until: min(instant, now + StopRequest.look))
        }
    }

    /// Its report, once it has ended or its time is over.
    mutating func report() throws(LaunchFailure) -> LoadReport {
        guard let end = process.wait(timeout: .zero) else {
            process.killNow()
            throw LaunchFailure("the generator did not end in time")
        }
        output += process.remainingOutput(timeout: .seconds(1))
        let errors = process.remainingErrors(timeout: .seconds(1))
        let text = output.drop { $0.isWhitespace }
        do {
            return try LoadReport(json: JSONValue(parsing: String(text)))
        } catch {
            let complaint = lastLine(errors)
            switch end.ending {
            case .exited(0): throw LaunchFailure("the generator's report can't be read: \(error)")
            case .exited(let status):
                throw LaunchFailure("the generator ended with status \(status): \(complaint)")
            case .killed(let signal):
                throw LaunchFailure("the generator was killed by signal \(signal): \(complaint)")
            }
        }
    }
}
