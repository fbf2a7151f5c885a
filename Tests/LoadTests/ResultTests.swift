import Basis
import Measure
import Platform
import Report
import TestSupport
import Testing
import Wire

@testable import Load

struct ResultTests {
    /// 1000 requests of an open loop with known times, and a few failures of every kind.
    private func open() throws -> LoadResult {
        let plan = try Sample.plan {
            $0.arrivals = .poisson(PerSecond(raw: 1_000))
            $0.threads = 1
        }
        var tally = LoadTally()
        for index in 1...1_000 {
            tally.response.record(.microseconds(200 + index))
            tally.service.record(.microseconds(100 + index))
            tally.lateness.record(.microseconds(100))
        }
        tally.statuses[2] = 1_000
        tally.statuses[4] = 3
        for _ in 0..<1_000 { tally.codes.note(200) }
        for _ in 0..<3 { tally.codes.note(404) }
        tally.errors.status = 3
        tally.errors.timeout = 2
        tally.unsent = 1
        tally.refused.record(.microseconds(50))
        return try Sample.result(
            tally, plan: plan, served: [500, 500],
            rates: Array(repeating: RatePiece(succeeded: 1_000, due: 1_000), count: 20))
    }

    private func closed() throws -> LoadResult {
        var tally = LoadTally()
        for index in 1...1_000 { tally.response.record(.microseconds(index)) }
        tally.statuses[2] = 1_000
        return try Sample.result(tally, served: Array(repeating: 250, count: 4))
    }

    @Test("the record holds what was measured and can be read back")
    func record() throws {
        let report = try open().report
        #expect(report.mode == .open && report.arrivals == "poisson" && report.protocol == "h1")
        #expect(report.requests == 1_000 && report.achievedRate == 1_000)
        #expect(report.targetRate == 1_000 && report.rateRatio == 1)
        #expect(report.errors.total == 5 && report.errors.timeout == 2 && report.errors.status == 3)
        #expect(report.statuses.success2xx == 1_000 && report.statuses.client4xx == 3)
        #expect(report.latency.max == .microseconds(1_200) && report.latency.samples == 1_000)
        #expect(report.service.max == .microseconds(1_100))
        #expect(report.lateness.max == .microseconds(100))
        #expect(report.latenessHistogram != nil)
        #expect(report.cpu.user == .milliseconds(100) && report.cpu.system == .milliseconds(400))
        #expect(report.cpu.perRequest == 500_000 && report.cpu.busiestThreadShare == 0.5)
        #expect(report.syscalls.wait == 7 && report.connectionsOpened == 64)
        #expect(report.verdict == .errors && report.verdictReasons.count == 1)
        #expect(report.warnings.count == 2)
        #expect(try LoadReport(json: report.json) == report)
        let histogram = try HistogramCodec.decode(base64: report.latencyHistogram)
        #expect(histogram.totalCount == 1_000)
    }

    @Test("in a closed loop there is one latency, and lateness has no samples")
    func closedRecord() throws {
        let report = try closed().report
        #expect(report.mode == .closed && report.arrivals == nil && report.targetRate == nil)
        #expect(report.service == report.latency && report.lateness.samples == 0)
        #expect(report.latenessHistogram == nil)
        #expect(report.verdict == .valid)
    }

    @Test("what a backlog delayed is not a higher rate")
    func sendingTime() throws {
        var tally = LoadTally()
        tally.statuses[2] = 1_000
        var result = LoadResult(plan: try Sample.plan(), began: .zero)
        result.add(
            GeneratorResult(
                window: Window(start: Instant(raw: 1), duration: .seconds(1)),
                sentFrom: Instant(raw: 1), sentUntil: Instant(raw: 1) + .seconds(2),
                warmUpUnsent: 0,
                usage: Sample.usage,
                connectionsOpened: 1, served: [1_000], rates: [], borders: BorderShares(),
                lastRefusal: nil, tally: tally))
        #expect(result.duration == .seconds(2))
        #expect(result.achievedRate == 500)
    }

