package import Basis
package import Measure

/// What the launches of one cell say together: a row of `cells.csv`.
package struct CellSummary: Equatable, Sendable {
    /// The confidence of the intervals.
    package static let confidence = 0.95
    /// The least number of launches that gives an interval of this confidence: 1 - 2^(1-n) ≥ 0.95.
    package static let launchesForInterval = 6

    /// The median over the valid launches and its exact interval.
    package struct Figure: Equatable, Sendable {
        package let median: Double
        package let interval: ConfidenceInterval<Double>
    }

    package let cell: Cell
    package let launches: Int
    /// Launches that counted; the figures are theirs.
    package let validLaunches: Int
    /// The mean body of an answer over the launches that counted, or over all where none did; nil
    /// when it is not known.
    package let payload: Double?
    /// `valid` when all counted launches were; `invalid` when none counted; else the most frequent
    /// doubt.
    package let verdict: String
    /// How the searches of the launches that count ended: alike, or the most frequent other end
    /// than `found`; nil where none searched.
    package let searchOutcome: String?
    /// One for each of `Metric.summarised`; nil where a launch lacks the figure.
    package let figures: [Figure?]

    /// Whether this machine can't run what the cell asks for.
    package var isUnavailable: Bool { verdict == LaunchRecord.unavailable }

    /// - Parameter records: launches of `cell`.
    package init(_ cell: Cell, records: [LaunchRecord]) {
        let valid = records.filter(\.isValid)
        self.cell = cell
        launches = records.count
        validLaunches = valid.count
        let payloads = (valid.isEmpty ? records : valid).compactMap(\.payload)
        payload = payloads.isEmpty ? nil : payloads.reduce(0, +) / Double(payloads.count)
        let doubts = valid.map(\.verdict).filter { $0 != LoadReport.Verdict.valid.rawValue }
        let counts = Dictionary(grouping: doubts) { $0 }.mapValues(\.count)
        let worst = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
        let none = records.allSatisfy(\.isUnavailable) ? LaunchRecord.unavailable : "invalid"
        verdict = valid.isEmpty ? none : worst?.key ?? LoadReport.Verdict.valid.rawValue
        searchOutcome = Self.searchOutcome(valid)
        figures = Metric.summarised.map { metric in
            let values = valid.compactMap { metric.value($0) }
            guard values.count == valid.count, let median = Median.of(values) else { return nil }
            return Figure(
                median: median,
                interval: Median.interval(of: values, confidence: Self.confidence))
        }
    }

    private static func searchOutcome(_ records: [LaunchRecord]) -> String? {
        let found = CapacityFinding.Outcome.found.rawValue
        let ends = records.compactMap { $0.load?.search?.finding.outcome.rawValue }
        let others = Dictionary(grouping: ends.filter { $0 != found }) { $0 }.mapValues(\.count)
        return others.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
            ?? (ends.isEmpty ? nil : found)
    }

    /// The summaries of all cells that were launched, cells in their order.
    package static func all(_ records: [LaunchRecord]) -> [CellSummary] {
        Dictionary(grouping: records, by: \.cell).sorted { $0.key < $1.key }.map {
            CellSummary($0.key, records: $0.value)
        }
    }

    package var json: JSONValue {
        [
            "cell": cell.json, "n": .count(launches), "n_valid": .count(validLaunches),
            "verdict": .string(verdict),
            "figures": .object(
                zip(Metric.summarised, figures).map { metric, figure in
                    .init(
                        metric.name,
                        [
                            "median": .optional(figure?.median),
                            "ci_lo": .optional(figure?.interval.low),
                            "ci_hi": .optional(figure?.interval.high),
                        ])
                }),
        ]
    }

    /// The figure of the metric `name`; nil where it is missing.
    package func figure(_ name: String) -> Figure? {
        Metric.summarised.firstIndex { $0.name == name }.flatMap { figures[$0] }
    }
}

/// A row of `cells.csv`: a cell and the run it belongs to.
package typealias CellRow = (run: RunIdentity, summary: CellSummary)

/// The columns of `cells.csv`. The order is frozen; new ones go to the end.
package enum CellColumns {
    package static let schema = "switchyard.cells/1"

    package static let all: [Column<CellRow>] =
        identity + CellParameters.columns({ $0.summary.cell }, payload: { $0.summary.payload })
        + counts + Metric.summarisedFirst.indices.flatMap { figures($0) }
        + CellParameters.laterColumns { $0.summary.cell }
        + CellParameters.search { $0.summary.cell }
        + (Metric.summarisedFirst.count..<Metric.summarised.count).flatMap { figures($0) } + search
        + CellParameters.spread { $0.summary.cell }

    private static let identity: [Column<CellRow>] = [
        Column("schema", "text", "the value \(schema)") { _ in schema },
        Column("run_id", "text", "the name of the run's folder") { $0.run.runID },
        Column("commit", "text", "the measured commit; empty outside a repository") {
            $0.run.commit ?? ""
        },
        Column("cell_id", "text", "the cell") { $0.summary.cell.id },
        Column("hist_name", "text", "the stem of the cell's files in hist/") {
            $0.summary.cell.fileStem
        },
    ]

    private static let counts: [Column<CellRow>] = [
        Column("n", "1", "launches of the cell") { "\($0.summary.launches)" },
        Column("n_valid", "1", "launches that count; the figures are theirs") {
            "\($0.summary.validLaunches)"
        },
        Column(
            "verdict", "text",
            "valid when all that count were; invalid when none counts, or unavailable where that is"
                + " because the machine can't run the pattern; else the most frequent doubt; of"
                + " client-bound, rates are lower and latencies upper bounds"
        ) { $0.summary.verdict },
    ]

    private static let search: [Column<CellRow>] = [
        Column(
            "search_outcome", "text",
            "how the searches of all launches that count ended, or the most frequent other end than"
                + " found; empty where none searched"
        ) { $0.summary.searchOutcome ?? "" }
    ]

    private static func figures(_ index: Int) -> [Column<CellRow>] {
        let metric = Metric.summarised[index]
        let parts: [(String, String, @Sendable (CellSummary.Figure) -> Double?)] = [
            ("median", "median of \(metric.name) over the launches that count", { $0.median }),
            (
                "ci_lo", "lower end of its 95 % interval; empty below 6 launches",
                { $0.interval.low }
            ),
            ("ci_hi", "upper end of the same", { $0.interval.high }),
        ]
        return parts.map { part in
            Column("\(metric.name)_\(part.0)", metric.unit, part.1) {
                field($0.summary.figures[index].flatMap(part.2), decimals: metric.decimals)
            }
        }
    }
}
