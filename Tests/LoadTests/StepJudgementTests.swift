import Basis
import Measure
import Report
import Testing

@testable import Load

@Suite("Several runs at different rates: what one step says")
struct StepJudgementTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: CapacityProbeResult.Answer
        var areMet = true
        var judgesErrors = false
        var service = Nanoseconds.milliseconds(1)
        var unloaded: Nanoseconds? = .milliseconds(1)
        var isDisturbed = false
        var latenessLimit = Nanoseconds.milliseconds(1)
        var reason = ""
        let change: @Sendable (inout Evidence) -> Void
    }

    static let cases = [
        Case(testDescription: "sound", answer: .met) { _ in },
        Case(testDescription: "a rule missed", answer: .missed, areMet: false) { _ in },
        Case(testDescription: "disturbed", answer: .missed, areMet: false, isDisturbed: true) {
            $0.foreignShare = 0.5
        },
        Case(testDescription: "errors beyond the usual share", answer: .missed) {
            $0.failed = 200
        },
        Case(testDescription: "errors that a rule allows", answer: .met, judgesErrors: true) {
            $0.failed = 200
        },
        Case(testDescription: "the server falls behind", answer: .overloaded) {
            $0.achievedRate = 9_000
        },
        Case(testDescription: "it misses what is due by little", answer: .missed) {
            $0.achievedRate = 9_850
        },
        Case(testDescription: "chance misses what is due by little", answer: .met) {
            $0.duration = .seconds(1)
            $0.achievedRate = 9_850
            $0.isRandom = true
        },
        Case(testDescription: "nothing is answered", answer: .overloaded) {
            $0.succeeded = 0
            $0.failed = 100
        },
        Case(testDescription: "the warm-up took the window", answer: .overloaded) {
            $0.warmUpUnsent = 5
        },
        Case(
            testDescription: "the generator computes all the time", answer: .generator,
            reason: "busiest thread computed"
        ) { $0.busyShare = 0.93 },
        Case(
            testDescription: "the generator waits for a CPU", answer: .generator,
            reason: "waited for a CPU"
        ) {
            $0.busyShare = 0.5
            $0.waitShare = 0.45
        },
        Case(
            testDescription: "the generator is late by itself", answer: .generator,
            reason: "sent requests late"
        ) { $0.latenessP99 = .milliseconds(3) },
        Case(
            testDescription: "it is late, by little of what is allowed", answer: .met,
            latenessLimit: .milliseconds(5)
        ) { $0.latenessP99 = .milliseconds(3) },
        Case(
            testDescription: "requests wait because answers do", answer: .missed, areMet: false,
            service: .milliseconds(8)
        ) {
            $0.latenessP99 = .milliseconds(3)
            $0.starved = 5_000
        },
        Case(
            testDescription: "requests wait although answers don't", answer: .generator,
            areMet: false, reason: "all 64 connections were busy"
        ) {
            $0.latenessP99 = .milliseconds(3)
            $0.starved = 60_000
        },
        Case(
            testDescription: "requests wait for a moment although answers don't", answer: .missed,
            areMet: false
        ) {
            $0.latenessP99 = .milliseconds(3)
            $0.starved = 5_000
        },
        Case(
            testDescription: "they wait for long before anything was met", answer: .overloaded,
            areMet: false, unloaded: nil
        ) {
            $0.latenessP99 = .milliseconds(300)
            $0.starved = 50_000
            $0.achievedRate = 5_000
        },
        Case(testDescription: "they wait and the rules are met", answer: .met) {
            $0.latenessP99 = .milliseconds(3)
            $0.starved = 5_000
        },
    ]

    @Test("who was the limit", arguments: cases)
    func judgement(of one: Case) {
        var evidence = JudgementTests.sound
        one.change(&evidence)
        let judgement = StepJudgement(
            evidence, areMet: one.areMet, judgesErrors: one.judgesErrors,
            latenessLimit: one.latenessLimit, service: one.service, unloaded: one.unloaded,
            connections: 64)
        #expect(
            judgement.result
                == CapacityProbeResult(
                    one.answer, isDisturbed: one.isDisturbed, carried: evidence.achievedRate))
        #expect((judgement.generatorReason ?? "").contains(one.reason))
        #expect((judgement.generatorReason == nil) == one.reason.isEmpty)
    }
}
