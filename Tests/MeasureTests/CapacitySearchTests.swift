import Basis
import Measure
import Testing

/// A server and a machine that are made of formulas.
private struct Simulated {
    /// The rate at which the 99th percentile, without noise, is what the objective allows.
    let capacity: Double
    /// Where the generator becomes the limit.
    var generatorLimit = Double.infinity
    /// The deviation of how many requests come, of so many that are asked for.
    var chance = 0.0
    /// Scatter of a step's percentile, and the share of steps that a hiccup spoils.
    var scatter = 0.0
    var hiccups = 0.0
    /// Of the hiccups, those that the generator notices.
    var noticed = 0.0
    let step = Nanoseconds.milliseconds(2_300)
    var generator = SeededGenerator(seed: 1)
    private(set) var probes: [CapacityProbe] = []
    private(set) var spent = Nanoseconds.zero

    init(capacity: Double) { self.capacity = capacity }

    /// The p99 of an M/M/1 queue over that which is allowed: 1 at the capacity, which is 0.9 of
    /// what the server can carry at all.
    private mutating func result(_ asked: Double, length: Int) -> CapacityProbeResult {
        let rate = asked * (1 + chance / Double(length).squareRoot() * normal())
        let offered = chance > 0 ? rate : nil
        if rate >= generatorLimit { return .init(.generator) }
        let load = 0.9 * rate / capacity
        let isNoticed = generator.nextOpenUnit() < noticed
        if generator.nextOpenUnit() < hiccups {
            return .init(.missed, isDisturbed: isNoticed, offered: offered)
        }
        if load >= 1 { return .init(.overloaded, carried: capacity / 0.9, offered: offered) }
        let noise = 1 + scatter * (2 * generator.nextOpenUnit() - 1)
        return .init(0.1 / (1 - load) * noise < 1 ? .met : .missed, offered: offered)
    }

    /// About normal, of deviation 1.
    private mutating func normal() -> Double {
        (0..<12).reduce(-6) { sum, _ in sum + generator.nextOpenUnit() }
    }

    mutating func search(
        start: Double, lowest: Double = 500, highest: Double = 10e6
    ) -> CapacityFinding {
        var search = CapacitySearch(
            .init(start: start, lowest: lowest, highest: highest, step: step))
        while let probe = search.next {
            probes.append(probe)
            let result = result(probe.rate, length: probe.length)
            // Behind an overload the rest is still sent, for at most two seconds.
            let late = result.answer == .overloaded ? min(2, 2 * (probe.rate / capacity - 1)) : 0
            let elapsed = step * Int64(probe.length) + .seconds(max(0, late))
            spent = spent + elapsed
            search.note(result, elapsed: elapsed)
            if probes.count > 200 { break }
        }
        return search.finding
    }
}

