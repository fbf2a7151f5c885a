import Basis
import Measure
import Report
import Testing

@testable import Load

@Suite("Several runs at different rates: options")
struct StepTests {
    private func plan(_ arguments: [String]) throws(Complaint) -> LoadPlan {
        let options = try LoadOptions.parser.parse(
            arguments + ["http://127.0.0.1:8080/plaintext"])
        return try LoadOptions.plan(options, randomSeed: 77) { (path) throws(Complaint) in
            throw Complaint("'\(path)' is missing", remedy: "look elsewhere", status: .failure)
        }
    }

    @Test("a search takes rules, a first rate and a highest one")
    func search() throws {
        let plan = try plan([
            "--find-rate", "p99<5ms, mean<=1ms", "--find-rate", "errors<1%", "-R", "2k",
            "--max-rate", "50k", "--arrivals", "poisson",
        ])
        guard case .search(let rules) = plan.steps else { throw Complaint("", remedy: "") }
        #expect(rules.objectives.map(\.description) == ["p99<5ms", "mean<=1ms", "errors<1%"])
        #expect(rules.first == PerSecond(raw: 2_000) && rules.highest == PerSecond(raw: 50_000))
        #expect(plan.duration == .seconds(2) && plan.warmUp == .milliseconds(300))
        #expect(plan.arrivals.name == "poisson")
        // 299 samples of a 99th percentile, 2995 of a 99.9th.
        #expect(abs(rules.lowest(in: .seconds(2)) - 157) < 0.1)
        let rare = try CapacityRules(parsing: ["p99.9<5ms"], highest: PerSecond(raw: 1e6))
        #expect(rare.lowest(in: .seconds(2)) > 2_995 / 2)
        #expect(rules.latenessLimit == .milliseconds(1))
        let long = try CapacityRules(
            parsing: ["p99<80ms,max<1s,errors<1%"], highest: PerSecond(raw: 1e6))
        #expect(long.latenessLimit == .milliseconds(8))
    }

    @Test("the time of steps can be given")
    func times() throws {
        let plan = try plan(["--find-rate", "max<5ms", "-d", "500ms", "--warmup", "1s"])
        #expect(plan.duration == .milliseconds(500) && plan.warmUp == .seconds(1))
        guard case .search(let rules) = plan.steps else { throw Complaint("", remedy: "") }
        #expect(rules.first == nil && rules.highest == PerSecond(raw: 10e6))
    }

    @Test("stages are rates with times, and ramps are stairs")
    func stages() throws {
        let stages = try Stage.all(parsing: "10k:10s, 20k:500ms,1k..2k/3:3s")
        #expect(stages.map(\.rate.raw) == [10_000, 20_000, 1_000, 1_500, 2_000])
        #expect(
            stages.map(\.duration)
                == [.seconds(10), .milliseconds(500), .seconds(1), .seconds(1), .seconds(1)])
        let ramp = try Stage.all(parsing: "10k..1k:30s")
        #expect(ramp.count == 10 && ramp[0].rate.raw == 10_000 && ramp[9].rate.raw == 1_000)
        #expect(ramp.allSatisfy { $0.duration == .seconds(3) })
        let plan = try plan(["--stages", "1k:1s", "--warmup", "100ms"])
        #expect(plan.steps == .stages([Stage(rate: PerSecond(raw: 1_000), duration: .seconds(1))]))
        #expect(plan.warmUp == .milliseconds(100))
        #expect(try self.plan(["--stages", "1k:1s"]).warmUp == .seconds(1))
    }

    @Test(
        "what can't be meant is refused in one line",
        arguments: [
            (["--find-rate", "rps>5k"], "the rate that is to be found"),
            (["--find-rate", "p99>5ms"], "gets easier as the rate rises"),
            (["--find-rate", "p99<5"], "--find-rate 'p99<5' compares with '5'"),
            (["--find-rate", "p99<5ms,"], "compares nothing"),
            (["--find-rate", "p99<5ms", "--stages", "1k:1s"], "are two loads"),
            (["--find-rate", "p99<5ms", "--connection-rate", "5"], "are two loads"),
            (["--find-rate", "p99<5ms", "-R", "10"], "less than steps of 2.00s can judge"),
            (["--find-rate", "p99<5ms", "--max-rate", "10"], "less than steps of 2.00s can judge"),
            (["--find-rate", "p99<5ms", "-R", "9k", "--max-rate", "1k"], "is above --max-rate"),
            (["--find-rate", "p99<5ms", "--max-rate", "20M"], "more than 1 threads can send"),
            (["--max-rate", "10k"], "means nothing without --find-rate"),
            (["--stages", "1k"], "is no stage"), (["--stages", "1k:x"], "is no stage"),
            (["--stages", "1k:1s,"], "is no stage"), (["--stages", "1k..:1s"], "is no stage"),
            (["--stages", "1k..2k/1:1s"], "is no stage"), (["--stages", ""], "is no stage"),
            (["--stages", "1k:0s"], "has a stage of 0ns"),
            (["--stages", "1k..2k/900:1s,1k..2k/900:1s"], "more than 1000 stages"),
            (["--stages", "20M:1s"], "more than 1 threads can send"),
            (["--stages", "0.0001:1s"], "less than one request in 1000 seconds"),
            (["--stages", "1k:1s", "-R", "5"], "are two loads"),
            (["--stages", "1k:1s", "-d", "5s"], "are two loads"),
            (["--stages", "1k:1s", "--hgrm", "a"], "would mix the latencies"),
        ])
    func refusals(arguments: [String], reason: String) {
        let complaint = #expect(throws: Complaint.self) { try plan(arguments) }
        #expect(complaint?.problem.contains(reason) == true, "\(complaint.map(String.init) ?? "")")
        #expect(complaint?.status == .usage)
    }
}
