package import Basis
package import Measure

/// Which run a row belongs to and which code it measured.
package struct RunIdentity: Equatable, Sendable {
    package var runID: String
    /// The full id of the commit; nil outside a repository.
    package var commit: String?
    package var branch: String?
    /// Whether the working tree differed from the commit.
    package var isDirty: Bool?

    package init(runID: String, commit: String?, branch: String?, isDirty: Bool?) {
        self.runID = runID
        self.commit = commit
        self.branch = branch
        self.isDirty = isDirty
    }
}

/// What a server used between two readings, both taken while it was under the measured load.
///
/// The readings cover all its threads and processes. Figures for each request divide by the
/// requests of the same span, so it does not matter that the span is a little shorter than the
/// measured phase.
package struct ServerUsage: Equatable, Sendable {
    /// From the first reading to the second.
    package var span: Nanoseconds
    /// Requests answered in the span: the server's own count, or the generator's rate times the
    /// span where the server does not count.
    package var requests: Double
    package var cpu: Nanoseconds
    /// Sampled by the kernel's tick, unlike `cpu`.
    package var user: Nanoseconds
    package var system: Nanoseconds
    /// Time in which a thread could run but had no CPU.
    package var runQueueWait: Nanoseconds
    package var voluntarySwitches: Int64
    package var involuntarySwitches: Int64
    /// Moves of a thread to another CPU; nil where the kernel does not tell.
    package var migrations: Int64?
    /// System calls; nil for a server that does not count them.
    package var syscalls: Int64?
    package var epollWaits: Int64?
    /// The largest resident set since the start, all processes summed up.
    package var peakResident: ByteCount
    /// Growth of the resident set from before the first connection to the second reading; without
    /// the kernel's socket buffers.
    package var residentGrowth: Int64

    package init(
        span: Nanoseconds, requests: Double, cpu: Nanoseconds, user: Nanoseconds,
        system: Nanoseconds, runQueueWait: Nanoseconds, voluntarySwitches: Int64,
        involuntarySwitches: Int64, migrations: Int64?, syscalls: Int64?, epollWaits: Int64?,
        peakResident: ByteCount, residentGrowth: Int64
    ) {
        self.span = span
        self.requests = requests
        self.cpu = cpu
        self.user = user
        self.system = system
        self.runQueueWait = runQueueWait
        self.voluntarySwitches = voluntarySwitches
        self.involuntarySwitches = involuntarySwitches
        self.migrations = migrations
        self.syscalls = syscalls
        self.epollWaits = epollWaits
        self.peakResident = peakResident
        self.residentGrowth = residentGrowth
    }
}

/// What others did to the machine during a launch.
package struct MachineUsage: Equatable, Sendable {
    /// Share of all CPU time that the hypervisor withheld, 0...1; nil where /proc/stat has no such
    /// field.
    package var stolenShare: Double?
    /// Time in which some task waited for a CPU (/proc/pressure/cpu); nil where it is absent. The
    /// server and the generator cause most of it themselves.
    package var pressure: Nanoseconds?
    /// The share of the server's CPUs, 0...1, that others took while it was read under load, at
    /// least; of all measured CPUs where server and generator have some in common. Nil where it was
    /// not read.
    package var foreignShare: Double?

    package init(stolenShare: Double? = nil, pressure: Nanoseconds? = nil) {
        self.stolenShare = stolenShare
        self.pressure = pressure
    }
}

/// One launch of a server under one load: a line of the journal and a row of `runs.csv`.
package struct LaunchRecord: Equatable, Sendable {
    package static let schema = "switchyard.launch/1"

    /// The position in the plan, counted from 0; names the launch within its run.
    package var slot: Int
    /// The repetition, counted from 0. Every cell is launched once in each block.
    package var block: Int
    package var cell: Cell
    /// The generator's seed. Launches of one block share it, so that patterns meet the same
    /// arrivals.
    package var seed: Int64
    /// When the launch began, since 1970-01-01 UTC.
    package var time: Nanoseconds
    package var warmup: Nanoseconds
    package var duration: Nanoseconds
    package var serverCPUs: String
    package var loadCPUs: String
    /// `base`, `cand` or `null` in a comparison.
    package var side: String?
    /// `AB` or `BA` in a comparison.
    package var order: String?
    package var load: LoadReport?
    package var server: ServerUsage?
    /// The workers' counters over the span of `server`; `accepted` since the start.
    package var workers: [WorkerReport] = []
    package var machine = MachineUsage()
    /// Why there are no figures, one line; nil when there are.
    package var failure: String?

    package init(
        slot: Int, block: Int, cell: Cell, seed: Int64, time: Nanoseconds, warmup: Nanoseconds,
        duration: Nanoseconds, serverCPUs: String, loadCPUs: String
    ) {
        self.slot = slot
        self.block = block
        self.cell = cell
        self.seed = seed
        self.time = time
        self.warmup = warmup
        self.duration = duration
        self.serverCPUs = serverCPUs
        self.loadCPUs = loadCPUs
    }

    /// Above this share of withheld CPU time a launch is not counted.
    package static let stolenShareLimit = 0.01

    /// Why the launch does not count towards its cell; nil when it does. A doubtful verdict alone
    /// is no reason: it says how to read the figures, and stands beside them.
    package var invalidReason: String? {
        if let failure { return failure }
        guard let load else { return "the generator gave no report" }
        if let reason = load.wrongness(expecting: cell.expected) { return reason }
        if let stolen = machine.stolenShare, stolen > Self.stolenShareLimit {
            return "the hypervisor withheld \(fixed(stolen * 100, decimals: 1))% of the CPU time"
        }
        return disturbance
    }

    /// What others did to the server or the generator, when it was too much.
    private var disturbance: String? {
        if let share = machine.foreignShare,
            let reason = LoadReport.disturbance(share, of: serverCPUs)
        {
            return reason
        }
        return load?.cpu.foreignShare.flatMap { LoadReport.disturbance($0, of: loadCPUs) }
    }

    package var isValid: Bool { invalidReason == nil }

    /// The generator's verdict, `errors` also for answers that the cell does not expect,
    /// `disturbed` also for what the generator does not see, the work of others on the server's
    /// CPUs; `failed` when there is no report.
    package var verdict: String {
        guard let load else { return "failed" }
        if load.wrongness(expecting: cell.expected) != nil {
            return LoadReport.Verdict.errors.rawValue
        }
        switch load.verdict {
        case .errors, .tooFewSamples: return load.verdict.rawValue
        default:
            return (disturbance == nil ? load.verdict : LoadReport.Verdict.disturbed).rawValue
        }
    }

    /// The mean body of an answer. What another server answers, or what lies at a path of the
    /// user's own, was measured; nil where nothing was.
    package var payload: Double? {
        guard cell.answersAreItsOwn else { return Double(cell.payload.raw) }
        return load.flatMap { $0.requests > 0 ? Double($0.bodyBytes) / Double($0.requests) : nil }
    }

    /// The tag of this launch in the histogram log of its cell.
    package var tag: String { "b\(block)s\(slot)" }

    /// Over the threads that answer requests: acceptors never do, nor do readers that have workers.
    package var balance: Evenness? {
        let idleRole = workers.contains { $0.role == "worker" } ? "reader" : "acceptor"
        let answering = workers.filter { $0.role != "acceptor" && $0.role != idleRole }
        return Evenness(answering.map { Double($0.requests) })
    }
}
