package import Basis
package import Measure

/// How many round trips a request takes: the line through the median latencies of cells that differ
/// in their round-trip time alone. A row of `slopes.csv`.
package struct SlopeSummary: Equatable, Sendable {
    /// One cell of the line.
    package struct Point: Equatable, Sendable {
        package let roundTrip: Nanoseconds
        /// In nanoseconds.
        package let median: Double
    }

    /// What the cells have in common, without a round-trip time.
    package let cell: Cell
    /// Those parts of its id that other lines of the run lack, or its protocol.
    package private(set) var name = ""
    /// By rising round-trip time; at least two.
    package let points: [Point]
    /// Its slope is in round trips, its intercept and distances in nanoseconds.
    package let line: LeastSquares
    /// `valid` when that of all its cells is, else the first other one.
    package let verdict: String
    /// The mean body of an answer over its cells; nil when it is not known.
    package let payload: Double?

    /// Nil with fewer than two cells that have a median.
    ///
    /// - Parameter cells: differ in their round-trip time alone.
    init?(_ cells: [CellSummary]) {
        var points: [Point] = []
        for summary in cells {
            guard let median = summary.figure(Metric.p50.name)?.median else { continue }
            points.append(Point(roundTrip: summary.cell.link.roundTrip, median: median))
        }
        points.sort { $0.roundTrip < $1.roundTrip }
        let places = points.map { (x: Double($0.roundTrip.raw), y: $0.median) }
        guard let first = cells.first, let line = LeastSquares(places) else { return nil }
        cell = Self.withoutRoundTrip(first.cell)
        self.points = points
        self.line = line
        let valid = LoadReport.Verdict.valid.rawValue
        verdict = cells.map(\.verdict).first { $0 != valid } ?? valid
        let payloads = cells.compactMap(\.payload)
        payload = payloads.isEmpty ? nil : payloads.reduce(0, +) / Double(payloads.count)
    }

    /// The lines of a run, in the order of their cells.
    package static func all(_ summaries: [CellSummary]) -> [SlopeSummary] {
        let groups = Dictionary(grouping: summaries) { withoutRoundTrip($0.cell) }
        let lines = groups.sorted { $0.key < $1.key }.compactMap { SlopeSummary($0.value) }
        let ids = lines.map { $0.cell.id.split(separator: "/").map(String.init) }
        return zip(lines, ids).map { line, parts in
            var line = line
            let own = parts.filter { part in !ids.allSatisfy { $0.contains(part) } }
            line.name = own.isEmpty ? line.cell.language.rawValue : own.joined(separator: "/")
            return line
        }
    }

    private static func withoutRoundTrip(_ cell: Cell) -> Cell {
        var cell = cell
        cell.link.roundTrip = .zero
        return cell
    }
}

/// A row of `slopes.csv`: a line and the run it belongs to.
package typealias SlopeRow = (run: RunIdentity, line: SlopeSummary)

/// The columns of `slopes.csv`. The order is frozen; new ones go to the end.
package enum SlopeColumns {
    package static let schema = "switchyard.slopes/1"

    package static let all: [Column<SlopeRow>] = identity + figures + cell

    private static let identity: [Column<SlopeRow>] = [
        Column("schema", "text", "the value \(schema)") { _ in schema },
        Column("run_id", "text", "the name of the run's folder") { $0.run.runID },
        Column("commit", "text", "the measured commit; empty outside a repository") {
            $0.run.commit ?? ""
        },
        Column("line_id", "text", "the id of the cells without their round-trip time") {
            $0.line.cell.id
        },
        Column("name", "text", "the parts of it that other lines lack, or else the protocol") {
            $0.line.name
        },
    ]

    private static let figures: [Column<SlopeRow>] = [
        Column("n", "1", "cells with a median, each with another round-trip time") {
            "\($0.line.points.count)"
        },
        Column("slope", "1", "round trips of a request: the rise of the median latency over them") {
            field($0.line.line.slope, decimals: 4)
        },
        Column("slope_se", "1", "its standard error by what the medians are off the line") {
            field($0.line.line.slopeError, decimals: 4)
        },
        Column("intercept_ns", "ns", "the median latency that is left without a round trip") {
            field($0.line.line.intercept, decimals: 0)
        },
        Column("residual_max_ns", "ns", "the greatest distance of a median from the line") {
            field($0.line.line.residualMax, decimals: 0)
        },
        Column("verdict", "text", "valid when that of all its cells is, else the first other one") {
            $0.line.verdict
        },
        Column("points", "text", "what it was drawn through: rtt_ns:p50_ns, with spaces between") {
            $0.line.points.map { point in
                "\(point.roundTrip.raw):\(field(point.median, decimals: 0))"
            }.joined(separator: " ")
        },
    ]

    private static let cell: [Column<SlopeRow>] =
        CellParameters.columns({ $0.line.cell }, payload: { $0.line.payload })
        + CellParameters.laterColumns({ $0.line.cell }).filter { $0.name != "rtt_ns" }
        + CellParameters.spread { $0.line.cell }
}
