import Basis
import Report

/// An effect that textbooks tell of, as this project's own programs show it: what is published,
/// what is predicted for this machine, and how it is measured. One file an effect; `Effects.all`
/// names them.
protocol Effect: Sendable {
    static var name: String { get }
    /// Where the published figures stand.
    static var source: String { get }
    static var rows: [EffectRow] { get }
}

/// One figure of an effect.
struct EffectRow: Sendable {
    /// Behind the effect's name and a slash.
    let name: String
    /// What is done, in a few words.
    let setting: String
    let published: String
    let predicted: Prediction
    let measure: @Sendable (EffectBench) throws(LaunchFailure) -> Finding
}

/// Within which bounds a figure is to lie here.
struct Prediction: Equatable, Sendable {
    /// Nil for none.
    let atLeast: Double?
    let atMost: Double?
    let unit: String

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
    /// In the unit of the prediction.
    case value(Double)
    /// The condition that this machine does not meet.
    case lacks(String)
}

/// What rows measure with: one launch of a cell on loopback.
struct EffectBench {
    let launch: (Cell, Settings) throws(LaunchFailure) -> LoadReport
}
