import Basis
import Measure
import Report

/// What other work on the machine may do to a launch before the launch does not count in a gate.
///
/// At a fixed rate a gate compares CPU time, which the kernel does not charge while the hypervisor
/// runs somebody else, and which does not care for latencies. So a launch counts there that would
/// be no good for a latency or a rate. What a disturbance still does to the caches shows in the
/// scatter of the pairs and in the null control, which have the last word.
enum Disturbance {
    /// Share of CPU time withheld by the hypervisor, at a fixed rate.
    static let stolenLimit = 0.1
    /// Share of the server's or the generator's CPUs that other work may take, at a fixed rate.
    static let foreignLimit = 0.1
    /// Share by which the rate may miss the plan.
    static let rateLimit = 0.05
    /// The 99th percentile of lateness: above it requests come in other batches than planned.
    static let latenessLimit = Nanoseconds.milliseconds(5)

    /// Why a launch with a report and without errors does not count; nil when it does.
    static func reason(_ record: LaunchRecord, _ load: LoadReport) -> String? {
        guard let planned = record.cell.arrival.rate?.raw else {
            if let reason = record.invalidReason { return reason }
            // A closed loop may well be bound by the generator on a small machine: its rate then
            // moves less than the server does, which costs power but accuses nobody.
            let isFit = load.verdict == .valid || load.verdict == .clientBound
            return isFit ? nil : load.verdictReasons.first ?? load.verdict.rawValue
        }
        if let stolen = record.machine.stolenShare, stolen > stolenLimit {
            return "the hypervisor withheld \(fixed(stolen * 100, decimals: 1))% of the CPU time"
        }
        for share in [record.machine.foreignShare, load.cpu.foreignShare] {
            guard let share, share > foreignLimit else { continue }
            return "other work took \(fixed(share * 100, decimals: 1))% of the measured CPUs"
        }
        if (load.achievedRate / planned - 1).magnitude > rateLimit {
            return "the rate was \(decimalDisplay(load.achievedRate))/s"
                + " instead of \(decimalDisplay(planned))/s"
        }
        if let p99 = load.lateness.p99, p99 > latenessLimit {
            return "requests were sent late: p99 \(p99.display)"
                + " (a gate bears \(latenessLimit.display))"
        }
        switch load.verdict {
        case .valid, .late, .unsteady, .disturbed: return nil
        case .clientBound, .tooFewSamples, .errors, .otherOpenings:
            return load.verdictReasons.first ?? load.verdict.rawValue
        }
    }
}
