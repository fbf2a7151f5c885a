import Foundation

/// The end of a gate.
package struct GateResult: Equatable, Sendable {
    package let verdict: Verdict
    /// Why the verdict is not PASS; one line each.
    package let reasons: [String]
    /// One for each metric of each cell, in the order of the cells.
    package let findings: [GateFinding]
    package let control: [ControlFinding]
    package let lost: [GateProcedure.LostPair]
    /// How often the gate began anew.
    package let reruns: Int
    /// Counters held to a committed baseline.
    package var counters: [ExactBaseline.Finding] = []

    /// Of a gate that timed nothing, for the answers were wrong.
    package static func wrong(_ reason: String) -> GateResult {
        GateResult(
            verdict: .wrong, reasons: [reason], findings: [], control: [], lost: [], reruns: 0)
    }

    /// Of a gate that timed nothing.
    package static func untimed() -> GateResult {
        GateResult(verdict: .pass, reasons: [], findings: [], control: [], lost: [], reruns: 0)
    }
}
