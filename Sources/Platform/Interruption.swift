import CLinux

/// A signal that does nothing but end the system call in which a thread sleeps (signal(7), EINTR).
package enum Interruption {
    /// To be called before the first thread that is to be interrupted starts.
    package static func prepare() { clinux_take_interruptions() }

    /// Lets the calling thread be interrupted; its parent may have blocked all signals.
    package static func allow() { clinux_unblock_interruptions() }

    /// Interrupts the call that thread `id` of this process sleeps in, if it is in one.
    package static func send(to id: Int32) { clinux_interrupt(id) }
}
