import Basis
import Measure
import Report

/// An effect that textbooks tell of, as this project's own programs show it: what is published,
/// what is predicted for this machine, and how it is measured. One file an effect; `Effects.all`
/// names them.
protocol Effect: Sendable {
    static var name: String { get }
    /// Where the published figures stand.
    static var source: String { get }
    static var rows: [EffectRow] { get }
    /// What the points behind its figures show; nil where there are none.
    static var picture: EffectPicture? { get }
}

extension Effect {
    static var picture: EffectPicture? { nil }
}

/// One figure of an effect.
struct EffectRow: Sendable {
    /// Behind the effect's name and a slash.
    let name: String
    /// What is done, in a few words.
    let setting: String
    let published: String
    /// The same in the unit of the prediction, where it is one figure of just this setting.
    var publishedFigure: Double?
    let predicted: Prediction
    let measure: @Sendable (EffectBench) throws(LaunchFailure) -> Finding
}

/// Within which bounds a figure is to lie here.
struct Prediction: Equatable, Sendable {
    /// Nil for none.
    let atLeast: Double?
    let atMost: Double?
    let unit: String
    /// What a simulation or a law says, where the bounds are about that.
    var expected: Double?

    func holds(_ value: Double) -> Bool {
        value >= atLeast ?? -.infinity && value <= atMost ?? .infinity
    }

    var text: String {
        switch (atLeast, atMost) {
        case (let low?, let high?): "\(figure(low)) to \(figure(high)) \(unit)"
        case (let low?, nil): "at least \(figure(low)) \(unit)"
        case (nil, let high?): "at most \(figure(high)) \(unit)"
        case (nil, nil): "any"
        }
    }

    private func figure(_ value: Double) -> String {
        value == value.rounded() ? fixed(value, decimals: 0) : fixed(value, decimals: 2)
    }
}

/// What a row has found.
enum Finding: Equatable, Sendable {
    /// In the unit of the prediction, with the points behind it.
    case value(Double, [EffectPoint] = [])
    /// The condition that this machine does not meet.
    case lacks(String)

    /// The median of what rounds have found, with each of them as a point, or other points.
    static func median(of rounds: [Double], points: [EffectPoint]? = nil) -> Finding {
        Median.of(rounds).map { .value($0, points ?? .series(rounds)) } ?? .lacks("rounds")
    }
}

/// What rows measure with.
struct EffectBench {
    let launches: QuietLaunches
    /// Where server and generator run.
    let cpus: CPUSplit
    /// Why no link can be made here; nil where one can.
    let linkProhibition: () -> String?

    /// Launches a cell; the record has a report.
    func launch(_ cell: Cell, _ settings: Settings) throws(LaunchFailure) -> LaunchRecord {
        try launches.launch(cell, settings)
    }

    /// The median latency of a launch without an error, in milliseconds; nil where there were too
    /// few answers for one.
    func median(of cell: Cell, _ settings: Settings) throws(LaunchFailure) -> Double? {
        let report = try report(try launch(cell, settings))
        return report.latency.p50.map { $0.inSeconds * 1e3 }
    }

    /// The server's CPU time a request in the second cell over that in the first: the median of
    /// `rounds` ratios by turns, so that both halves of a ratio have the same machine.
    func costRatio(
        of cells: (Cell, Cell), rounds: Int, _ settings: Settings
    ) throws(LaunchFailure) -> Finding {
        var ratios: [Double] = []
        for _ in 0..<rounds {
            guard let first = try cost(of: cells.0, settings),
                let second = try cost(of: cells.1, settings)
            else { return .lacks("a server that tells its CPU time under load") }
            ratios.append(second / first)
        }
        return .median(of: ratios)
    }

    /// Nil where the server does not tell it.
    private func cost(
        of cell: Cell, _ settings: Settings
    ) throws(LaunchFailure) -> Double? {
        let record = try launch(cell, settings)
        _ = try report(record)
        return Metric.serverCPU.value(record).flatMap { $0 > 0 ? $0 : nil }
    }

    /// The latencies of a report, of which there is at least one.
    ///
    /// - Parameter text: as a report has them.
    func latencies(_ text: String) throws(LaunchFailure) -> Histogram {
        guard let histogram = try? HistogramCodec.decode(base64: text), !histogram.isEmpty else {
            throw LaunchFailure("no request was answered")
        }
        return histogram
    }

    /// What the generator says of a launch in which nothing failed and all was as the cell asks.
    func report(_ record: LaunchRecord) throws(LaunchFailure) -> LoadReport {
        guard let report = record.load else { throw LaunchFailure("there is no report") }
        if report.errors.total > 0 {
            throw LaunchFailure("\(report.errors.total) exchanges failed")
        }
        if report.verdict == .otherOpenings {
            throw LaunchFailure(report.verdictReasons.first ?? "connections were opened otherwise")
        }
        return report
    }
}
