import Basis
import Measure
import Platform
package import Report
import Secure

extension LoadResult {
    /// The facts that the verdict rests on.
    package var evidence: Evidence {
        var evidence = Evidence()
        evidence.isOpenLoop = isOpenLoop
        if subscribes { evidence.noun = "events" }
        evidence.succeeded = succeeded
        evidence.failed = failed
        evidence.failedAttempts = tally.errors.attempts
        if isUnsent { evidence.warmUpUnsent = warmUpUnsent }
        if let busiest = threads.max(by: {
            $0.busyShare + $0.waitShare < $1.busyShare + $1.waitShare
        }) {
            evidence.busyShare = busiest.busyShare
            evidence.waitShare = busiest.waitShare
        }
        evidence.foreignShare = foreignShare
        evidence.cpus = "\(plan.cpus ?? .available)"
        evidence.handshake = plan.tls?.handshake ?? .full
        evidence.handshakes = handshakes.inWindow
        evidence.unlikeHandshakes = handshakes.unlike
        evidence.latenessP99 = LatencySummary(tally.lateness).p99
        evidence.starved = tally.starved
        evidence.isSkewed = plan.skew != .even
        evidence.targetRate = plan.targetRate
        evidence.targetConnectionRate = plan.targetConnectionRate
        evidence.connectionRate = connectionRate
        evidence.burst = plan.burst
        evidence.connections = tally.connections
        evidence.achievedRate = achievedRate
        evidence.duration = duration
        evidence.occupancy = occupancy
        evidence.longest = serviceTimes.max
        evidence.isEmpty = window == .zero
        // What chance made due in a piece is no news of the server.
        evidence.rates =
            isOpenLoop
            ? rates.filter { $0.due > 0 }.map { $0.succeeded / $0.due } : rates.map(\.succeeded)
        if case .poisson = plan.arrivals {
            evidence.isRandom = true
            if !plan.opensConnections, window > .zero {
                evidence.offeredRate = Double(succeeded + failed) / window.inSeconds
            }
        }
        return evidence
    }

    /// The record that is written and compared.
    package var report: LoadReport {
        var report = LoadReport(
            url: plan.url.description, protocol: plan.application.name,
            mode: subscribes ? .subscribe : isOpenLoop ? .open : .closed,
            arrivals: isOpenLoop ? plan.arrivals.name : nil,
            threads: plan.threads, connections: plan.connections, streams: plan.streams,
            pipeline: plan.pipeline, seed: plan.seed, duration: duration, warmup: warmUp,
            targetRate: plan.targetRate)
        report.burst = plan.burst
        report.skew = plan.skew
        report.company = company
        report.busiestConnectionShare = busiestConnectionShare
        report.requestsPerConnection = plan.requestsPerConnection
        if let target = plan.targetConnectionRate {
            report.targetConnectionRate = target
            report.connectionRate = connectionRate
        }
        report.requests = Int64(clamping: succeeded)
        report.achievedRate = achievedRate
        report.rateRatio = plan.targetRate.map { achievedRate / $0 }
        report.lateSends = Int64(clamping: tally.lateSends)
        report.starved = Int64(clamping: tally.starved)
        report.bodyBytes = Int64(clamping: tally.bodyBytes)
        report.latency = LatencySummary(tally.response)
        report.latencyHistogram = HistogramCodec.encodeBase64(tally.response)
        report.service = isOpenLoop ? LatencySummary(tally.service) : report.latency
        report.serviceHistogram =
            isOpenLoop ? HistogramCodec.encodeBase64(tally.service) : report.latencyHistogram
        report.lateness = LatencySummary(tally.lateness)
        report.latenessHistogram =
            isOpenLoop ? HistogramCodec.encodeBase64(tally.lateness) : nil
        report.firstByte = LatencySummary(tally.firstByte)
        report.firstByteHistogram = encoded(tally.firstByte)
        report.connect = LatencySummary(openingTimes.connect)
        report.connectHistogram = encoded(openingTimes.connect)
        report.handshake = LatencySummary(openingTimes.handshake)
        report.handshakeHistogram = encoded(openingTimes.handshake)
        report.firstPart = LatencySummary(tally.firstPart)
        report.firstPartHistogram = encoded(tally.firstPart)
        report.partGap = LatencySummary(tally.partGap)
        report.partGapHistogram =
            tally.firstPart.isEmpty
            ? nil : HistogramCodec.encodeBase64(tally.partGap)
        report.eventDelay = LatencySummary(tally.eventDelay)
        report.eventDelayHistogram = encoded(tally.eventDelay)
        report.retries = Int64(clamping: tally.retries)
        report.givenUp = Int64(clamping: tally.givenUp)
        report.redirects = Int64(clamping: tally.redirects)
        report.bursts = Int64(clamping: tally.bursts)
        report.missedEvents = Int64(clamping: tally.missedEvents)
        for (index, kind) in plan.mix.enumerated() {
            var found = KindReport(name: kind.name, weight: kind.weight)
            found.requests = Int64(clamping: kinds[index].succeeded)
            found.failed = Int64(clamping: kinds[index].failed)
            found.latency = LatencySummary(kinds[index].response)
            found.latencyHistogram = HistogramCodec.encodeBase64(kinds[index].response)
            report.kinds.append(found)
        }
        addCounts(to: &report)
        report.address = plan.address
        report.firstFailure = firstFailure?.failure
        report.location = redirection
        let judgement = Judgement(evidence)
        report.verdict = judgement.verdict
        report.verdictReasons = judgement.reasons
        report.warnings = warnings(of: report)
        return report
    }

