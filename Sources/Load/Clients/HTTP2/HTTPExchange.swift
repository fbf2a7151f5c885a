// Hot path
import Basis
package import Wire

/// Plain HTTP: the status says it all, and it comes first.
package struct HTTPExchange: HTTP2Exchange {
    @inline(always)
    package static var hasParts: Bool { false }

    @inline(always)
    package init() {}

    @inline(always)
    package mutating func take(
        _ payload: Span<UInt8>, from offset: Int, stream: UInt32
    ) throws(HTTP2.Failure) -> HTTP2Part? { nil }

    @inline(always)
    package func bodyBytes(received: UInt64) -> UInt64 { received }

    @inline(always)
    package func outcome(status: UInt16, last: HTTP2BlockFacts) -> Outcome {
        Outcome(status: status)
    }

    package static func outcome(reset code: HTTP2.ErrorCode) -> Outcome? { nil }

    package static func reason(
        of outcome: Outcome, _ fields: borrowing HTTP2.ResponseFields
    ) -> String {
        outcome.statusReason
    }
}
