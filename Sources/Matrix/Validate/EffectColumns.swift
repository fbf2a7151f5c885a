import Basis
import Platform
import Report

/// Where and when effects were measured.
struct EffectConditions: Equatable, Sendable {
    let time: String
    /// Nil outside a repository.
    let commit: String?
    let hardwareID: String

    /// Those of this process.
    static var current: EffectConditions {
        EffectConditions(
            time: UTCTime(Nanoseconds(raw: WallClock.nanoseconds)).iso8601,
            commit: RunIdentity.current(runID: "").commit,
            hardwareID: Fingerprint(.system).hardwareID)
    }

    /// The line below the heading of a figure.
    var subtitle: String {
        let commit = commit.map { "commit \($0.prefix(12))" } ?? "no commit"
        return "switchyard validate, \(time), \(commit), machine \(hardwareID)"
    }
}

/// A row of `effects.csv`: an outcome and its conditions.
typealias EffectRecord = (conditions: EffectConditions, outcome: EffectOutcome)

/// The columns of `effects.csv`. The order is frozen; new ones go to the end.
enum EffectColumns {
    static let schema = "switchyard.effects/1"

    /// The last is never empty: gnuplot would read the one of the line before.
    static let all: [Column<EffectRecord>] = [
        Column("schema", "text", "the value \(schema)") { _ in schema },
        Column("time", "text", "when the measuring ended, ISO 8601") { $0.conditions.time },
        Column("commit", "text", "the measured commit; empty outside a repository") {
            $0.conditions.commit ?? ""
        },
        Column("hw_id", "text", "the hash of the hardware") { $0.conditions.hardwareID },
        Column("name", "text", "effect and row, with a slash between") { $0.outcome.name },
        Column("effect", "text", "the effect") { $0.outcome.effect },
        Column("setting", "text", "what was done, in a few words") { $0.outcome.setting },
        Column("published", "text", "what is published, in its own words") {
            $0.outcome.published
        },
        Column("published_figure", "1", "the same as one figure of this setting, if it is one") {
            exact($0.outcome.publishedFigure)
        },
        Column("predicted_lo", "1", "the least that is predicted; empty without a bound") {
            exact($0.outcome.predicted.atLeast)
        },
        Column("predicted_hi", "1", "the greatest that is predicted; empty without a bound") {
            exact($0.outcome.predicted.atMost)
        },
        Column("expected", "1", "what a simulation says, where the bounds are about that") {
            exact($0.outcome.predicted.expected)
        },
        Column("unit", "text", "of measured, and of the figures before it") {
            $0.outcome.predicted.unit
        },
        Column("measured", "1", "the figure; empty where there is none") {
            exact($0.outcome.measured)
        },
        Column("verdict", "text", "holds, fails or lacks") { $0.outcome.verdict.rawValue },
        Column("reason", "text", "why there is no figure") { $0.outcome.reason ?? "" },
        Column(
            "shape", "text",
            "what the points are: rounds, launches, distribution, curve or parts; empty without"
        ) {
            $0.outcome.picture?.shape.rawValue ?? ""
        },
        Column("x_title", "text", "what x of the points is, with its unit") {
            $0.outcome.picture?.x ?? ""
        },
        Column("y_title", "text", "what y of the points is, with its unit") {
            $0.outcome.picture?.y ?? ""
        },
        Column("source", "text", "where the published figures stand") { $0.outcome.source },
    ]

    fileprivate static func exact(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "" }
        return fixed(value, decimals: 6)
    }
}

/// A row of `effect_points.csv`: a point and whose it is.
typealias EffectPointRecord = (outcome: EffectOutcome, point: EffectPoint)

/// The columns of `effect_points.csv`. The order is frozen; new ones go to the end.
enum EffectPointColumns {
    static let schema = "switchyard.effect-points/1"

    static let all: [Column<EffectPointRecord>] = [
        Column("schema", "text", "the value \(schema)") { _ in schema },
        Column("name", "text", "the row of effects.csv") { $0.outcome.name },
        Column("effect", "text", "its effect") { $0.outcome.effect },
        Column("kind", "text", "measured, simulated or predicted") { $0.point.kind.rawValue },
        Column("x", "1", "what x_title says of the row") { EffectColumns.exact($0.point.x) },
        Column("y", "1", "what y_title says of the row") { EffectColumns.exact($0.point.y) },
    ]
}
