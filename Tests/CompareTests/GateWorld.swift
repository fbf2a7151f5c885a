import Basis
import Compare
import Foundation

/// A machine with everything that makes naive gates fail: a slow drift, a penalty for whoever runs
/// second, heavy-tailed noise of each launch, and now and then a launch that goes wrong altogether.
struct GateWorld {
    /// The deviation of a launch's own noise, as a share.
    var launchNoise = 0.02
    /// How much worse each cell of the candidate is, as logarithms of ratios.
    var effects: [Double]
    /// How much base differs from itself by which side it is on; breaks the control.
    var controlBias = 0.0
    private var generator: SeededGenerator
    private var drift = 0.0

    init(seed: UInt64, effects: [Double]) {
        self.effects = effects
        generator = SeededGenerator(seed: seed)
    }

    /// Runs `gate` to its end.
    mutating func run(_ gate: inout GateProcedure) {
        while let request = gate.next { gate.take(outcome(request, gate)) }
    }

    mutating func outcome(_ request: PairRequest, _ gate: GateProcedure) -> PairOutcome {
        let firstValue = launch(isSecond: false)
        let secondValue = launch(isSecond: true)
        let (base, candidate) =
            request.first == .base ? (firstValue, secondValue) : (secondValue, firstValue)
        let effect = request.stage == .control ? controlBias : effects[request.cell]
        // Figures of which more is better fall when the candidate is worse.
        let metrics = gate.cells[request.cell].metrics
        return .measured(
            base: metrics.map { 1_000 * exp($0.worseSign * base) },
            candidate: metrics.map { 1_000 * exp($0.worseSign * (candidate + effect)) })
    }

    /// The logarithm of how much slower than usual one launch is.
    private mutating func launch(isSecond: Bool) -> Double {
        let persistence = 0.95
        drift =
            persistence * drift + 0.05 * (1 - persistence * persistence).squareRoot() * normal()
        let burst = Double.random(in: 0..<1, using: &generator) < 0.03 ? 4.0 : 1.0
        return drift + (isSecond ? 0.01 : 0) + launchNoise * burst * student4()
    }

    /// Student's t with 4 degrees of freedom, scaled to a deviation of 1.
    private mutating func student4() -> Double {
        let z = normal()
        let squares = (0..<4).reduce(0.0) { sum, _ in
            let x = normal()
            return sum + x * x
        }
        return z / (squares / 4).squareRoot() / 2.0.squareRoot()
    }

    private mutating func normal() -> Double {
        (-2 * log(generator.nextOpenUnit())).squareRoot()
            * cos(2 * Double.pi * generator.nextOpenUnit())
    }
}