@Suite("The search for the highest rate that meets an objective")
struct CapacitySearchTests {
    @Test(
        "finds a capacity without noise, from any start",
        arguments: [600.0, 3_333, 25_000, 812_345], [0.02, 0.7, 1, 40.0])
    func exact(capacity: Double, start: Double) throws {
        var simulated = Simulated(capacity: capacity)
        let finding = simulated.search(start: start * capacity)
        #expect(finding.outcome == .found)
        let (low, high) = (try #require(finding.low), try #require(finding.high))
        #expect(low < capacity && high >= capacity, "\(finding)")
        #expect(finding.capacity == low && high <= low * 1.016, "\(finding)")
        #expect(simulated.spent < .seconds(60), "\(simulated.probes.count) steps")
        #expect(simulated.probes.last == CapacityProbe(rate: low, purpose: .confirm))
    }

    @Test("finds it within 3 % in 19 of 20 runs where steps scatter and hiccup")
    func noisy() {
        let seed = UInt64.random(in: 0..<1_000_000)
        var hits = 0
        var longest = Nanoseconds.zero
        for run in 0..<1_000 {
            var simulated = Simulated(capacity: 7_654)
            simulated.generator = .stream(seed: seed, index: run)
            simulated.scatter = 0.08
            simulated.hiccups = 0.1
            simulated.noticed = 0.5
            // As a closed loop says it that was itself disturbed.
            let start = 7_654 * (0.4 + 0.6 * simulated.generator.nextOpenUnit())
            let finding = simulated.search(start: start)
            longest = max(longest, simulated.spent)
            if let capacity = finding.capacity, abs(capacity / 7_654 - 1) <= 0.03 { hits += 1 }
        }
        #expect(hits >= 950, "seed \(seed): \(hits) of 1000")
        #expect(longest < .seconds(60), "seed \(seed): \(longest.display)")
    }

    @Test("where chance decides how many come, it is found all the same")
    func chance() {
        let seed = UInt64.random(in: 0..<1_000_000)
        var hits = 0
        for run in 0..<1_000 {
            var simulated = Simulated(capacity: 3_600)
            simulated.generator = .stream(seed: seed, index: run)
            // Of 7,200 requests that come at random.
            simulated.chance = 1 / Double(7_200).squareRoot()
            let start = 3_600 * (0.4 + 0.6 * simulated.generator.nextOpenUnit())
            let finding = simulated.search(start: start)
            if let capacity = finding.capacity, abs(capacity / 3_600 - 1) <= 0.03 { hits += 1 }
        }
        #expect(hits >= 985, "seed \(seed): \(hits) of 1000")
    }

    @Test("a step stands for the rate that came, and is asked for again as it was")
    func offered() throws {
        let step = Nanoseconds.seconds(2)
        var search = CapacitySearch(.init(start: 1_000, lowest: 10, highest: 1e6, step: step))
        search.note(.init(.met, offered: 900), elapsed: step)
        #expect(search.next == CapacityProbe(rate: 1_350, purpose: .approach))
        search.note(.init(.missed, offered: 1_300), elapsed: step)
        #expect(search.next == CapacityProbe(rate: 1_350, purpose: .again))
        search.note(.init(.missed, offered: 1_290), elapsed: step)
        let middle = try #require(search.next)
        #expect(middle.purpose == .bisect && abs(middle.rate - (900 * 1_290.0).squareRoot()) < 1e-6)
        #expect(search.finding.low == 900 && search.finding.high == 1_290)
    }

    @Test("the highest rate that is allowed is asked for once, however few came by chance")
    func highestByChance() {
        let step = Nanoseconds.seconds(2)
        var search = CapacitySearch(.init(start: 900, lowest: 10, highest: 1_000, step: step))
        var asked: [Double] = []
        while let probe = search.next {
            asked.append(probe.rate)
            search.note(.init(.met, offered: probe.rate * 0.98), elapsed: step)
        }
        #expect(asked == [900, 1_000, 1_000] && search.finding.outcome == .alwaysMet)
    }

    @Test("one bad step does not end it, wherever it comes", arguments: 0..<10)
    func oneHiccup(at position: Int) throws {
        let step = Nanoseconds.seconds(2)
        var search = CapacitySearch(
            .init(start: 700, lowest: 10, highest: 1e6, step: step))
        var made = 0
        while let probe = search.next {
            let isMet = probe.rate < 1_000 && made != position
            search.note(.init(isMet ? .met : .missed), elapsed: step * Int64(probe.length))
            made += 1
        }
        let capacity = try #require(search.finding.capacity)
        #expect(capacity < 1_000 && capacity > 980)
    }

    @Test("a border that was a false alarm is gone beyond")
    func refuted() throws {
        let step = Nanoseconds.seconds(2)
        var search = CapacitySearch(
            .init(start: 700, lowest: 10, highest: 1e6, step: step))
        var alarms = 0
        while let probe = search.next {
            var answer = CapacityProbeResult.Answer.overloaded
            if probe.rate < 1_000 { answer = .met }
            // Twice in a row at the first rate above 800.
            if probe.rate > 800, probe.rate < 1_000, alarms < 2 {
                answer = .missed
                alarms += 1
            }
            search.note(.init(answer), elapsed: step * Int64(probe.length))
        }
        let finding = search.finding
        #expect(alarms == 2)
        let high = try #require(finding.high)
        #expect(finding.outcome == .found && high >= 1_000)
    }

    @Test("a disturbed step counts for nothing, and at last for what it is")
    func disturbed() {
        let step = Nanoseconds.seconds(2)
        var search = CapacitySearch(
            .init(start: 700, lowest: 10, highest: 1e6, step: step))
        var purposes: [CapacityProbe.Purpose] = []
        for _ in 0..<4 {
            purposes.append(search.next!.purpose)
            #expect(search.next?.rate == 700)
            search.note(.init(.missed, isDisturbed: true), elapsed: step)
        }
        #expect(purposes == [.approach, .again, .again, .again])
        #expect(search.next!.rate < 700)
        search.note(.init(.met, isDisturbed: true), elapsed: step)
        #expect(search.next!.purpose == .bisect)
    }

    @Test("names the generator where that is the limit, and no capacity")
    func generatorBound() throws {
        var simulated = Simulated(capacity: 50_000)
        simulated.generatorLimit = 30_000
        let finding = simulated.search(start: 10_000)
        #expect(finding.outcome == .generatorBound && finding.capacity == nil)
        let (low, high) = (try #require(finding.low), try #require(finding.high))
        #expect(low < 30_000 && high >= 30_000 && high < low * 1.06, "\(finding)")

        var beyond = Simulated(capacity: 20_000)
        beyond.generatorLimit = 30_000
        #expect(beyond.search(start: 35_000).outcome == .found)
        var hopeless = Simulated(capacity: 20_000)
        hopeless.generatorLimit = 400
        #expect(hopeless.search(start: 1_000).outcome == .generatorBound)
    }

    @Test("says when an objective is never met, or always")
    func bounds() {
        var never = Simulated(capacity: 300)
        let nothing = never.search(start: 20_000)
        #expect(nothing == CapacityFinding(outcome: .neverMet, low: nil, high: 500))
        var always = Simulated(capacity: 1e6)
        let all = always.search(start: 1_000, highest: 20_000)
        #expect(all == CapacityFinding(outcome: .alwaysMet, low: 20_000, high: nil))
        #expect(always.probes.last?.purpose == .confirm)
        #expect(all.capacity == nil)
    }

    @Test("a rate that does not stand the confirming run gives way to a lower one")
    func unconfirmed() throws {
        let step = Nanoseconds.seconds(2)
        func find(confirmedBelow limit: Double) -> (CapacityFinding, confirming: Set<Double>) {
            var search = CapacitySearch(
                .init(start: 700, lowest: 10, highest: 1e6, step: step))
            var confirming: Set<Double> = []
            while let probe = search.next {
                let isConfirming = probe.purpose == .confirm
                if isConfirming { confirming.insert(probe.rate) }
                let isMet = probe.rate < (isConfirming ? limit : 1_000)
                search.note(.init(isMet ? .met : .missed), elapsed: .milliseconds(500))
            }
            return (search.finding, confirming)
        }
        let (lower, tried) = find(confirmedBelow: 985)
        #expect(lower.outcome == .found && (2...7).contains(tried.count))
        let (low, high) = (try #require(lower.low), try #require(lower.high))
        #expect(low < 985 && low > 965 && high >= 985 && high < 1_000, "\(lower)")
        let (none, all) = find(confirmedBelow: 100)
        #expect(none.outcome == .unconfirmed && none.capacity == nil && all.count == 7)
    }

    @Test("ends in time, with the interval that it has")
    func budget() {
        let step = Nanoseconds.seconds(2)
        func find(_ capacity: Double) -> (CapacityFinding, Nanoseconds) {
            var search = CapacitySearch(
                .init(start: 1_000, lowest: 1, highest: 1e9, step: step))
            var spent = Nanoseconds.zero
            while let probe = search.next {
                let elapsed = step * Int64(3 * probe.length)
                spent = spent + elapsed
                search.note(.init(probe.rate < capacity ? .met : .overloaded), elapsed: elapsed)
            }
            return (search.finding, spent)
        }
        let (wide, spent) = find(5_500)
        #expect(wide.low ?? 0 < 5_500 && wide.high ?? 0 >= 5_500)
        #expect(spent <= CapacitySearch.longest(step: step) + step * 9)
        #expect(find(.infinity).0.outcome == .outOfTime)
    }

    @Test("before its end it says what it knows")
    func interrupted() {
        var search = CapacitySearch(
            .init(start: 700, lowest: 10, highest: 1e6, step: .seconds(2)))
        #expect(search.finding == CapacityFinding(outcome: .interrupted, low: nil, high: nil))
        search.note(.init(.met), elapsed: .seconds(2))
        #expect(search.finding == CapacityFinding(outcome: .interrupted, low: 700, high: nil))
    }
}
