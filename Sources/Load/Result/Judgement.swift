package import Basis
import Measure
package import Report
import Secure

/// How far a result may be believed, and why not further.
package struct Judgement: Equatable, Sendable {
    /// Where doubt begins.
    package enum Limit {
        /// Failed requests, as a share of all.
        package static let failedShare = 0.001
        /// Above this share of its CPU a paced thread sends late now and then, by queueing alone.
        package static let busyOpen = 0.90
        /// A closed loop is there to keep its thread busy while the server works; only a thread
        /// that hardly ever waits for an answer is itself what was measured.
        package static let busyClosed = 0.95
        /// Response times of a millisecond can be told from the generator's own delay.
        package static let latenessP99 = Nanoseconds.milliseconds(1)
        package static let rateRatio = 0.99
        /// More than 1 can't be; up to here it comes from where the window cuts the answers.
        package static let occupancy = 1.02
        /// Openings of another kind than was asked for, as a share of all.
        package static let otherOpenings = 0.001
        /// Samples behind a 99th percentile.
        package static let percentile = 99.0
    }

    package let verdict: LoadReport.Verdict
    /// One line each, with its figure, the most severe first; empty when valid.
    package let reasons: [String]

    /// The order of the checks is that of severity: what failed, what can't be told, what measured
    /// something else, what was not as asked.
    package init(_ evidence: Evidence) {
        if evidence.isEmpty {
            verdict = .tooFewSamples
            reasons = ["nothing was measured"]
            return
        }
        if evidence.warmUpUnsent > 0 {
            // The server was never asked: nothing else can be said of it.
            verdict = .errors
            reasons = [
                "the warm-up left \(evidence.warmUpUnsent) requests unsent; no request of the"
                    + " window was sent"
            ]
            return
        }
        var found: [(LoadReport.Verdict, String)] = []
        for reason in Self.errors(evidence) { found.append((.errors, reason)) }
        if let reason = Self.tooFew(evidence) { found.append((.tooFewSamples, reason)) }
        if let reason = Self.tooShort(evidence) { found.append((.tooFewSamples, reason)) }
        if let reason = Self.otherwiseOpened(evidence) { found.append((.otherOpenings, reason)) }
        if let foreign = evidence.foreignShare,
            let reason = LoadReport.disturbance(foreign, of: evidence.cpus)
        {
            found.append((.disturbed, reason))
        }
        if let reason = Self.clientBound(evidence) { found.append((.clientBound, reason)) }
        for reason in Self.late(evidence) { found.append((.late, reason)) }
        if let reason = Self.unsteady(evidence) { found.append((.unsteady, reason)) }
        verdict = found.first?.0 ?? .valid
        reasons = found.map(\.1)
    }

    private static func errors(_ evidence: Evidence) -> [String] {
        var reasons: [String] = []
        let all = evidence.succeeded + evidence.failed
        let tolerated = Limit.failedShare * Double(all)
        if Double(evidence.failed) > tolerated {
            let share = percent(Double(evidence.failed) / Double(all))
            reasons.append(
                "\(evidence.failed) of \(all) \(evidence.noun) failed, \(share) (limit 0.1%)")
        }
        // In an open loop every due request tells itself what became of it. In a closed one the
        // connection that is not there asks nothing, and only the attempts show it. Where
        // connections are due each attempt is one of them.
        if evidence.targetConnectionRate != nil {
            let due = evidence.connections + evidence.failedAttempts
            if Double(evidence.failedAttempts) > Limit.failedShare * Double(due) {
                let share = percent(Double(evidence.failedAttempts) / Double(due))
                reasons.append(
                    "\(evidence.failedAttempts) of \(due) connections failed, \(share)"
                        + " (limit 0.1%)")
            }
        } else if !evidence.isOpenLoop, Double(evidence.failedAttempts) > tolerated {
            let attempts = evidence.failedAttempts == 1 ? "attempt" : "attempts"
            reasons.append("\(evidence.failedAttempts) connection \(attempts) failed")
        }
        return reasons
    }

    private static func tooFew(_ evidence: Evidence) -> String? {
        let needed = Percentile.samplesNeeded(Limit.percentile)
        if evidence.succeeded >= needed { return nil }
        return
            "\(evidence.succeeded) successful \(evidence.noun) (a 99th percentile needs \(needed))"
    }

    private static func tooShort(_ evidence: Evidence) -> String? {
        guard let occupancy = evidence.occupancy, occupancy > Limit.occupancy else { return nil }
        return "\(evidence.duration.display) are too short for answers of up to"
            + " \(evidence.longest.display): rate times mean time comes to"
            + " \(fixed(occupancy, decimals: 2)) of the connections"
            + " (limit \(fixed(Limit.occupancy, decimals: 2)))"
    }

    /// Whether connections were opened in the way that was to be measured.
    private static func otherwiseOpened(_ evidence: Evidence) -> String? {
        let wanted =
            switch evidence.handshake {
            case .full: "full"
            case .resumed: "resumed"
            case .early: "with early data that was taken"
            }
        let (all, unlike) = (evidence.handshakes, evidence.unlikeHandshakes)
        if all == 0 {
            if evidence.handshake == .full { return nil }
            return "no connection was opened in the window, and none before was \(wanted)"
        }
        guard Double(unlike) > Limit.otherOpenings * Double(all) else { return nil }
        return "\(unlike) of \(all) handshakes were not \(wanted) (limit 0.1%)"
    }

    private static func clientBound(_ evidence: Evidence) -> String? {
        let limit = evidence.isOpenLoop ? Limit.busyOpen : Limit.busyClosed
        guard evidence.busyShare + evidence.waitShare > limit else { return nil }
        var reason = "the busiest generator thread computed for \(percent(evidence.busyShare))"
        if evidence.waitShare > 0.01 {
            reason += " and waited for a CPU for \(percent(evidence.waitShare))"
        }
        return reason + " of the time (limit \(percent(limit)))"
    }

    private static func late(_ evidence: Evidence) -> [String] {
        var reasons: [String] = []
        let areConnections = evidence.targetConnectionRate != nil
        let all =
            areConnections
            ? evidence.connections + evidence.failedAttempts : evidence.succeeded + evidence.failed
        if let lateness = evidence.latenessP99, lateness > Limit.latenessP99 {
            var reason = areConnections ? "connections were begun" : "requests were sent"
            reason += " late: p99 \(lateness.display) (limit \(Limit.latenessP99.display))"
            if evidence.starved * 100 > all {
                let share = percent(Double(evidence.starved) / Double(max(1, all)))
                let lacking =
                    evidence.isSkewed
                    ? "their connection was not"
                    : "no \(areConnections ? "place" : "connection") was"
                reason += "; \(lacking) free for \(share)"
            }
            reasons.append(reason)
        }
        let due = evidence.targetConnectionRate ?? evidence.targetRate ?? 0
        let arrivals = due / Double(evidence.burst)
        if let target = evidence.targetConnectionRate,
            let reason = missed(
                target, by: evidence.connectionRate, of: "connections ", arrivals, evidence)
        {
            reasons.append(reason)
        }
        if let target = evidence.targetRate,
            let reason = missed(
                target, by: evidence.achievedRate, of: areConnections ? "requests " : "", arrivals,
                evidence)
        {
            reasons.append(reason)
        }
        return reasons
    }

    /// - Parameter arrivals: as many are due a second, of which each brings an equal part of
    ///   `target`.
    private static func missed(
        _ target: Double, by achieved: Double, of noun: String, _ arrivals: Double,
        _ evidence: Evidence
    ) -> String? {
        let expected = arrivals * evidence.duration.inSeconds
        guard expected > 0, target > 0 else { return nil }
        // A Poisson process varies by the root of its count; a constant one by one.
        let slack = evidence.isRandom ? 3 * expected.squareRoot() : 1
        let ratio = achieved / target
        guard ratio < Limit.rateRatio - slack / expected else { return nil }
        return "\(decimalDisplay(achieved))/s of \(decimalDisplay(target))/s \(noun)were reached,"
            + " \(percent(ratio)) (limit \(percent(Limit.rateRatio)))"
    }

    private static func unsteady(_ evidence: Evidence) -> String? {
        guard let steadiness = Steadiness(evidence.rates), !steadiness.isSteady else { return nil }
        let sign = steadiness.difference < 0 ? "" : "+"
        return "the rate drifted: second half \(sign)\(percent(steadiness.difference)) against the"
            + " first (limit \(percent(Steadiness.Limit.difference)))"
    }

    private static func percent(_ share: Double) -> String {
        let decimals = share.magnitude < 0.0995 ? 2 : share.magnitude < 0.995 ? 1 : 0
        return fixed(share * 100, decimals: decimals) + "%"
    }
}
