import Basis
import Measure
import Report
import Testing

@testable import Load

struct JudgementTests {
    /// What speaks for nothing but a valid open-loop run.
    static let sound: Evidence = {
        var evidence = Evidence()
        evidence.isOpenLoop = true
        evidence.succeeded = 100_000
        evidence.busyShare = 0.4
        evidence.latenessP99 = .microseconds(80)
        evidence.targetRate = 10_000
        evidence.achievedRate = 10_000
        evidence.duration = .seconds(10)
        evidence.rates = Array(repeating: 10_000, count: 20)
        return evidence
    }()

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let verdict: LoadReport.Verdict
        /// Parts of the reasons, in order.
        let reasons: [String]
        let change: @Sendable (inout Evidence) -> Void

        init(
            _ description: String, _ verdict: LoadReport.Verdict, _ reasons: [String],
            _ change: @escaping @Sendable (inout Evidence) -> Void
        ) {
            (testDescription, self.verdict, self.reasons) = (description, verdict, reasons)
            self.change = change
        }
    }

    static let cases = [
        Case("sound", .valid, []) { _ in },
        Case("few failures", .valid, []) { $0.failed = 100 },
        Case("many failures", .errors, ["200 of 100200 requests failed, 0.20%"]) {
            $0.failed = 200
        },
        Case("all failed", .errors, ["100%", "0 successful requests", "0/s of 10.0k/s"]) {
            ($0.succeeded, $0.failed, $0.achievedRate) = (0, 500, 0)
        },
        Case("attempts to connect are no requests of an open loop", .valid, []) {
            $0.failedAttempts = 5_000
        },
        Case(
            "attempts to connect in a closed loop", .errors, ["968 connection attempts failed"]
        ) {
            ($0.failedAttempts, $0.isOpenLoop, $0.targetRate, $0.latenessP99) = (
                968, false, nil, nil
            )
        },
        Case("few of them", .valid, []) {
            ($0.failedAttempts, $0.isOpenLoop, $0.targetRate, $0.latenessP99) = (
                90, false, nil, nil
            )
        },
        Case(
            "a closed loop that is refused from the start", .errors,
            ["1 connection attempt failed", "0 successful"]
        ) {
            ($0.succeeded, $0.failedAttempts, $0.isOpenLoop) = (0, 1, false)
            ($0.targetRate, $0.latenessP99, $0.rates) = (nil, nil, [])
        },
        Case("nothing at all", .tooFewSamples, ["0 successful", "0/s"]) {
            ($0.succeeded, $0.achievedRate) = (0, 0)
        },
        Case(
            "just too few", .tooFewSamples,
            ["298 successful requests (a 99th percentile needs 299)"]
        ) {
            $0.succeeded = 298
        },
        Case("just enough", .valid, []) { $0.succeeded = 299 },
        Case("busy in an open loop", .clientBound, ["computed for 92.0% of the time (limit 90.0%)"])
        {
            $0.busyShare = 0.92
        },
        Case("as busy in a closed loop", .valid, []) {
            ($0.busyShare, $0.isOpenLoop, $0.targetRate, $0.latenessP99) = (0.92, false, nil, nil)
        },
        Case("saturated in a closed loop", .clientBound, ["99.0%"]) {
            ($0.busyShare, $0.isOpenLoop, $0.targetRate, $0.latenessP99) = (0.99, false, nil, nil)
        },
        Case(
            "no CPU to be had", .clientBound, ["computed for 40.0% and waited for a CPU for 55.0%"]
        ) {
            $0.waitShare = 0.55
        },
        Case("others on its CPUs", .disturbed, ["other work took 48.2% of CPU 1 (limit 5%)"]) {
            ($0.foreignShare, $0.cpus) = (0.482, "1")
        },
        Case("others explain why it was busy", .disturbed, ["other work", "waited for a CPU"]) {
            ($0.foreignShare, $0.waitShare) = (0.5, 0.55)
        },
        Case("as little as daemons take", .valid, []) { $0.foreignShare = 0.05 },
        Case("late", .late, ["p99 1.20ms (limit 1.00ms)"]) {
            $0.latenessP99 = .microseconds(1_200)
        },
        Case("late for waiting for their own", .late, ["their connection was not free for 20.0%"]) {
            ($0.latenessP99, $0.starved, $0.isSkewed) = (.milliseconds(3), 20_000, true)
        },
        Case("late for lack of connections", .late, ["no connection was free for 20.0%"]) {
            ($0.latenessP99, $0.starved) = (.milliseconds(5), 20_000)
        },
        Case("short of the rate", .late, ["9800/s of 10.0k/s were reached, 98.0%"]) {
            $0.achievedRate = 9_800
        },
        Case("the chance of a short Poisson run", .valid, []) {
            // 400 are expected, 20 more or less are one deviation.
            ($0.isRandom, $0.targetRate, $0.achievedRate) = (true, 40, 36)
        },
        Case("the chance of a Poisson run of bursts", .valid, []) {
            // 4 000 are expected in 400 bursts.
            ($0.isRandom, $0.targetRate, $0.achievedRate, $0.burst) = (true, 400, 360, 10)
        },
        Case("the same of as many that come singly", .late, ["90.0%"]) {
            ($0.isRandom, $0.targetRate, $0.achievedRate) = (true, 400, 360)
        },
        Case("the same of a constant schedule", .late, ["90.0%"]) {
            ($0.targetRate, $0.achievedRate) = (40, 36)
        },
        Case("falling", .unsteady, ["second half -"]) {
            $0.rates = (0..<20).map { 10_000 - 100 * Double($0) }
        },
        Case("noisy but level", .valid, []) {
            $0.rates = (0..<20).map { 10_000 + ($0 % 2 == 0 ? 500 : -500) }
        },
        Case("everything", .errors, ["failed", "computed", "late", "/s of", "drifted"]) {
            ($0.failed, $0.busyShare, $0.latenessP99) = (5_000, 0.99, .seconds(1))
            ($0.achievedRate, $0.rates) = (5_000, (1...20).map { Double($0) })
        },
    ]

    @Test("the verdict and the figures that say so", arguments: cases)
    func judged(_ example: Case) {
        var evidence = Self.sound
        example.change(&evidence)
        let judgement = Judgement(evidence)
        #expect(judgement.verdict == example.verdict)
        #expect(judgement.reasons.count == example.reasons.count, "\(judgement.reasons)")
        for (reason, part) in zip(judgement.reasons, example.reasons) {
            #expect(reason.contains(part), "'\(reason)' lacks '\(part)'")
        }
    }
}
