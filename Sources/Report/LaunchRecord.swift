package import Basis

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
    /// What the link did; nil for a cell on loopback.
    package var link: LinkUsage?
    /// Of a server that runs already; nil of one that the launch started.
    package var outside: OutsideReport?
    /// Why there are no figures, one line; nil when there are.
    package var failure: String?
    /// Whether that is because the machine can't run what the cell asks for.
    package var isUnavailable = false
    /// The slot of the launch in whose place this one was made; nil for those of the plan.
    package var replaces: Int?
    /// The slot of the launch that was made in the place of this one, which counts no more. The
    /// journal knows it from that one.
    package var replacedBy: Int?

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
        if let replacedBy {
            return "spoilt by other work than the server's, and made again as launch \(replacedBy)"
        }
        if let failure { return failure }
        guard let load else { return "the generator gave no report" }
        if let reason = load.wrongness(expecting: cell.expected) { return reason }
        if cell.churn.opensFast, let reason = load.fastOpenMiss { return reason }
        if let theft { return theft }
        if load.verdict == .otherOpenings { return load.verdictReasons.first }
        return lostPackets ?? foreignWork
    }

    private var theft: String? {
        Self.theft(machine.stolenShare, of: "")
            ?? Self.theft(outside?.stolenShare, of: " of the server's machine")
    }

    private static func theft(_ share: Double?, of machine: String) -> String? {
        guard let share, share > stolenShareLimit else { return nil }
        return "the hypervisor withheld \(fixed(share * 100, decimals: 1))% of the CPU time"
            + machine
    }

    /// What others took of the machine, where it was so much that the launch does not count.
    package var disturbance: String? { theft ?? lostPackets ?? foreignWork }

    private var lostPackets: String? {
        guard let link, link.missed > 0 else { return nil }
        return "the link did not keep up and lost \(link.missed) packets that it was to carry"
    }

    /// What others did to the server or the generator, when it was too much.
    private var foreignWork: String? {
        if let share = machine.foreignShare,
            let reason = LoadReport.disturbance(share, of: serverCPUs)
        {
            return reason
        }
        return load?.cpu.foreignShare.flatMap { LoadReport.disturbance($0, of: loadCPUs) }
    }

    static let unavailable = "unavailable"

    package var isValid: Bool { invalidReason == nil }

    /// The generator's verdict, `errors` also for answers that the cell does not expect,
    /// `disturbed` also for what the generator does not see, the work of others on the server's
    /// CPUs; `failed` when there is no report, `unavailable` when there can't be one here.
    package var verdict: String {
        guard let load else { return isUnavailable ? Self.unavailable : "failed" }
        if load.wrongness(expecting: cell.expected) != nil {
            return LoadReport.Verdict.errors.rawValue
        }
        switch load.verdict {
        case .errors, .tooFewSamples, .otherOpenings: return load.verdict.rawValue
        default:
            return (foreignWork == nil ? load.verdict : LoadReport.Verdict.disturbed).rawValue
        }
    }

    /// The mean body of an answer, as it was measured; nil where nothing was.
    package var payload: Double? {
        load.flatMap { $0.requests > 0 ? Double($0.bodyBytes) / Double($0.requests) : nil }
    }

    /// The tag of this launch in the histogram log of its cell.
    package var tag: String { "b\(block)s\(slot)" }
}
