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

    /// Measures a row. A launch that goes wrong has shown nothing, so the row does not hold; and a
    /// figure out of its bounds says nothing where others took much of the machine meanwhile.
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
        bench.launches.beginRow()
        do throws(LaunchFailure) {
            switch try row.measure(bench) {
            case .value(let value, let points) where row.predicted.holds(value):
                (verdict, measured, reason, self.points) = (.holds, value, nil, points)
            case .value(let value, let points):
                if let disturbance = bench.launches.disturbance {
                    verdict = .lacks
                    reason =
                        "a quiet machine: \(Self.text(value, row.predicted)), but \(disturbance)"
                    (measured, self.points) = (nil, [])
                } else {
                    (verdict, measured, reason, self.points) = (.fails, value, nil, points)
                }
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
    var text: String { measured.map { Self.text($0, predicted) } ?? reason ?? "" }

    private static func text(_ value: Double, _ predicted: Prediction) -> String {
        "\(fixed(value, decimals: value < 10 ? 3 : 1)) \(predicted.unit)"
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
