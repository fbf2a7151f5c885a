import Basis
import Platform
import Report
import Secure

/// The first failure of the window is told with its reason. All of this runs for failures only, and
/// texts are made for the first one alone.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    var wantsFailure: Bool { upkeep.firstFailure == nil }

    mutating func noteFailure(_ phase: FirstFailure.Phase, _ text: FailureText?) {
        guard wantsFailure, let text else { return }
        upkeep.firstFailure = FailureNote(
            at: now,
            FirstFailure(phase: phase, reason: text.reason, received: text.received))
    }

    /// The peer broke the protocol in the bytes from `offset` on.
    @inline(never)
    mutating func broke(
        _ index: Int, _ violation: Violation, _ bytes: Span<UInt8>, from offset: Int
    ) {
        // Who greets a fresh connection would have its greeting taken for an answer, and so every
        // answer for one to the next request: from now on fresh connections must be silent first.
        if violation.kind == .unasked, !table[index].hasAnswered {
            upkeep.peerSpeaksFirst = true
        }
        var text: FailureText?
        if wantsFailure {
            // The line at fault, unless it is seen anyhow.
            let isFar = violation.at > offset + Limit.excerptLength / 2
            let start = min(isFar ? violation.at : offset, bytes.count)
            text = FailureText(
                reason: violation.reason,
                received: Excerpt.text(bytes.extracting(start..<bytes.count)))
        }
        lose(index, because: .violation, text)
    }

    /// What a receive left unread of an answer that will not be whole.
    private func heldText(_ count: Int) -> String? {
        if count == 0 { return nil }
        // SAFETY: nothing receives into the buffer before this function returns.
        return Excerpt.text(unsafe Span(_unsafeElements: buffer.received(count)))
    }

    /// The text of an answer that ended too early, of which `held` bytes lie in the buffer.
    func cutOffText(_ index: Int, held: Int, _ reason: String) -> FailureText? {
        if !wantsFailure { return nil }
        return FailureText(
            reason: "\(reason) \(client.missing(of: table[index].session))",
            received: heldText(held))
    }

    /// The text of requests that ran out of time on an open connection.
    func timeoutText(_ index: Int) -> FailureText? {
        if !wantsFailure { return nil }
        let limit = upkeep.isCutShort ? "the interrupt" : plan.timeout.display
        var text = FailureText(
            reason: "\(limit) passed \(client.missing(of: table[index].session))")
        if table[index].holdsBytes {
            // SAFETY: the table checks the number and outlives the call.
            text.received = unsafe Excerpt.text(table.rest(index).pointee.held.bytes)
        }
        return text
    }

    /// An answer with an error status, the first bytes of which may lie in the buffer at `start`.
    @inline(never)
    mutating func noteStatus(_ outcome: Outcome, from start: Int, to end: Int) {
        guard wantsFailure else { return }
        // SAFETY: nothing receives into the buffer before this function returns.
        let bytes = unsafe Span(_unsafeElements: buffer.received(end))
        let answer = bytes.extracting(min(start, end)..<end)
        // What the last receive brought may be nothing but the end of a body.
        let isHead = answer.count > 0 && answer[0] | 0x20 == 0x68
        noteFailure(
            .status,
            FailureText(
                reason: client.reason(of: outcome),
                received: isHead ? Excerpt.text(answer) : nil))
    }
}
