import Basis
import Foundation
import Measure
import Platform
import Report
import Testing

@testable import Matrix

/// Rows with and without a figure, and points behind them.
private enum Drawn: Effect {
    static let name = "drawn"
    static let source = "a book, page 3"
    static let picture: EffectPicture? = EffectPicture(
        shape: .distribution, x: "latency, ms", y: "share, %")

    static let rows = [
        EffectRow(
            name: "even", setting: "two of them, both idle", published: "0.5", publishedFigure: 0.5,
            predicted: Prediction(atLeast: nil, atMost: 1, unit: "ms", expected: 0.6)
        ) { _ in
            .value(
                0.75,
                [
                    EffectPoint(kind: .measured, x: 1, y: 50),
                    EffectPoint(kind: .simulated, x: 2, y: 50.25),
                ])
        },
        EffectRow(
            name: "absent", setting: "none", published: "none published",
            predicted: Prediction(atLeast: 2, atMost: nil, unit: "ms")
        ) { _ in .lacks("a link, of any kind") },
    ]
}

/// A row that no machine can show.
private enum Lacking: Effect {
    static let name = "lacking"
    static let source = "nowhere"
    static let rows = [Drawn.rows[1]]
}

@Suite("the files of textbook effects")
struct EffectFilesTests {
    private static let conditions = EffectConditions(
        time: "2026-11-24T18:43:37Z", commit: "0123456789abcdef", hardwareID: "feedbeef")

    /// Launches that succeed in everything: each thread has its part, each kind its requests.
    private static var bench: EffectBench {
        let launch = { (cell: Cell, settings: Settings) throws(LaunchFailure) in
            var record = LaunchRecord(
                slot: 0, block: 0, cell: cell, seed: 1, time: .zero, warmup: settings.warmup,
                duration: settings.duration, serverCPUs: "1", loadCPUs: "0")
            var report = Fake.report(cell)
            report.kinds = (cell.mix?.kinds ?? []).map { kind in
                var tally = KindReport(name: kind.name, weight: kind.weight)
                tally.requests = 100
                tally.latency = report.latency
                tally.latencyHistogram = report.latencyHistogram
                return tally
            }
            record.load = report
            var usage = ServerUsage()
            usage.span = .seconds(1)
            usage.requests = 1
            usage.cpu = .microseconds(50)
            record.server = usage
            record.workers = (0..<cell.threads).map { number in
                var worker = WorkerReport(worker: number)
                (worker.accepted, worker.requests) = (Int64(number + 1), 10)
                worker.voluntarySwitches = 10
                return worker
            }
            return record
        }
        // Another test may have bound the thread that this one runs on.
        let cpus = CPUSplit(halving: (CPUSet.ofParent ?? .available).cpus)
        return EffectBench(launches: QuietLaunches(spare: .zero, launch), cpus: cpus) { nil }
    }

    private static func outcomes(_ effects: [any Effect.Type]) throws -> [EffectOutcome] {
        try Effects.entries(of: effects).map {
            try EffectOutcome($0.row, of: $0.effect, on: bench)
        }
    }

