import Basis
import Measure
import Testing

@testable import Load
@testable import Platform

/// What the coordinator makes of the counts that threads hand over, without any thread running.
@Suite(.serialized)
struct CoordinatorTests {
    private let start = Instant(raw: 1_000_000_000)

    private func coordinator(_ plan: LoadPlan) throws -> Coordinator {
        try Coordinator(plan, signals: try TerminationSignals())
    }

    private func tally(_ count: Int) -> LoadTally {
        var tally = LoadTally()
        for _ in 0..<count { tally.response.record(.microseconds(500)) }
        tally.statuses[2] = UInt64(count)
        return tally
    }

    private func offer(_ count: Int, after span: Nanoseconds, by member: GeneratorThread) {
        var offered = tally(count)
        #expect(member.control.offer(&offered, at: start + span))
    }

    @Test("what a thread handed over last is in the result, though nobody asked again")
    func lateOffer() throws {
        let plan = try Sample.plan {
            $0.warmUp = .zero
            $0.outputs.paths[.hlog] = "x"
        }
        var coordinator = try coordinator(plan)
        let team = (0..<2).map { GeneratorThread(plan.share(ofThread: $0)) }
        offer(5, after: .milliseconds(900), by: team[0])
        offer(7, after: .milliseconds(950), by: team[1])
        let result = coordinator.gather(team, began: .zero, start: start)
        #expect(result.succeeded == 12)
        #expect(result.tally.response.totalCount == 12)
        let logged = try result.intervals.map {
            try HistogramCodec.decode(base64: $0.histogram).totalCount
        }
        #expect(logged == [12])
    }

    @Test("an interval ends when the threads hand over, and the next one begins there")
    func intervals() throws {
        let plan = try Sample.plan {
            $0.warmUp = .milliseconds(500)
            $0.duration = .seconds(10)
            $0.outputs.paths[.hlog] = "x"
        }
        var coordinator = try coordinator(plan)
        coordinator.begin(at: start)
        let team = (0..<2).map { GeneratorThread(plan.share(ofThread: $0)) }
        var rates: [Double] = []
        for (count, first, second) in [(1_010, 1_005, 1_015), (1_000, 2_010, 2_010)] {
            offer(count / 2, after: .milliseconds(first), by: team[0])
            offer(count / 2, after: .milliseconds(second), by: team[1])
            coordinator.collect(team, start: start) { rates.append($0.rate) }
        }
        #expect(rates == [1_000, 1_000])
        let result = coordinator.gather(team, began: .zero, start: start)
        // The warm-up recorded nothing, so the first interval begins behind it.
        #expect(result.intervals.map(\.start) == [.milliseconds(500), .milliseconds(1_010)])
        #expect(result.intervals.map(\.length) == [.milliseconds(510), .seconds(1)])
    }

    @Test("where no thread hands anything over the counts go into the next interval")
    func nothing() throws {
        let plan = try Sample.plan { $0.warmUp = .zero }
        var coordinator = try coordinator(plan)
        coordinator.begin(at: start)
        let member = GeneratorThread(plan.share(ofThread: 0))
        var rates: [Double] = []
        coordinator.collect([member], start: start) { rates.append($0.rate) }
        offer(10, after: .seconds(1), by: member)
        let result = coordinator.gather([member], began: .zero, start: start)
        #expect(rates == [0])
        #expect(result.succeeded == 10)
    }

    @Test(
        "the load begins at once or with its turns, unless they are another run's",
        arguments: [
            (nil, Nanoseconds.milliseconds(1)), (.milliseconds(300), .milliseconds(300)),
            (.milliseconds(-300), .milliseconds(1)), (.seconds(-10), .milliseconds(1)),
            (.seconds(-11), nil), (.seconds(8 * 24 * 3_600), nil),
        ] as [(Nanoseconds?, Nanoseconds?)])
    func turns(ahead: Nanoseconds?, expected: Nanoseconds?) throws {
        let now = Instant(raw: 1_000_000_000_000)
        var plan = try Sample.plan { _ in }
        plan.turns = ahead.map {
            Turns(index: 0, of: 2, length: .milliseconds(25), start: now + $0)
        }
        let coordinator = try coordinator(plan)
        if let expected {
            #expect(try coordinator.start(after: now).since(now) == expected)
            return
        }
        do throws(Coordinator.Failure) {
            _ = try coordinator.start(after: now)
            Issue.record("it begins")
        } catch {
            guard case .complaint(let complaint) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(complaint.problem.hasPrefix("the turns of --turn begin "))
        }
    }
}
