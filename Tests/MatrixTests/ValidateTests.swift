import Basis
import Measure
import Platform
import Report
import Testing

@testable import Matrix

/// Rows with every outcome.
private enum Invented: Effect {
    static let name = "invented"
    static let source = "a book"

    static let rows = [
        row("true", Prediction(atLeast: 2, atMost: 4, unit: "ms")) { _ in .value(3) },
        row("high", Prediction(atLeast: nil, atMost: 2.5, unit: "ms")) { _ in .value(3) },
        row("low", Prediction(atLeast: 3.25, atMost: nil, unit: "ms")) { _ in .value(3) },
        row("poor", Prediction(atLeast: nil, atMost: nil, unit: "x")) { _ in .lacks("a link") },
        row("broken", Prediction(atLeast: 0, atMost: 9, unit: "x")) {
            (_) throws(LaunchFailure) in throw LaunchFailure("it fell over")
        },
        row("stopped", Prediction(atLeast: 0, atMost: 9, unit: "x")) {
            (_) throws(LaunchFailure) in throw .stopped
        },
    ]

    private static func row(
        _ name: String, _ predicted: Prediction,
        _ measure: @escaping @Sendable (EffectBench) throws(LaunchFailure) -> Finding
    ) -> EffectRow {
        EffectRow(
            name: name, setting: "set to \(name)", published: "3 ms", predicted: predicted,
            measure: measure)
    }
}

@Suite("textbook effects")
struct ValidateTests {
    private static var noBench: EffectBench {
        bench { (_) throws(LaunchFailure) in
            throw LaunchFailure("no row of these launches anything")
        }
    }

    /// Launches what `report` makes up.
    private static func bench(
        prohibition: String? = nil,
        cpu: @escaping (Cell) -> Nanoseconds = { _ in .microseconds(50) },
        _ report: @escaping (Cell) throws(LaunchFailure) -> LoadReport
    ) -> EffectBench {
        let launch = { (cell: Cell, settings: Settings) throws(LaunchFailure) in
            var record = LaunchRecord(
                slot: 0, block: 0, cell: cell, seed: 1, time: .zero, warmup: settings.warmup,
                duration: settings.duration, serverCPUs: "1", loadCPUs: "0")
            record.load = try report(cell)
            var usage = ServerUsage()
            usage.span = .seconds(1)
            usage.requests = 1
            usage.cpu = cpu(cell)
            record.server = usage
            return record
        }
        let cpu = CPUSet.available.cpus[0]
        return EffectBench(
            launches: QuietLaunches(spare: .zero, launch),
            cpus: CPUSplit(server: [cpu], load: [cpu])
        ) {
            prohibition
        }
    }

    private static func outcomes(_ filter: String) throws -> [EffectOutcome] {
        try Effects.entries(matching: filter, of: [Invented.self]).map {
            try EffectOutcome($0.row, of: $0.effect, on: noBench)
        }
    }

    @Test(
        "a verdict follows from figure and prediction",
        arguments: [
            ("true", "holds", "3.000 ms", "2 to 4 ms"),
            ("high", "fails", "3.000 ms", "at most 2.50 ms"),
            ("low", "fails", "3.000 ms", "at least 3.25 ms"), ("poor", "lacks", "a link", "any"),
            ("broken", "fails", "it fell over", "0 to 9 x"),
        ])
    func verdicts(row: String, verdict: String, text: String, predicted: String) throws {
        let outcome = try #require(try Self.outcomes("invented/\(row)").first)
        #expect(outcome.verdict.rawValue == verdict && outcome.text == text)
        #expect(outcome.predicted.text == predicted)
        let fields = try RecordFields(outcome.json)
        #expect(try fields.text("name") == "invented/\(row)")
        #expect(try fields.optionalNumber("measured") == (text.hasPrefix("3") ? 3 : nil))
    }

    @Test("the bounds belong to a prediction")
    func bounds() {
        let prediction = Prediction(atLeast: 38, atMost: 60, unit: "ms")
        #expect(prediction.holds(38) && prediction.holds(60))
        #expect(!prediction.holds(37.9) && !prediction.holds(60.1) && !prediction.holds(.nan))
    }

