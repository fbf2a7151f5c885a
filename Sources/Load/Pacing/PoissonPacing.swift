// Hot path
package import Basis

/// Requests with independent, exponentially distributed gaps: what many users who know nothing of
/// each other send (a Poisson process). Schedules of several threads add up to a Poisson process
/// again.
package struct PoissonPacing: Pacing {
    @inline(always)
    package var isOpenLoop: Bool { true }

    package let rate: PerSecond
    package private(set) var next = Instant.distantFuture
    /// Nanoseconds, fractional.
    private let meanGap: Double
    private let turns: Turns?
    private var generator: SeededGenerator
    private var origin = Instant(raw: 0)
    private var elapsed = 0.0

    /// - Parameters:
    ///   - rate: of this schedule alone, above zero.
    ///   - generator: decides the whole schedule; threads take different streams of one seed.
    ///   - turns: when it may send at all; nil for always. The rate is the mean over all time.
    package init(rate: PerSecond, generator: SeededGenerator, turns: Turns? = nil) {
        precondition(rate.raw > 0, "a schedule goes on")
        self.rate = rate
        meanGap = 1e9 / (rate.raw * Double(turns?.count ?? 1))
        self.turns = turns
        self.generator = generator
    }

    package mutating func start(at origin: Instant) {
        self.origin = origin
        elapsed = 0
        repeat { advance() } while next < origin
    }

    package mutating func end() { next = .distantFuture }

    /// Inversion: -ln(U) is exponential with mean 1 for U uniform in (0, 1).
    @inline(always)
    package mutating func advance() {
        elapsed -= _log(generator.nextOpenUnit()) * meanGap
        let elapsed = Nanoseconds(raw: Int64(min(elapsed, Limit.scheduleLongest)))
        next = turns?.moment(at: elapsed) ?? origin + elapsed
    }
}