    @Test("an attempt to connect is no request, and no reason for more connections")
    func attempts() throws {
        let plan = try Sample.plan { $0.arrivals = .constant(PerSecond(raw: 1_000)) }
        var tally = LoadTally()
        tally.statuses[2] = 1_000
        for _ in 0..<1_000 { tally.response.record(.microseconds(100)) }
        tally.lateness.record(.zero)
        tally.errors.connect = 900
        tally.errors.handshake = 68
        tally.errors.timeout = 1
        tally.unsent = 1
        let result = try Sample.result(tally, plan: plan)
        #expect(result.failed == 1)
        #expect(try Objective(parsing: "errors<=1").judge(result).isMet)
        #expect(try Objective(parsing: "errors<0.1%").judge(result).isMet)
        let report = result.report
        #expect(report.errors.connect == 900 && report.errors.handshake == 68)
        #expect(report.verdict == .valid, "\(report.verdictReasons)")
        #expect(report.warnings.contains { $0.hasSuffix("; 968 connection attempts failed") })
        #expect(!report.warnings.contains { $0.contains("--connections") })
    }

    @Test("where the warm-up's backlog took all the time the server has no rate")
    func nothingSent() throws {
        let plan = try Sample.plan { $0.arrivals = .constant(PerSecond(raw: 400_000)) }
        var tally = LoadTally()
        tally.errors.timeout = 400_000
        tally.unsent = 400_000
        for _ in 0..<1_000 { tally.response.record(.seconds(2)) }
        var result = LoadResult(plan: plan, began: .zero)
        result.add(
            GeneratorResult(
                window: Window(start: Instant(raw: 1), duration: .seconds(1)),
                sentFrom: nil, sentUntil: Instant(raw: 1), warmUpUnsent: 70_000,
                usage: Sample.usage, connectionsOpened: 1, served: [0], rates: [],
                borders: BorderShares(),
                lastRefusal: nil, tally: tally))
        #expect(result.duration == .seconds(1))
        let report = result.report
        #expect(report.verdict == .errors)
        let reason = "the warm-up left 70000 requests unsent; no request of the window was sent"
        #expect(report.verdictReasons == [reason])
        let text = TextReport.text(report, objectives: [], colours: false)
        #expect(text.contains("rate           - (no request was sent)\n"), "\(text)")
        #expect(!text.contains("0/s,"), "\(text)")
        #expect(try Objective(parsing: "rps<1").judge(result).isMet == false)
    }

    /// A run of which `window` passed before `count` interrupts, the first after `span`.
    private func interrupted(
        _ count: Int, after span: Nanoseconds, window: Nanoseconds, sentFor: Nanoseconds
    ) throws -> LoadResult {
        var interruption = Interrupts()
        for _ in 0..<count { interruption.note(after: span) }
        let plan = try Sample.plan {
            $0.warmUp = .seconds(5)
            $0.duration = .seconds(10)
        }
        var result = LoadResult(plan: plan, began: .zero, interruption: interruption)
        var usage = Sample.usage
        usage.span = window
        result.add(
            GeneratorResult(
                window: Window(start: Instant(raw: 1), duration: window),
                sentFrom: Instant(raw: 1), sentUntil: Instant(raw: 1) + sentFor, warmUpUnsent: 0,
                usage: usage, connectionsOpened: 1, served: [], rates: [], borders: BorderShares(),
                lastRefusal: nil,
                tally: LoadTally()))
        return result
    }

    @Test("an interrupt is told as what it cut short")
    func interruption() throws {
        let early = try interrupted(1, after: .seconds(2), window: .zero, sentFor: .zero)
        #expect(early.isInterrupted && early.report.warmup == .seconds(2))
        #expect(early.report.warnings == ["interrupted in the warm-up"])
        #expect(early.report.verdict == .tooFewSamples)
        #expect(early.report.verdictReasons == ["nothing was measured"])
        let text = TextReport.text(early.report, objectives: [], colours: false)
        #expect(text.contains("measured       nothing after 2.00s of warm-up\n"), "\(text)")

        // What was sent late after the window does not make the interrupt a later one.
        let backlog = try interrupted(
            1, after: .seconds(7), window: .seconds(2), sentFor: .seconds(4))
        #expect(backlog.isInterrupted && backlog.duration == .seconds(4))
        #expect(backlog.report.warnings == ["interrupted after 2.00s"])

        let complete = try interrupted(
            1, after: .seconds(16), window: .seconds(10), sentFor: .seconds(10))
        #expect(!complete.isInterrupted && complete.report.warnings.isEmpty)

        let waiting = try interrupted(
            2, after: .seconds(16), window: .seconds(10), sentFor: .seconds(10))
        #expect(waiting.isInterrupted && waiting.report.warnings.count == 1)
        #expect(waiting.report.warnings[0].hasPrefix("interrupted while waiting for answers"))
    }

