import Basis
package import Platform
import Secure
import Synchronization

/// What the thread of a company and the coordinator say to each other.
package final class CompanyControl: Sendable {
    private let ready = Atomic(false)
    private let stopAsked = Atomic(false)
    private let refusal = Guarded<OpeningRefusal?>(nil)
    private let made = Atomic(0)
    private let waker: Waker

    package init() throws(SystemError) { waker = try Waker() }

    // The coordinator's side.

    /// Whether all connections stand.
    package var isReady: Bool { ready.load(ordering: .acquiring) }
    /// Connections established so far.
    package var established: Int { made.load(ordering: .relaxed) }
    /// Why a connection could not be made.
    package var openingRefusal: OpeningRefusal? { refusal.withLock { $0 } }

    /// Ends the company.
    package func stop() {
        stopAsked.store(true, ordering: .relaxed)
        waker.wake()
    }

    // The thread's side.

    func watch(with poller: borrowing Poller, token: UInt64) throws(SystemError) {
        try poller.add(waker, token: token)
    }

    func report(established count: Int) { made.store(count, ordering: .relaxed) }
    package func report(_ reason: OpeningRefusal) { refusal.withLock { $0 = $0 ?? reason } }
    func enterReady() { ready.store(true, ordering: .releasing) }
    var isStopAsked: Bool { stopAsked.load(ordering: .relaxed) }
}
