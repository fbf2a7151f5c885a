package import Basis

/// How long a worker is busy with one request.
package enum ServiceTime: Equatable, Sendable {
    case deterministic(Nanoseconds)
    case exponential(mean: Nanoseconds)
    /// `slow` with probability `slowShare` (0...1), else `fast`.
    case bimodal(fast: Nanoseconds, slow: Nanoseconds, slowShare: Double)

    /// In nanoseconds.
    var mean: Double {
        switch self {
        case .deterministic(let time): Double(time.raw)
        case .exponential(let mean): Double(mean.raw)
        case .bimodal(let fast, let slow, let slowShare):
            Double(fast.raw) * (1 - slowShare) + Double(slow.raw) * slowShare
        }
    }

    func sample(_ generator: inout SeededGenerator) -> Int64 {
        switch self {
        case .deterministic(let time): time.raw
        case .exponential(let mean):
            // By inversion.
            Int64((Double(mean.raw) * -Elementary.log(generator.nextOpenUnit())).rounded())
        case .bimodal(let fast, let slow, let slowShare):
            generator.nextOpenUnit() < slowShare ? slow.raw : fast.raw
        }
    }
}
