import Basis
import CLinux
import Glibc

/// One readiness that a wait reported.
package struct Event: Sendable {
    package let token: UInt64
    private let readiness: UInt32

    @inline(always)
    init(token: UInt64, readiness: UInt32) {
        self.token = token
        self.readiness = readiness
    }

    /// Stands for whatever may have been reported of `token` and was not handled, errors apart.
    package static func missed(_ token: UInt64) -> Event {
        Event(
            token: token,
            readiness: EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue)
    }

    /// Two that were reported of the same, as one.
    @inline(always)
    package func joined(_ other: Event) -> Event {
        Event(token: token, readiness: readiness | other.readiness)
    }

    /// What came where a connection waited for input alone.
    package static func input(_ token: UInt64) -> Event {
        Event(token: token, readiness: EPOLLIN.rawValue)
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

    func control(
        _ change: Change, _ waker: borrowing Waker, interest: Interest, token: UInt64
    ) throws(SystemError) {
        let (own, other) = (descriptor.raw, waker.raw)
        _ = try checked("epoll_ctl") {
            clinux_epoll_control(own, change.operation, other, interest.rawValue, token)
        }
    }

    package func add(_ waker: borrowing Waker, token: UInt64) throws(SystemError) {
        // Edge-triggered and never read: each write is a new edge, which saves the read (epoll(7)).
        try control(.add, waker, interest: [.readable, .edge], token: token)
    }
}
