import Basis
import Foundation

/// A distribution of delays whose quantiles are known.
enum KnownDelay: Equatable, Sendable {
    case fixed(Nanoseconds)
    case bimodal(fast: Nanoseconds, slow: Nanoseconds, slowShare: Double)
    case exponential(mean: Nanoseconds)

    /// The true `percentile`, inside 0...100: the least value that is not exceeded with this
    /// probability.
    func quantile(_ percentile: Double) -> Nanoseconds {
        switch self {
        case .fixed(let time): time
        case .bimodal(let fast, let slow, let slowShare):
            percentile <= 100 * (1 - slowShare) ? fast : slow
        case .exponential(let mean):
            Nanoseconds(raw: Int64(-Double(mean.raw) * log(1 - percentile / 100)))
        }
    }
}

/// The delays themselves, one after the other, as they follow from a seed. Whole microseconds, the
/// unit of `/wait`.
struct DelayDraw: Sendable {
    private let known: KnownDelay
    private var generator: SeededGenerator

    init(_ known: KnownDelay, seed: UInt64) {
        self.known = known
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> Nanoseconds {
        // Inversion: the share of the distribution that lies below decides the value.
        let exact = known.quantile(100 * generator.nextOpenUnit())
        return .microseconds(Int((exact.inMicroseconds).rounded()))
    }
}