    /// As text; nil without a sample.
    private func encoded(_ histogram: borrowing Histogram) -> String? {
        histogram.isEmpty ? nil : HistogramCodec.encodeBase64(histogram)
    }

    /// As long as it was.
    private var warmUp: Nanoseconds {
        isInterrupted && window == .zero ? min(plan.warmUp, interruption.after) : plan.warmUp
    }

    private func addCounts(to report: inout LoadReport) {
        report.errors.connect = Int64(clamping: tally.errors.connect)
        report.errors.handshake = Int64(clamping: tally.errors.handshake)
        report.errors.write = Int64(clamping: tally.errors.write)
        report.errors.read = Int64(clamping: tally.errors.read)
        report.errors.timeout = Int64(clamping: tally.errors.timeout)
        report.errors.status = Int64(clamping: tally.errors.status)
        report.errors.protocol = Int64(clamping: tally.errors.protocolViolation)
        report.statuses.success2xx = Int64(clamping: tally.statuses[2])
        report.statuses.redirect3xx = Int64(clamping: tally.statuses[3])
        report.statuses.client4xx = Int64(clamping: tally.statuses[4])
        report.statuses.server5xx = Int64(clamping: tally.statuses[5])
        if plan.application.hasCodes { report.codes = tally.codes.answers }
        report.connectionsOpened = Int64(connectionsOpened)
        report.tls = plan.tls?.agreed
        report.handshakes.full = Int64(handshakes.full)
        report.handshakes.resumed = Int64(handshakes.resumed)
        report.handshakes.earlyAccepted = Int64(handshakes.earlyAccepted)
        report.handshakes.earlyRejected = Int64(handshakes.earlyRejected)
        report.handshakes.tooEarly = Int64(handshakes.tooEarly)
        report.handshakes.fastOpenAccepted = Int64(handshakes.fastOpenAccepted)
        report.handshakes.fastOpenMissed = Int64(handshakes.fastOpenMissed)
        report.opensFast = plan.opensFast
        for thread in threads {
            report.cpu.user = report.cpu.user + thread.user
            report.cpu.system = report.cpu.system + thread.system
            report.bytesRead += Int64(clamping: thread.bytesRead)
            report.bytesWritten += Int64(clamping: thread.bytesWritten)
            report.syscalls.wait += Int64(clamping: thread.syscalls.wait)
            report.syscalls.receive += Int64(clamping: thread.syscalls.receive)
            report.syscalls.send += Int64(clamping: thread.syscalls.send)
            report.syscalls.accept += Int64(clamping: thread.syscalls.accept)
            report.syscalls.other += Int64(clamping: thread.syscalls.other)
        }
        report.cpu.busiestThreadShare = busiestShare
        report.cpu.foreignShare = foreignShare
        let cpu = threads.reduce(0) { $0 + $1.cpu.raw - $1.spun.raw }
        let answers = report.rateBase
        report.cpu.perRequest = answers > 0 ? Double(cpu) / answers : 0
    }

