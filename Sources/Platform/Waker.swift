import CLinux
import Glibc

/// Wakes a loop from another thread (eventfd(2)).
package struct Waker: ~Copyable, Sendable {
    let descriptor: Descriptor

    package init() throws(SystemError) {
        descriptor = Descriptor(raw: try checked("eventfd") { clinux_eventfd() })
    }

    /// Makes the poller that watches this waker return. Safe from every thread.
    package func wake() {
        var one: UInt64 = 1
        // SAFETY: write(2) reads the 8 bytes that eventfd(2) asks for.
        // A full counter (EAGAIN) has an unseen wake pending already, so nothing is lost.
        _ = unsafe Glibc.write(descriptor.raw, &one, 8)
    }
}
