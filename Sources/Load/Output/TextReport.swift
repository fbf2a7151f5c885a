import Basis
import Measure
package import Report
import Wire

/// The result for people, in the terminal.
package struct TextReport {
    private let report: LoadReport
    private let objectives: [Objective.Outcome]
    private let colours: Bool
    private var text = ""

    /// - Parameters:
    ///   - colours: whether the terminal understands ANSI colours and the user wants them.
    ///   - hasHistogram: whether the distribution of the latencies is drawn.
    package static func text(
        _ report: LoadReport, objectives: [Objective.Outcome], colours: Bool,
        hasHistogram: Bool = false
    ) -> String {
        var writer = TextReport(report: report, objectives: objectives, colours: colours)
        writer.conditions()
        writer.rates()
        writer.latencies()
        if hasHistogram { writer.histogram() }
        writer.failures()
        writer.conclusions()
        return writer.text
    }

    private init(report: LoadReport, objectives: [Objective.Outcome], colours: Bool) {
        self.report = report
        self.objectives = objectives
        self.colours = colours
    }

    private mutating func line(_ label: String, _ content: String) {
        let gap = String(repeating: " ", count: max(1, Self.labelWidth - label.count))
        text += label + gap + content + "\n"
    }

    /// As wide as the longest label of the latency table.
    private static let labelWidth = 15

    static func counted(_ count: Int, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
    }

    private mutating func conditions() {
        var from = Self.counted(report.connections, "connection")
        from += " on \(Self.counted(report.threads, "thread"))"
        if report.streams > 1 {
            let what = report.protocol == "ws" ? "messages under way" : "streams"
            from += ", \(report.streams) \(what) on each"
        }
        if report.pipeline > 1 { from += ", \(report.pipeline) pipelined" }
        var mode = report.mode == .subscribe ? "subscriptions" : "closed loop"
        if let rate = report.targetRate, let arrivals = report.arrivals {
            mode = "open loop, \(decimalDisplay(rate))/s \(arrivals), seed \(report.seed)"
            if let connections = report.targetConnectionRate {
                mode = "open loop, \(decimalDisplay(connections)) connections/s \(arrivals) of"
                mode += " \(Self.counted(report.requestsPerConnection ?? 1, "request"))"
                mode += ", seed \(report.seed)"
            }
            if report.burst > 1 { mode += ", \(report.burst) at once" }
            if report.skew != .even { mode += ", \(report.skew.text)" }
        }
        line("target", "\(report.url) (\(report.protocol))\(place)")
        line("load", "\(mode); \(from)")
        if let tls = report.tls {
            line("handshakes", "\(report.handshakes.text): \(tls)")
        }
        if report.opensFast {
            let (taken, missed) =
                (report.handshakes.fastOpenAccepted, report.handshakes.fastOpenMissed)
            line("fast open", "\(taken) SYNs carried data, \(missed) did not")
        }
        for company in report.company {
            var text = "\(company.connections) \(company.kind.named(company.connections))"
            text += ": \(company.open) stood at the end, \(company.ended) ended by the server"
            if company.kind != .idle {
                text += "; \(ByteCount(raw: Int(company.bytesRead)).display) read"
                text += ", \(ByteCount(raw: Int(company.bytesWritten)).display) sent"
            }
            line("beside", text)
        }
        let measured = report.duration == .zero ? "nothing" : report.duration.display
        line("measured", "\(measured) after \(report.warmup.display) of warm-up")
        text += "\n"
    }

    /// Where the connections went, unless the URL says it.
    private var place: String {
        guard let address = report.address else { return "" }
        let told = report.url.firstRange(of: "://").map { report.url[$0.upperBound...] } ?? ""
        let isTold = ["\(address)/", "\(address)/".replacing(":80/", with: "/")].contains {
            told.hasPrefix($0)
        }
        return isTold ? "" : " at \(address)"
    }

    private mutating func rates() {
        var rate = "\(decimalDisplay(report.achievedRate))/s"
        if let ratio = report.rateRatio {
            rate += " (\(fixed(ratio * 100, decimals: 1))% of target)"
        }
        let isOfEvents = report.mode == .subscribe
        rate += ", \(report.requests) \(isOfEvents ? "events delivered" : "succeeded")"
        // Lateness has a sample for every request of the window that was sent.
        if report.mode == .open, report.lateness.samples == 0 { rate = "- (no request was sent)" }
        if report.duration == .zero { rate = "-" }
        line("rate", rate)
        var opened = report.connectionsOpened > 0 ? "\(report.connectionsOpened) opened" : ""
        if let made = report.connectionRate, let target = report.targetConnectionRate {
            opened += opened.isEmpty ? "" : ", "
            opened += "\(decimalDisplay(made))/s made"
            opened += " (\(fixed(made / target * 100, decimals: 1))% of target)"
        }
        if !opened.isEmpty { line("connections", opened) }
        if report.skew != .even, let share = report.busiestConnectionShare {
            line("skew", "the busiest connection had \(fixed(share * 100, decimals: 1))% of it")
        }
        let seconds = max(1e-9, report.duration.inSeconds)
        let read = ByteCount(raw: Int(Double(report.bytesRead) / seconds)).display
        let wrote = ByteCount(raw: Int(Double(report.bytesWritten) / seconds)).display
        let total = ByteCount(raw: Int(report.bytesRead)).display
        line("traffic", "\(read)/s read, \(wrote)/s written, \(total) read in all")
        let busy = fixed(report.cpu.busiestThreadShare * 100, decimals: 0)
        let perRequest =
            report.requests == 0
            ? "-" : Nanoseconds(raw: Int64(report.cpu.perRequest.rounded())).display
        line(
            "generator",
            "\(perRequest) CPU \(isOfEvents ? "an event" : "a request"), busiest thread \(busy)%")
        text += "\n"
    }

    private mutating func latencies() {
        var table = TextTable(
            [.init("", .left)]
                + ["mean", "stdev", "p50", "p90", "p99", "p99.9", "p99.99", "max"].map { .init($0) }
        )
        switch report.mode {
        case .closed: table.append(row("round trip", report.latency))
        case .subscribe: table.append(row("delivery", report.latency))
        case .open:
            table.append(row("response time", report.latency))
            table.append(row("service time", report.service))
            table.append(row("lateness", report.lateness))
        }
        for (name, times) in [
            ("first byte", report.firstByte), ("connect", report.connect),
            ("handshake", report.handshake),
        ] where times.samples > 0 { table.append(row(name, times)) }
        if report.firstPart.samples > 0 {
            table.append(row("first part", report.firstPart))
            table.append(row("part gap", report.partGap))
        }
        for kind in report.kinds { table.append(row("  \(kind.name)", kind.latency)) }
        if report.eventDelay.samples > 0 { table.append(row("event delay", report.eventDelay)) }
        text += table.text(width: nil, colours: colours) + "\n"
    }

    /// Of the latencies that the first row of the table has.
    private mutating func histogram() {
        guard let latencies = try? HistogramCodec.decode(base64: report.latencyHistogram) else {
            return
        }
        let bars = TextHistogram.text(latencies)
        if !bars.isEmpty { text += bars + "\n" }
    }

    private func row(_ name: String, _ figures: LatencySummary) -> [TextTable.Cell] {
        let none = figures.samples == 0
        let mean = none ? "-" : Nanoseconds(raw: Int64(figures.mean.rounded())).display
        let deviation =
            none ? "-" : Nanoseconds(raw: Int64(figures.standardDeviation.rounded())).display
        let percentiles = [figures.p50, figures.p90, figures.p99, figures.p999, figures.p9999]
        return [.init(name), .init(mean), .init(deviation)]
            + percentiles.map { .init($0?.display ?? "-") }
            + [.init(none ? "-" : figures.max.display)]
    }

    private mutating func failures() {
        let errors = report.errors
        let phases = [
            ("connect", errors.connect), ("handshake", errors.handshake), ("write", errors.write),
            ("read", errors.read), ("timeout", errors.timeout), ("status", errors.status),
            ("protocol", errors.protocol),
        ]
        for kind in report.kinds where kind.failed > 0 {
            line("failed", "\(kind.failed) of \(kind.requests + kind.failed) of \(kind.name)")
        }
        let found = phases.filter { $0.1 > 0 }
        if !found.isEmpty {
            line("errors", found.map { "\($0.1) \($0.0)" }.joined(separator: ", "))
        }
        if let first = report.firstFailure {
            line("first failure", "\(first.phase.rawValue): \(first.reason)")
            if let received = first.received { line("", "read: \(received)") }
        }
        codes(hasFailures: !found.isEmpty)
        if report.redirects > 0 { line("redirects", "\(report.redirects) followed") }
        if report.retries + report.givenUp > 0 {
            line("retries", "\(report.retries), \(report.givenUp) requests given up behind them")
        }
        if report.bursts > 0 {
            line(
                "bursts",
                "\(report.bursts) of \(report.requests) answers came in one burst: something"
                    + " between buffers")
        }
        if report.missedEvents > 0 {
            line("missed events", "\(report.missedEvents), by the ids of those that came")
        }
    }

    /// Each code with its answers, unless all went well and had the usual one.
    private mutating func codes(hasFailures: Bool) {
        let entries = report.codes.entries
        let isGRPC = report.protocol == "grpc"
        if !hasFailures, entries.allSatisfy({ $0.code == (isGRPC ? 0 : 200) }) { return }
        let all = entries.reduce(0) { $0 + $1.answers }
        for (index, entry) in entries.sorted(by: { $0.answers > $1.answers }).enumerated() {
            let status = isGRPC ? UInt8(exactly: entry.code).flatMap(GRPC.Status.init) : nil
            let share = fixed(Double(entry.answers) / Double(all) * 100, decimals: 2)
            line(
                index == 0 ? "answers" : "",
                "\(status.map { "\($0.name)" } ?? "\(entry.code)"): \(entry.answers) (\(share)%)")
        }
    }

    private mutating func conclusions() {
        for outcome in objectives {
            let word = outcome.isMet ? painted("met", .good) : painted("missed", .bad)
            line("slo", "\(outcome.objective) \(word): \(outcome.figure)")
        }
        for warning in report.warnings { line("note", warning) }
        let name = painted(report.verdict.rawValue, report.verdict.tone)
        line(
            "verdict", report.verdictReasons.isEmpty ? name : "\(name): \(report.verdictReasons[0])"
        )
        for reason in report.verdictReasons.dropFirst() { line("", "also: \(reason)") }
    }

    private func painted(_ word: String, _ tone: TextTable.Tone) -> String {
        let code =
            switch tone {
            case .plain: ""
            case .good: "32"
            case .doubtful: "33"
            case .bad: "31"
            }
        return colours && !code.isEmpty ? "\u{1B}[\(code)m\(word)\u{1B}[0m" : word
    }
}

extension LoadReport.Handshakes {
    /// What there was of each kind.
    fileprivate var text: String {
        var text = "\(full) full, \(resumed) resumed"
        if earlyAccepted + earlyRejected > 0 {
            text += ", \(earlyAccepted) with early data"
            if earlyRejected > 0 { text += ", \(earlyRejected) whose early data was refused" }
        }
        if tooEarly > 0 { text += ", \(tooEarly) requests too early and asked again" }
        return text
    }
}