    private func add(_ rates: [RatePiece], to result: inout LoadResult) {
        result.add(
            GeneratorResult(
                window: Window(start: Instant(raw: 1), duration: .seconds(1)),
                sentFrom: Instant(raw: 1), sentUntil: Instant(raw: 1), warmUpUnsent: 0,
                usage: Sample.usage, connectionsOpened: 1, served: [], rates: rates,
                borders: BorderShares(),
                lastRefusal: nil, tally: LoadTally()))
    }

    @Test("threads' rates are added place by place, as far as every thread has them")
    func rates() throws {
        let full = [1.0, 2, 3].map { RatePiece(succeeded: $0, due: 1) }
        var both = LoadResult(plan: try Sample.plan(), began: .zero)
        add(full, to: &both)
        add(Array(full.dropLast()), to: &both)
        #expect(both.rates == [2.0, 4].map { RatePiece(succeeded: $0, due: 2) })
        var none = LoadResult(plan: try Sample.plan(), began: .zero)
        add([], to: &none)
        add(full, to: &none)
        #expect(none.rates.isEmpty, "one thread alone is not the rate of both")
    }

    @Test("what chance made due does not make a run unsteady, what the server did does")
    func chance() throws {
        let plan = try Sample.plan { $0.arrivals = .poisson(PerSecond(raw: 5_000)) }
        let due = (0..<20).map { 5_300 - 30 * Double($0) }
        let served = due.map { RatePiece(succeeded: $0, due: $0) }
        let lost = due.map { RatePiece(succeeded: $0 * $0 / 5_300, due: $0) }
        #expect(Steadiness(due)?.isSteady == false)
        for (rates, isSteady) in [(served, true), (lost, false)] {
            let evidence = try Sample.result(LoadTally(), plan: plan, rates: rates).evidence
            #expect(try #require(Steadiness(evidence.rates)).isSteady == isSteady)
        }
    }

    @Test("fairness is Jain's index", arguments: [([5, 5, 5, 5], 1.0), ([8, 0, 0, 0], 0.25)])
    func fairness(served: [UInt32], index: Double) throws {
        #expect(try Sample.result(LoadTally(), served: served).fairness == index)
        #expect(try Sample.result(LoadTally(), served: [0]).fairness == nil)
    }