    @Test("a stop is not a verdict")
    func stopped() {
        #expect(throws: LaunchFailure.stopped) { try Self.outcomes("invented/stopped") }
    }

    @Test(
        "the status is that of the rows that could be shown",
        arguments: [
            (["true"], true), (["true", "poor"], true), (["poor"], true),
            (["true", "high"], false), (["broken"], false),
        ])
    func status(rows: [String], holds: Bool) throws {
        let transcript = Transcript()
        let options = try ValidateCommand.parser.parse(["--json", "-"])
        let outcomes = try rows.flatMap { try Self.outcomes("invented/\($0)") }
        #expect(
            try ValidateCommand.conclude(outcomes, options, on: transcript.console)
                == (holds ? .success : .failure))
        let fields = try RecordFields(JSONValue(parsing: transcript.output))
        #expect(try fields.text("schema") == "switchyard.validate/1")
        #expect(try fields.flag("holds") == holds)
        #expect(try fields.objects("rows").count == outcomes.count)
        let table = Transcript()
        _ = try ValidateCommand.conclude(
            outcomes, try ValidateCommand.parser.parse([]), on: table.console)
        for outcome in outcomes {
            #expect(table.output.contains(outcome.name) && table.output.contains(outcome.text))
        }
    }

    @Test("the rows are listed without a program, and filtered by their names")
    func list() {
        let transcript = Transcript()
        #expect(Switchyard.main(["validate", "--list"], on: transcript.console) == .success)
        for entry in Effects.entries() { #expect(transcript.output.contains(entry.name)) }
        let some = Transcript()
        let arguments = ["validate", "--list", "--filter", "nagle/stall"]
        #expect(Switchyard.main(arguments, on: some.console) == .success)
        #expect(some.output.contains("nagle/stall") && !some.output.contains("nagle/nodelay"))
        #expect(Set(Effects.entries().map(\.name)).count == Effects.entries().count)
    }

    @Test(
        "bad input gets one line",
        arguments: [
            (["--filter", "nagel"], "did you mean nagle?"), (["--filter", ""], "--list"),
            (["nagle"], "takes no operand 'nagle'"), (["--lst"], "did you mean --list?"),
            (["--bin", "/nowhere"], "there is no program"),
        ])
    func refused(arguments: [String], part: String) {
        let transcript = Transcript()
        let status = Switchyard.main(["validate"] + arguments, on: transcript.console)
        #expect(status == .usage && transcript.output.isEmpty)
        #expect(transcript.errors.contains(part), "\(transcript.errors)")
        #expect(transcript.errors.count { $0 == "\n" } == 1, "\(transcript.errors)")
    }

    @Test("Nagle's rows ask for what they say")
    func nagle() throws {
        var asked: [Cell] = []
        let bench = Self.bench { cell in
            asked.append(cell)
            return Fake.report(cell)
        }
        let outcomes = try NagleEffect.rows.prefix(4).map {
            try EffectOutcome($0, of: NagleEffect.self, on: bench)
        }
        // The invented report has a median of 50 us.
        #expect(outcomes.map(\.verdict) == [.fails, .holds, .holds, .holds])
        #expect(outcomes.allSatisfy { ($0.measured ?? 0) > 0.04 && ($0.measured ?? 1) < 0.06 })
        #expect(asked.map(\.nodelay) == [.load, .on, .load, .load])
        #expect(asked.map(\.quickack) == [.off, .off, .off, .load])
        #expect(
            asked.map(\.replyShape) == [.headThenBody, .headThenBody, .one, .headThenBody])
        let silent = Self.bench { cell in
            var report = Fake.report(cell)
            report.latency.p50 = nil
            return report
        }
        let erring = Self.bench { cell in
            var report = Fake.report(cell)
            report.errors.read = 3
            return report
        }
        for row in NagleEffect.rows {
            let lacking = try EffectOutcome(row, of: NagleEffect.self, on: silent)
            #expect(lacking.verdict == .lacks && lacking.measured == nil)
            let failing = try EffectOutcome(row, of: NagleEffect.self, on: erring)
            #expect(failing.verdict == .fails && failing.reason == "3 exchanges failed")
        }
    }

    @Test("rows through a link lack it where none can be made")
    func withoutLink() throws {
        let bench = Self.bench(prohibition: "a link: it is forbidden") { Fake.report($0) }
        let rows =
            NagleEffect.rows.filter { $0.name.hasPrefix("link-") }.map {
                ($0, NagleEffect.self as any Effect.Type)
            } + RoundTripEffect.rows.map { ($0, RoundTripEffect.self as any Effect.Type) }
        #expect(rows.count == 12)
        for (row, effect) in rows {
            let outcome = try EffectOutcome(row, of: effect, on: bench)
            #expect(outcome.verdict == .lacks && outcome.text == "a link: it is forbidden")
        }
    }

    @Test("round trips are the slope between two of them, whatever the machine adds")
    func roundTrips() throws {
        for row in RoundTripEffect.rows {
            let published = try #require(Double(row.published.split(separator: " ")[0]))
            for (count, verdict) in [
                (published, EffectOutcome.Verdict.holds), (published + 0.2, .fails),
                (published - 0.2, .fails),
            ] {
                let bench = Self.bench { cell in
                    var report = Fake.report(cell)
                    let time = cell.link.roundTrip.inSeconds * count + 0.003
                    report.latency.p50 = Nanoseconds(raw: Int64(time * 1e9))
                    return report
                }
                let outcome = try EffectOutcome(row, of: RoundTripEffect.self, on: bench)
                #expect(outcome.verdict == verdict, "\(row.name): \(outcome.text)")
            }
            let other = Self.bench { cell in
                var report = Fake.report(cell)
                report.verdict = .otherOpenings
                report.verdictReasons = ["3 of 9 handshakes were not resumed"]
                return report
            }
            let outcome = try EffectOutcome(row, of: RoundTripEffect.self, on: other)
            #expect(outcome.verdict == .fails && outcome.text.hasPrefix("3 of 9"))
        }
    }

    @Test("what resuming saves is the median of ratios by turns")
    func handshakes() throws {
        for (share, verdicts) in [
            (0.5, [EffectOutcome.Verdict.holds, .holds]), (0.8, [.fails, .holds]),
            (1.0, [.fails, .fails]),
        ] {
            let bench = Self.bench(
                cpu: { cell in
                    Nanoseconds(raw: Int64(400_000 * (cell.handshake == .resumed ? share : 1)))
                },
                { Fake.report($0) })
            let outcomes = try HandshakeEffect.rows.map {
                try EffectOutcome($0, of: HandshakeEffect.self, on: bench)
            }
            #expect(outcomes.map(\.verdict) == verdicts, "\(outcomes.map(\.text))")
        }
    }

    @Test("a hand-over takes time, and is what a queue's requests are longer by")
    func handover() throws {
        let cpu = CPUSet.available.cpus[0]
        let unit = try HandoverClock.measure(on: cpu, cpu)
        #expect(unit > .zero)
        var ratio = 1.0
        let bench = Self.bench { cell in
            var report = Fake.report(cell)
            let extra = cell.pattern == "balanced:shared" ? unit.inSeconds * ratio : 0
            report.latency.p50 = Nanoseconds(raw: 50_000 + Int64(extra * 1e9))
            return report
        }
        let rows = Dictionary(uniqueKeysWithValues: HandoverEffect.rows.map { ($0.name, $0) })
        func outcome(_ name: String) throws -> EffectOutcome {
            try EffectOutcome(try #require(rows[name]), of: HandoverEffect.self, on: bench)
        }
        #expect(try (outcome("one-cpu").measured ?? 0) > 0)
        #expect(try outcome("two-cpus").text == "a second CPU")
        #expect(try (outcome("queue").measured ?? 0) > 0)
        ratio = 10_000
        #expect(try outcome("queue").verdict == .fails)
    }

    @Test("a hand-over on a CPU that does not exist is refused")
    func noSuchCPU() {
        let cpu = CPUSet.available.cpus[0]
        #expect(throws: SystemError.self) { try HandoverClock.measure(on: cpu, 1_023) }
    }
}
