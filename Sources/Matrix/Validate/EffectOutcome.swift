import Basis
import Report

/// A row that was measured, and what that says.
struct EffectOutcome: Equatable, Sendable {
    enum Verdict: String, Sendable {
        case holds
        case fails
        /// The machine can't show it.
        case lacks
    }

    /// Effect and row: `nagle/stall`.
    let name: String
    let effect: String
    let setting: String
    let published: String
    let publishedFigure: Double?
    let source: String
    let predicted: Prediction
    let verdict: Verdict
    let measured: Double?
    /// Why there is no figure.
    let reason: String?
    let picture: EffectPicture?
    /// What the picture shows; empty without a figure.
    let points: [EffectPoint]

    /// Measures a row. A launch that goes wrong has shown nothing, so the row does not hold.
    init(
        _ row: EffectRow, of effect: any Effect.Type, on bench: EffectBench
    ) throws(LaunchFailure) {
        name = effect.fullName(row)
        self.effect = effect.name
        picture = effect.picture
        setting = row.setting
        published = row.published
        publishedFigure = row.publishedFigure
        source = effect.source
        predicted = row.predicted
        do throws(LaunchFailure) {
            switch try row.measure(bench) {
            case .value(let value, let points):
                verdict = row.predicted.holds(value) ? .holds : .fails
                (measured, reason, self.points) = (value, nil, points)
            case .lacks(let condition):
                (verdict, measured, reason, points) = (.lacks, nil, condition, [])
            }
        } catch {
            if error == .stopped { throw error }
            (verdict, measured) = (error.isUnavailable ? .lacks : .fails, nil)
            (reason, points) = (error.reason, [])
        }
    }

    /// The figure as the table has it, or why there is none.
    var text: String {
        measured.map { "\(fixed($0, decimals: $0 < 10 ? 3 : 1)) \(predicted.unit)" } ?? reason ?? ""
    }

    var json: JSONValue {
        [
            "name": .string(name), "setting": .string(setting), "source": .string(source),
            "published": .string(published),
            "predicted": [
                "at_least": .optional(predicted.atLeast), "at_most": .optional(predicted.atMost),
                "expected": .optional(predicted.expected),
            ],
            "measured": .optional(measured), "unit": .string(predicted.unit),
            "verdict": .string(verdict.rawValue), "reason": .optional(reason),
        ]
    }
}

extension Effect {
    static func fullName(_ row: EffectRow) -> String { "\(name)/\(row.name)" }
}
