import CLinux
import Glibc
import Synchronization

/// Wakes a loop from another thread (eventfd(2)).
package struct Waker: ~Copyable, Sendable {
    /// -1 where nobody can be woken yet.
    private let number: Atomic<CInt>

    package init() throws(SystemError) {
        number = Atomic(try checked("eventfd") { clinux_eventfd() })
    }

    /// One that takes no descriptor before `open`, for threads of which hardly any is ever woken.
    package init(opensLater: Void) { number = Atomic(-1) }

    deinit {
        let raw = number.load(ordering: .acquiring)
        if raw >= 0 { _ = Glibc.close(raw) }
    }

    /// The thread to be woken can be from now on. Only it calls this.
    package func open() throws(SystemError) {
        if raw >= 0 { return }
        number.store(try checked("eventfd") { clinux_eventfd() }, ordering: .releasing)
    }

    var raw: CInt { number.load(ordering: .acquiring) }

    /// Makes the poller that watches this waker return. Safe from every thread.
    package func wake() {
        let raw = self.raw
        if raw < 0 { return }
        var one: UInt64 = 1
        // SAFETY: write(2) reads the 8 bytes that eventfd(2) asks for.
        // A full counter (EAGAIN) has an unseen wake pending already, so nothing is lost.
        _ = unsafe Glibc.write(raw, &one, 8)
    }
}
