import Basis
import CLinux
import Glibc

/// What a registration waits for (epoll_ctl(2)). Errors and hang-ups are always reported.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Interest(rawValue: EPOLLIN.rawValue)
    package static let writable = Interest(rawValue: EPOLLOUT.rawValue)
    /// Wake only one of the pollers that share the descriptor (Linux 4.5). Add only: a later change
    /// of such a registration is refused with EINVAL.
    package static let exclusive = Interest(rawValue: clinux_epoll_exclusive())
    /// Report edges, not levels: what is left unread or unwritten is not reported again until more
    /// happens, or until the registration is modified.
    package static let edge = Interest(rawValue: clinux_epoll_edge())
    /// Say with `Event.isInterrupted` that the peer has ended its half or sent urgent data.
    package static let interruption = Interest(rawValue: EPOLLRDHUP.rawValue | EPOLLPRI.rawValue)
}

/// One readiness that a wait reported.
package struct Event: Sendable {
    package let token: UInt64
    private let readiness: UInt32

    @inline(always)
    init(token: UInt64, readiness: UInt32) {
        self.token = token
        self.readiness = readiness
    }

    /// A read will not block: data, the peer's close or an error waits.
    @inline(always)
    package var isReadable: Bool {
        readiness & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
    }
    /// A write will not block, or will report the error that waits.
    @inline(always)
    package var isWritable: Bool {
        readiness & (EPOLLOUT.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
    }
    /// A read that leaves room need not have emptied the socket: behind what it brings waits an
    /// end, the peer's (with `Interest.interruption`) or an error, or the mark of urgent data, at
    /// which a read stops (tcp(7)).
    @inline(always)
    package var isInterrupted: Bool {
        readiness
            & (EPOLLRDHUP.rawValue | EPOLLPRI.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue)
            != 0
    }
    /// The connection is dead in both directions.
    @inline(always)
    package var isBroken: Bool { readiness & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
}

/// An epoll instance.
package struct Poller: ~Copyable, Sendable {
    /// What is done to a registration (epoll_ctl(2)).
    package enum Change: Sendable {
        case add, modify, remove

        var operation: CInt {
            switch self {
            case .add: EPOLL_CTL_ADD
            case .modify: EPOLL_CTL_MOD
            case .remove: EPOLL_CTL_DEL
            }
        }
    }

    let descriptor: Descriptor

    package init() throws(SystemError) {
        descriptor = Descriptor(raw: try checked("epoll_create1") { clinux_epoll_create() })
    }

    /// Registers something of the control plane, outside a loop's counted calls.
    package func add(
        _ other: borrowing Descriptor, interest: Interest, token: UInt64
    ) throws(SystemError) {
        var kernel = LinuxKernel()
        try kernel.control(self, .add, other, interest: interest, token: token)
    }

    package func add(_ waker: borrowing Waker, token: UInt64) throws(SystemError) {
        // Edge-triggered and never read: each write is a new edge, which saves the read (epoll(7)).
        try add(waker.descriptor, interest: [.readable, .edge], token: token)
    }
}

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