    @Test("a row for each row, a point for each point, and their conditions")
    func tables() throws {
        let scratch = try Scratch()
        let folder = try OutputFolder(scratch.path)
        let transcript = Transcript()
        try folder.write(
            try Self.outcomes([Drawn.self, Lacking.self]), Self.conditions, plots: scratch.path,
            on: transcript.console)
        #expect(
            try scratch.read("effects.csv") == """
                schema,time,commit,hw_id,name,effect,setting,published,published_figure,\
                predicted_lo,predicted_hi,expected,unit,measured,verdict,reason,shape,x_title,\
                y_title,source
                switchyard.effects/1,2026-11-24T18:43:37Z,0123456789abcdef,feedbeef,drawn/even,\
                drawn,"two of them, both idle",0.5,0.500000,,1.000000,0.600000,ms,0.750000,holds,,\
                distribution,"latency, ms","share, %","a book, page 3"
                switchyard.effects/1,2026-11-24T18:43:37Z,0123456789abcdef,feedbeef,drawn/absent,\
                drawn,none,none published,,2.000000,,,ms,,lacks,"a link, of any kind",\
                distribution,"latency, ms","share, %","a book, page 3"
                switchyard.effects/1,2026-11-24T18:43:37Z,0123456789abcdef,feedbeef,\
                lacking/absent,lacking,none,none published,,2.000000,,,ms,,lacks,\
                "a link, of any kind",,,,nowhere

                """)
        #expect(
            try scratch.read("effect_points.csv") == """
                schema,name,effect,kind,x,y
                switchyard.effect-points/1,drawn/even,drawn,measured,1.000000,50.000000
                switchyard.effect-points/1,drawn/even,drawn,simulated,2.000000,50.250000

                """)
    }

    @Test(
        "each effect that has a figure is drawn, and what was there before is gone",
        .enabled(if: Plotter.isAvailable, "gnuplot is not installed"))
    func figures() throws {
        let scratch = try Scratch()
        let folder = try OutputFolder(scratch.path)
        try scratch.write("plots/effect-old.svg", "old")
        try scratch.write("plots/forest.svg", "a comparison's")
        let transcript = Transcript()
        try folder.write(
            try Self.outcomes([Drawn.self, Lacking.self]), Self.conditions,
            plots: (#filePath as NSString).deletingLastPathComponent + "/../../plots",
            on: transcript.console)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/plots")
        #expect(names.sorted() == ["effect-drawn.svg", "forest.svg"])
        let drawing = try scratch.read("plots/effect-drawn.svg")
        #expect(drawing.contains("commit 0123456789ab, machine feedbeef"))
        #expect(transcript.errors == "")
    }

    @Test(
        "what keeps a figure from being drawn is a note",
        .enabled(if: Plotter.isAvailable, "gnuplot is not installed"))
    func undrawn() throws {
        let scratch = try Scratch()
        let transcript = Transcript()
        try OutputFolder(scratch.path).write(
            try Self.outcomes([Drawn.self]), Self.conditions, plots: scratch.path,
            on: transcript.console)
        #expect(transcript.errors.hasPrefix("note: drawn: not drawn: status "))
        #expect(transcript.errors.count { $0 == "\n" } == 1, "\(transcript.errors)")
    }

    @Test(
        "points are as the picture of their effect says", arguments: Effects.entries().map(\.name))
    func points(name: String) throws {
        let entry = try #require(Effects.entries().first { $0.name == name })
        let outcome = try EffectOutcome(entry.row, of: entry.effect, on: Self.bench)
        #expect(outcome.measured != nil, "\(outcome.text)")
        let points = outcome.points
        let measured = points.filter { $0.kind == .measured }
        #expect(points.allSatisfy { $0.x.isFinite && $0.y.isFinite })
        switch outcome.picture?.shape {
        case nil: #expect(points.isEmpty)
        case .rounds:
            #expect(Median.of(measured.map(\.y)) == outcome.measured)
        case .launches:
            #expect(measured.map(\.x) == (1...measured.count).map { Double($0) })
        case .distribution:
            for kind in [EffectPoint.Kind.measured, .simulated] {
                let those = points.filter { $0.kind == kind }
                #expect(those.map(\.x) == those.map(\.x).sorted())
                #expect(those.map(\.y) == those.map(\.y).sorted())
                #expect(those.isEmpty || those.last?.y == 100)
            }
            #expect(!measured.isEmpty)
            // Only what was simulated can be about right.
            let simulated = points.contains { $0.kind == .simulated }
            #expect(simulated == (outcome.predicted.expected != nil))
        case .curve:
            #expect(measured.count == 2 && points.contains { $0.kind == .predicted })
        case .parts:
            #expect(abs(measured.reduce(0) { $0 + $1.y } - 100) < 1e-9)
            #expect(measured.map(\.y) == measured.map(\.y).sorted(by: >))
        }
        // The last field of a row, which gnuplot must not find empty.
        #expect(!outcome.source.isEmpty && !outcome.predicted.unit.isEmpty)
    }

    @Test("the percentiles of values are by nearest rank")
    func distribution() {
        let points = [EffectPoint].distribution([3, 1, 2, 2], .simulated)
        func value(_ percentile: Double) -> Double? { points.first { $0.y == percentile }?.x }
        #expect(value(0) == 1 && value(25) == 1 && value(26) == 2)
        #expect(value(75) == 2 && value(76) == 3 && value(100) == 3)
        #expect(points.allSatisfy { $0.kind == .simulated })
        var times = Histogram()
        times.record(.microseconds(500), count: 9)
        times.record(.milliseconds(4))
        let latencies = [EffectPoint].distribution(times, .measured)
        #expect(latencies.contains { $0.y == 90 && abs($0.x - 0.5) < 0.01 })
        #expect(latencies.contains { $0.y == 91 && abs($0.x - 4) < 0.1 })
    }
}
