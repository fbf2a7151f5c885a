import Basis
import Measure
import TestSupport
import Testing

@testable import Load

struct PacingTests {
    private let origin = Instant(raw: 5_000_000_000)

    private func schedule<Pace: Pacing>(_ pacing: Pace, count: Int) -> [Instant] {
        var pacing = pacing
        pacing.start(at: origin)
        return (0..<count).map { _ in
            defer { pacing.advance() }
            return pacing.next
        }
    }

    private func gaps(_ schedule: [Instant]) -> [Nanoseconds] {
        zip(schedule, schedule.dropFirst()).map { $1.since($0) }
    }

    @Test("a closed loop has no schedule")
    func closed() {
        #expect(schedule(ClosedPacing(), count: 3).allSatisfy { $0 == .distantFuture })
    }

    @Test("constant steps do not drift", arguments: [1.0, 3, 1_000, 7_777.7, 1e6])
    func constant(rate: Double) {
        let due = schedule(ConstantPacing(rate: PerSecond(raw: rate), phase: 0), count: 10_001)
        #expect(due[0] == origin)
        let whole = due[10_000].since(origin).inSeconds
        #expect(abs(whole - 10_000 / rate) < 2e-9)
        for gap in gaps(due) { #expect(abs(Double(gap.raw) - 1e9 / rate) <= 1) }
    }

    @Test("no rate is too low for the clock", arguments: [1e-3, 1e-10, 1e-300])
    func lowest(rate: Double) {
        let rate = PerSecond(raw: rate)
        let constant = schedule(ConstantPacing(rate: rate, phase: 0.5), count: 3)
        let poisson = schedule(
            PoissonPacing(rate: rate, generator: SeededGenerator(seed: 1)), count: 3)
        for due in [constant, poisson] {
            #expect(due == due.sorted() && due[0] > origin)
            #expect(due[2].since(origin) <= .seconds(1_000_000_000))
        }
    }

    @Test("threads of one rate take turns")
    func phases() {
        let rate = PerSecond(raw: 250)
        let due = (0..<4).flatMap {
            schedule(ConstantPacing(rate: rate, phase: Double($0) / 4), count: 100)
        }.sorted()
        #expect(gaps(due).allSatisfy { $0 == .milliseconds(1) })
    }

    @Test("Poisson gaps are exponential, independent and of the right mean", arguments: 1...8)
    func poisson(seed: UInt64) throws {
        let rate = 20_000.0
        let due = schedule(
            PoissonPacing(
                rate: PerSecond(raw: rate), generator: SeededGenerator(seed: seed)),
            count: 20_001)
        let gaps = gaps(due)
        let check = try #require(ArrivalCheck.poisson(gaps))
        #expect(check.passes, "seed \(seed): statistic \(check.statistic)")
        // The mean of n exponential gaps has the relative deviation 1/sqrt(n) = 0.7 %.
        let mean = due[20_000].since(origin).inSeconds / 20_000
        #expect(abs(mean * rate - 1) < 0.03, "seed \(seed)")
        let lag = try #require(LagCorrelation(gaps.map { Double($0.raw) }))
        #expect(abs(lag.rho) < 0.03, "seed \(seed): rho \(lag.rho)")
    }

    @Test("a schedule of either kind is the same when it is chosen at run time")
    func either() {
        let constant = ConstantPacing(rate: PerSecond(raw: 7_777), phase: 0.3)
        let poisson = PoissonPacing(
            rate: PerSecond(raw: 7_777), generator: .stream(seed: 4, index: 1))
        #expect(
            schedule(OpenPacing(.constant(constant)), count: 500) == schedule(constant, count: 500))
        #expect(
            schedule(OpenPacing(.poisson(poisson)), count: 500) == schedule(poisson, count: 500))
        #expect(OpenPacing(.poisson(poisson)).rate == poisson.rate)
    }

    @Test("so many come at once, as often a second", arguments: [2, 3, 32])
    func bursts(size: Int) {
        let each = PerSecond(raw: 9_999 / Double(size))
        let poisson = PoissonPacing(rate: each, generator: .stream(seed: 4, index: 1))
        let schedules: [OpenPacing.Schedule] = [
            .constant(ConstantPacing(rate: each, phase: 0.3)), .poisson(poisson),
        ]
        for one in schedules {
            let burst = OpenPacing(one, burst: size)
            #expect(abs(burst.rate.raw - 9_999) < 1e-6)
            let events = schedule(OpenPacing(one), count: 100)
            #expect(
                schedule(burst, count: 100 * size)
                    == events.flatMap { Array(repeating: $0, count: size) })
        }
    }

    @Test("a loop of either kind is the same when it is chosen at run time")
    func anyLoop() throws {
        let constant = OpenPacing(
            .constant(ConstantPacing(rate: PerSecond(raw: 7_777), phase: 0.3)))
        #expect(schedule(AnyPacing(constant), count: 500) == schedule(constant, count: 500))
        #expect(AnyPacing(constant).rate == constant.rate)
        #expect(schedule(AnyPacing(nil), count: 3).allSatisfy { $0 == .distantFuture })
        #expect(try outcome(AnyPacing(nil)) == outcome(ClosedPacing()))
        #expect(try outcome(AnyPacing(constant)) == outcome(constant))
        let connections = OpenPacing(
            .constant(ConstantPacing(rate: PerSecond(raw: 1_000), phase: 0)),
            opensConnections: true)
        #expect(try outcome(AnyPacing(connections)) == outcome(connections))
    }

    /// What a loop did in a virtual world: requests, connections, and the longest response time.
    private func outcome<Pace: Pacing>(_ pacing: Pace) throws -> [Int64] {
        var run = WorldRun(connections: 4, duration: .milliseconds(100))
        run.plan.requestsPerConnection = 3
        run.world.answerAll(after: .milliseconds(1))
        let result = try run.result(pacing)
        let longest = result.tally.response.max.raw
        return [Int64(result.tally.succeeded), Int64(result.tally.connections), longest]
    }

    @Test("a seed decides a schedule, and threads have schedules of their own")
    func seeds() {
        func due(_ seed: UInt64, _ thread: Int) -> [Instant] {
            schedule(
                PoissonPacing(
                    rate: PerSecond(raw: 1_000),
                    generator: .stream(seed: seed, index: thread)),
                count: 100)
        }
        #expect(due(7, 0) == due(7, 0))
        #expect(due(7, 0) != due(7, 1))
        #expect(due(7, 0) != due(8, 0))
    }

    private static let turns = (0..<3).map {
        Turns(
            index: $0, of: 3, length: .milliseconds(25), start: Instant(raw: 5_000_000_000))
    }

    /// Which of the turns an instant is in, counted from their start, and how far.
    private func place(_ due: Instant) -> (turn: Int64, offset: Nanoseconds) {
        let since = due.since(origin).raw
        return (since / 25_000_000, Nanoseconds(raw: since % 25_000_000))
    }

    @Test("generators that share the time send the same in each of their turns", arguments: [0, 7])
    func turns(seed: UInt64) {
        let rate = PerSecond(raw: 3_300)
        let due = Self.turns.map { turns in
            seed == 0
                ? schedule(ConstantPacing(rate: rate, phase: 0.25, turns: turns), count: 3_301)
                : schedule(
                    PoissonPacing(
                        rate: rate, generator: SeededGenerator(seed: seed), turns: turns),
                    count: 3_301)
        }
        for (index, own) in due.enumerated() {
            #expect(own == own.sorted())
            #expect(own.allSatisfy { place($0).turn % 3 == Int64(index) })
            #expect(own.map { place($0).offset } == due[0].map { place($0).offset })
            // The rate is the mean over all time, to a round of turns and the chance of the draws.
            #expect(abs(own[3_300].since(origin).inSeconds - 1) < (seed == 0 ? 0.076 : 0.2))
        }
    }

    @Test("who comes late leaves out what was due, and is then where the others are")
    func lateTurn() {
        for turns in Self.turns {
            func pacings() -> (ConstantPacing, PoissonPacing) {
                let rate = PerSecond(raw: 5_000)
                return (
                    ConstantPacing(rate: rate, phase: 0, turns: turns),
                    PoissonPacing(rate: rate, generator: SeededGenerator(seed: 3), turns: turns)
                )
            }
            func check<Pace: Pacing>(_ pacing: Pace) {
                let whole = schedule(pacing, count: 2_000)
                let late = origin + .milliseconds(110)
                var pacing = pacing
                pacing.start(at: late)
                #expect(pacing.next == whole.first { $0 >= late })
            }
            check(pacings().0)
            check(pacings().1)
        }
    }
}
