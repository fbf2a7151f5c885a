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

    /// Whether another event has room.
    @inline(always)
    var isFull: Bool { count == capacity }

    mutating func removeAll() { count = 0 }

    /// Adds what another source than a poller reports. There must be room.
    @inline(always)
    mutating func append(_ token: UInt64, _ readiness: Interest) {
        precondition(!isFull, "more events than there is room for")
        // SAFETY: the line above.
        unsafe storage[count] = epoll_event(
            events: readiness.rawValue, data: epoll_data_t(u64: token))
        count += 1
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
