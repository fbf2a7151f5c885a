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
    /// Report once, and then nothing until the registration is modified.
    package static let once = Interest(rawValue: clinux_epoll_oneshot())
    /// The connection is dead. Reported, whether asked for or not.
    static let broken = Interest(rawValue: EPOLLERR.rawValue)
    /// Say with `Event.isInterrupted` that the peer has ended its half or sent urgent data.
    package static let interruption = Interest(rawValue: EPOLLRDHUP.rawValue | EPOLLPRI.rawValue)
}
