import Basis
import CLinux
import Glibc

/// The memory that a wait fills with events.
@safe
package struct EventBuffer: ~Copyable {
    // SAFETY, throughout: `capacity` entries, initialised in `init` and owned until `deinit`.
    private let storage: UnsafeMutablePointer<epoll_event>
    private let capacity: Int
    package private(set) var count = 0

    package init(capacity: Int = Limit.eventsPerWait) {
        unsafe storage = .allocate(capacity: capacity)
        unsafe storage.initialize(repeating: epoll_event(), count: capacity)
        self.capacity = capacity
    }

    deinit { unsafe storage.deallocate() }

    package var indices: Range<Int> {
        @inline(always)
        get { 0..<count }
    }

    @inline(always)
    package subscript(index: Int) -> Event {
        precondition(index >= 0 && index < count, "no such event")
        // SAFETY: epoll_wait(2) filled the first `count` entries, which lie within `storage`.
        return Event(
            token: unsafe storage[index].data.u64, readiness: unsafe storage[index].events)
    }

    @inline(always)
    mutating func fill(from poller: borrowing Poller, timeout: Nanoseconds?) -> CInt {
        // SAFETY: the kernel writes at most `capacity` entries.
        let ready = unsafe clinux_epoll_wait(
            poller.descriptor.raw, storage, CInt(capacity), timeout?.raw ?? -1)
        count = max(0, Int(ready))
        return ready
    }
}