    /// Where the answers of class 3xx lead, if any was counted and said so.
    private var redirection: String? {
        tally.statuses[3] == 0 || location.isEmpty ? nil : Excerpt.text(location.span)
    }

    private var unsent: String {
        if plan.opensConnections { return "connections never found a free place" }
        return plan.skew == .even
            ? "requests never found a free connection" : "requests never found theirs free"
    }

    private var remedyOfUnsent: String {
        if plan.skew != .even { return "give a lower --rate or a lesser --skew" }
        let rate = plan.opensConnections ? "connection-rate" : "rate"
        return "give more --connections or a lower --\(rate)"
    }

    private func warnings(of report: LoadReport) -> [String] {
        var warnings: [String] = []
        if isInterrupted, window == .zero {
            warnings.append("interrupted in the warm-up")
        } else if isInterrupted, window < plan.duration {
            warnings.append("interrupted after \(window.display)")
        }
        if interruption.count > 1 {
            warnings.append(
                "interrupted while waiting for answers: what was under way counts as timeouts")
        }
        if plan.opensFast, let reason = report.fastOpenMiss { warnings.append(reason) }
        if let turns = plan.turns {
            warnings.append(
                "requests were sent only in turn \(turns.index)/\(turns.count) of"
                    + " \(turns.length.display) each")
        }
        if let lastRefusal { warnings.append("the last call refused was \(lastRefusal)") }
        if tally.unsent > 0 {
            warnings.append(
                "\(tally.unsent) \(unsent) and count as timeouts;"
                    + (tally.errors.attempts > 0
                        ? " \(tally.errors.attempts) connection attempts failed"
                        : " \(remedyOfUnsent)"))
        }
        if heldBack > 0 {
            warnings.append(
                "\(heldBack) requests were due while \(Limit.requestsWaiting) of a thread waited"
                    + " for their connections, and so were late on every connection;"
                    + " \(remedyOfUnsent)")
        }
        if tally.statuses[3] > 0 {
            let count = tally.statuses[3] == 1 ? "1 answer" : "\(tally.statuses[3]) answers"
            warnings.append(
                "\(count) of class 3xx, which count as successes, did not bring what was asked for"
                    + (redirection.map { ": the first leads to \($0)" } ?? ""))
        }
        if tally.silentSubscribers > 0 {
            warnings.append(
                "\(tally.silentSubscribers) of \(plan.connections) connections brought no event"
                    + " from behind the window within \(plan.timeout.display), so some of the"
                    + " window may be missing; let events go on for longer than the load")
        }
        if !tally.refused.isEmpty {
            warnings.append(
                "answers with an error status are not among the latencies: mean"
                    + " \(Nanoseconds(raw: Int64(tally.refused.mean)).display)")
        }
        if tally.response.clampedCount > 0 {
            warnings.append("\(tally.response.clampedCount) latencies over an hour count as one")
        }
        if plan.skew == .even, let fairness, fairness < 0.8,
            succeeded >= 100 * UInt64(served.count)
        {
            warnings.append(
                "connections were served unevenly: Jain index \(fixed(fairness, decimals: 2))")
        }
        return warnings
    }
}
