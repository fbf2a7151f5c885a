import Synchronization

/// Lets one of several loops at a time watch the listener that they share: whoever has the lock
/// waits with it, and the others for their connections alone. Nobody ever sleeps for it (nginx's
/// accept_mutex, ngx_event_accept.c).
struct AcceptLock: ~Copyable, Sendable {
    private let isTaken = Atomic<Bool>(false)

    /// Says whether the caller has the lock now.
    func tryToTake() -> Bool {
        !isTaken.load(ordering: .relaxed) && !isTaken.exchange(true, ordering: .acquiring)
    }

    func giveBack() { isTaken.store(false, ordering: .releasing) }
}
