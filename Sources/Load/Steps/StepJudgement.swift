package import Basis
package import Measure
import Report

/// What a step says about its rate: whether the objectives were met, and if not, who was the limit.
package struct StepJudgement: Equatable, Sendable {
    /// Where doubt begins.
    package enum Limit {
        /// Below this share of the due requests a server plainly does not keep up.
        package static let fellBehind = 0.98
        /// Answers that take less than this times as long as without load did not wait for each
        /// other.
        package static let unloadedTimes: Int64 = 2
        /// Requests that found no connection free, one in so many, are what delayed a percentile.
        static let starved: UInt64 = 100
        /// And one in so many are no hiccup, but too few connections.
        static let starvedThroughout: UInt64 = 2
    }

    package let result: CapacityProbeResult
    /// Why the generator was the limit; nil where it was not.
    package let generatorReason: String?

    /// - Parameters:
    ///   - areMet: whether the rules are, each of them.
    ///   - judgesErrors: whether one of the rules is about them; else the usual share is allowed.
    ///   - latenessLimit: how late the generator may send and not be the limit.
    ///   - service: the median from send to answer.
    ///   - unloaded: the same at a rate that was met; nil where none was yet.
    ///   - connections: how many the generator has.
    package init(
        _ evidence: Evidence, areMet: Bool, judgesErrors: Bool, latenessLimit: Nanoseconds,
        service: Nanoseconds?, unloaded: Nanoseconds?, connections: Int
    ) {
        let isDisturbed =
            evidence.foreignShare.map { LoadReport.disturbance($0, of: evidence.cpus) != nil }
            ?? false
        let all = evidence.succeeded + evidence.failed
        let failsOften =
            !judgesErrors && Double(evidence.failed) > Judgement.Limit.failedShare * Double(all)
        let isAnswered = evidence.succeeded > 0 && !evidence.isEmpty && evidence.warmUpUnsent == 0
        let ratio = Self.ratio(evidence)
        let isMet =
            areMet && isAnswered && !failsOften && ratio >= Judgement.Limit.rateRatio
        var reason = Self.slowGenerator(evidence, all, latenessLimit)
        if reason == nil, !isMet, isAnswered, evidence.starved * Limit.starvedThroughout > all,
            let service, let unloaded, service < unloaded * Limit.unloadedTimes
        {
            let all =
                connections == 1 ? "the connection was" : "all \(connections) connections were"
            reason =
                "\(all) busy while answers took no longer than at lower rates"
                + " (give more --connections)"
        }
        generatorReason = reason
        let fellBehind = !isAnswered || ratio < Limit.fellBehind
        let answer: CapacityProbeResult.Answer =
            reason != nil ? .generator : isMet ? .met : fellBehind ? .overloaded : .missed
        result = CapacityProbeResult(
            answer, isDisturbed: isDisturbed, carried: evidence.achievedRate,
            offered: evidence.offeredRate)
    }

    /// Successes over what was due, without what chance may take.
    private static func ratio(_ evidence: Evidence) -> Double {
        let target = evidence.targetRate ?? 0
        let expected = target * evidence.duration.inSeconds
        guard expected > 0 else { return 0 }
        let slack = evidence.isRandom ? 3 * expected.squareRoot() : 1
        return evidence.achievedRate / target + slack / expected
    }

    private static func slowGenerator(
        _ evidence: Evidence, _ all: UInt64, _ latenessLimit: Nanoseconds
    ) -> String? {
        let used = evidence.busyShare + evidence.waitShare
        if used > Judgement.Limit.busyOpen {
            return "its busiest thread computed or waited for a CPU for"
                + " \(fixed(used * 100, decimals: 0))% of the time"
        }
        // Requests that wait for a free connection are the answers' delay, not the generator's.
        guard let lateness = evidence.latenessP99, lateness > latenessLimit,
            evidence.starved * Limit.starved <= all
        else { return nil }
        return "it sent requests late, p99 \(lateness.display)"
    }
}