    @Test("the text says what a reader of wrk looks for")
    func text() throws {
        let text = TextReport.text(
            try open().report,
            objectives: [try Objective(parsing: "p99<1ms").judge(try open())], colours: false)
        #expect(
            text == """
                target         http://127.0.0.1:8080/plaintext (h1)
                load           open loop, 1000/s poisson, seed 42; 64 connections on 1 thread
                measured       1.00s after 1.00s of warm-up

                rate           1000/s (100.0% of target), 1000 succeeded
                connections    64 opened
                traffic        2.00MiB/s read, 48.8KiB/s written, 2.00MiB read in all
                generator      500us CPU a request, busiest thread 50%

                                mean  stdev    p50     p90     p99  p99.9  p99.99     max
                response time  701us  289us  700us  1.10ms  1.19ms      -       -  1.20ms
                service time   601us  289us  600us  1.00ms  1.09ms      -       -  1.10ms
                lateness       100us    0ns  100us   100us   100us      -       -   100us

                errors         2 timeout, 3 status
                answers        200: 1000 (99.70%)
                               404: 3 (0.30%)
                slo            p99<1ms missed: 1.19ms
                note           1 requests never found a free connection and count as \
                timeouts; give more --connections or a lower --rate
                note           answers with an error status are not among the latencies: mean 50.0us
                verdict        errors: 5 of 1005 requests failed, 0.50% (limit 0.1%)

                """)
    }

    @Test("parts have rows of their own where there are any, added up over threads")
    func parts() throws {
        var result = LoadResult(plan: try Sample.plan(), began: .zero)
        for thread in 1...2 {
            var tally = LoadTally()
            for index in 1...500 {
                tally.firstPart.record(.microseconds(index * thread))
                tally.partGap.record(.microseconds(2_000))
            }
            result.add(tally, intervals: [])
        }
        let report = result.report
        #expect(report.firstPart.samples == 1_000 && report.firstPart.max == .microseconds(1_000))
        #expect(report.partGap.p50 == .microseconds(2_000))
        let text = TextReport.text(report, objectives: [], colours: false)
        #expect(text.contains("\nfirst part ") && text.contains("\npart gap "), "\(text)")
        let gaps = try HistogramCodec.decode(base64: try #require(report.partGapHistogram))
        #expect(gaps.totalCount == 1_000)
        let read = try LoadReport(json: report.json)
        #expect(read.firstPart.p99 == report.firstPart.p99 && read.partGap.samples == 1_000)
        let none = try closed().report
        #expect(none.firstPartHistogram == nil && none.firstPart.samples == 0)
        #expect(!TextReport.text(none, objectives: [], colours: false).contains("part"))
    }

    @Test("delays and bursts of events have a row and a line where there are any")
    func events() throws {
        var result = try Sample.result(LoadTally())
        var tally = LoadTally()
        for index in 1...500 { tally.eventDelay.record(.microseconds(index)) }
        tally.statuses[2] = 20
        tally.bursts = 7
        result.add(tally, intervals: [])
        let report = result.report
        #expect(report.eventDelay.samples == 500 && report.bursts == 7)
        let delays = try HistogramCodec.decode(base64: try #require(report.eventDelayHistogram))
        #expect(delays.totalCount == 500)
        #expect(try LoadReport(json: report.json) == report)
        let text = TextReport.text(report, objectives: [], colours: false)
        #expect(text.contains("\nevent delay "), "\(text)")
        #expect(
            text.contains("bursts         7 of 20 answers came in one burst: something between"))
        #expect(Renderings.csv(report).contains("event_delay_us_p99"))
        let none = TextReport.text(try closed().report, objectives: [], colours: false)
        #expect(!none.contains("event") && !none.contains("burst"))
    }

    @Test("of subscriptions, events are told, and what is missing of them")
    func subscriptions() throws {
        let template = try HTTP1.RequestTemplate(target: "/sse", host: "a")
        let request = try SubscriptionRequest(template)
        let plan = try Sample.plan { $0.application = .subscription(request) }
        var tally = LoadTally()
        for index in 1...1_000 { tally.response.record(.milliseconds(index)) }
        tally.statuses[2] = 1_000
        tally.missedEvents = 12
        tally.silentSubscribers = 3
        tally.errors.read = 2
        let result = try Sample.result(tally, plan: plan)
        let report = result.report
        // However long events take: there is no Little's law of what nobody asked for.
        #expect(
            report.mode == .subscribe && report.achievedRate == 1_000 && result.occupancy == nil)
        #expect(report.protocol == "sse" && report.missedEvents == 12)
        #expect(report.verdictReasons[0] == "2 of 1002 events failed, 0.20% (limit 0.1%)")
        #expect(try LoadReport(json: report.json) == report)
        let text = TextReport.text(report, objectives: [], colours: false)
        for line in [
            "load           subscriptions; 64 connections", "1000/s, 1000 events delivered",
            "500us CPU an event", "\ndelivery  ", "missed events  12, by the ids",
            "3 of 64 connections brought no event from behind the window within 2.00s",
        ] {
            #expect(text.contains(line), "\(text)")
        }
    }

    @Test("without a success there is no cost of one, and nothing is said to have succeeded")
    func textOfFailures() throws {
        var tally = LoadTally()
        tally.statuses[4] = 12_715
        tally.errors.status = 12_715
        let text = TextReport.text(try Sample.result(tally).report, objectives: [], colours: false)
        #expect(text.contains("0/s, 0 succeeded\n"))
        #expect(text.contains("generator      - CPU a request"))
    }

    @Test("the widest table fits into 80 columns")
    func width() throws {
        let plan = try Sample.plan {
            $0.arrivals = .constant(PerSecond(raw: 1_000))
            $0.connections = 4_000
        }
        var tally = LoadTally()
        for index in 1...40_000 {
            let time = Nanoseconds.microseconds(10_000 + 3 * index)
            tally.response.record(time)
            tally.service.record(time)
            tally.lateness.record(time)
        }
        tally.statuses[2] = 40_000
        let result = try Sample.result(tally, plan: plan)
        let text = TextReport.text(result.report, objectives: [], colours: false)
        let table = text.split(separator: "\n").filter {
            $0.contains("time ") || $0.contains("p50")
        }
        #expect(table.count == 3 && table.allSatisfy { $0.count <= 80 }, "\(text)")
    }

    @Test("a closed loop's text has one row, no errors and no target rate")
    func closedText() throws {
        let text = TextReport.text(try closed().report, objectives: [], colours: false)
        #expect(text.contains("closed loop; 64 connections on 1 thread"))
        #expect(text.contains("\nround trip  "))
        for word in ["response time", "lateness", "errors", "answers", "target)", "seed", "note"] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(text.hasSuffix("verdict        valid\n"))
    }

    @Test("colours only where they are wanted")
    func colours() throws {
        let report = try closed().report
        #expect(!TextReport.text(report, objectives: [], colours: false).contains("\u{1B}"))
        #expect(TextReport.text(report, objectives: [], colours: true).contains("\u{1B}[32mvalid"))
    }

    @Test("the table has one row under flat names, without histograms")
    func csv() throws {
        let text = Renderings.csv(try open().report)
        let table = try CSVTable(parsing: text)
        #expect(table.rows.count == 1)
        #expect(table.columns.first == "schema")
        #expect(table.field(0, "schema") == "switchyard.load/1")
        #expect(table.field(0, "latency_us_max") == "1200.0")
        #expect(table.field(0, "latency_us_p99_9") == nil)
        #expect(table.field(0, "errors_timeout") == "2")
        #expect(table.field(0, "verdict_name") == "errors")
        #expect(!table.columns.contains { $0.hasSuffix("histogram") })
    }

    @Test("logs of intervals and percentiles can be read back")
    func logs() throws {
        var result = LoadResult(
            plan: try Sample.plan(), began: .seconds(1_800_000_000))
        var tally = LoadTally()
        for index in 1...100 { tally.response.record(.microseconds(index)) }
        let interval = IntervalRecord(tally, start: .seconds(1), length: .seconds(1))
        result.add(tally, intervals: [interval, interval])
        let log = try IntervalLog(parsing: Renderings.hlog(result))
        #expect(log.entries.count == 2)
        #expect(log.entries[0].start == .seconds(1_800_000_001))
        let histogram = try HistogramCodec.decode(base64: log.entries[1].histogram)
        #expect(histogram.totalCount == 100)
        #expect(PercentileText.rows(parsing: Renderings.hgrm(result))?.last?.count == 100)
    }

    @Test("progress is one line")
    func progress() throws {
        let plan = try Sample.plan()
        var tally = LoadTally()
        for _ in 0..<1_000 { tally.response.record(.microseconds(500)) }
        tally.warmUpAnswers = 1_000
        let warm = LoadProgress(tally, plan: plan, elapsed: .seconds(1), length: .seconds(1))
        #expect(warm.line == "1s 50%  1000/s  p50 500us  p99 500us  (warming up)")
        tally.statuses[2] = 1_000
        tally.warmUpAnswers = 0
        tally.errors.read = 4
        let later = LoadProgress(
            tally, plan: plan, elapsed: .seconds(2), length: .milliseconds(500))
        #expect(later.line == "2s 100%  2000/s  p50 500us  p99 500us  4 failed")
        // What wraps can't be rewritten.
        #expect(later.line(columns: 30) == "2s 100%  2000/s  p50 500us  p")
        #expect(later.line(columns: 200) == later.line && later.line(columns: nil) == later.line)
    }
}
