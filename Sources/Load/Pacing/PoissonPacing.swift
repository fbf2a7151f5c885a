// Hot path
package import Basis

/// Requests with independent, exponentially distributed gaps: what many users who know nothing of
/// each other send (a Poisson process). Schedules of several threads add up to a Poisson process
/// again.
package struct PoissonPacing: Pacing {
    @inline(always)
    package static var isOpenLoop: Bool { true }

    package let rate: PerSecond
    package private(set) var next = Instant.distantFuture
    /// Nanoseconds, fractional.
    private let meanGap: Double
    private var generator: SeededGenerator
    private var origin = Instant(raw: 0)
    private var elapsed = 0.0

    /// - Parameters:
    ///   - rate: of this schedule alone, above zero.
    ///   - generator: decides the whole schedule; threads take different streams of one seed.
    package init(rate: PerSecond, generator: SeededGenerator) {
        precondition(rate.raw > 0, "a schedule goes on")
        self.rate = rate
        meanGap = 1e9 / rate.raw
        self.generator = generator
    }

    package mutating func start(at origin: Instant) {
        self.origin = origin
        elapsed = 0
        advance()
    }

    /// Inversion: -ln(U) is exponential with mean 1 for U uniform in (0, 1).
    @inline(always)
    package mutating func advance() {
        elapsed -= _log(generator.nextOpenUnit()) * meanGap
        next = origin + Nanoseconds(raw: Int64(min(elapsed, Limit.scheduleLongest)))
    }
}
