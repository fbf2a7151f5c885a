import Platform

/// Rung by every generator thread that ends, so that the coordinator can sleep until then.
final class EndBell: Sendable {
    private let waker: Waker

    init() throws(SystemError) { waker = try Waker() }

    func watch(with poller: borrowing Poller, token: UInt64) throws(SystemError) {
        try poller.add(waker, token: token)
    }

    func ring() { waker.wake() }
}
