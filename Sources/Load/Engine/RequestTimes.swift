// Hot path
import Basis

/// When one request should have been sent and when it was. A free slot has been "sent" in the
/// distant future, so that no search for old requests takes it for one.
struct RequestTimes {
    var intended: Instant
    var sent: Instant

    static let free = RequestTimes(intended: .distantFuture, sent: .distantFuture)

    @inline(always)
    var isFree: Bool { sent == .distantFuture }
}
