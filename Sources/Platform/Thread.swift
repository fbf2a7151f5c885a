package import Basis
import CLinux
import Glibc

/// A joinable POSIX thread. Dropping it without `join` detaches it.
package struct Thread: ~Copyable {
    private let handle: pthread_t

    /// Starts a thread that runs `body` under `name` (at most 15 bytes are shown by the kernel).
    ///
    /// - Parameter stackBytes: the most that its stack may take; nil for the system's usual.
    package init(
        named name: String, stackBytes: Int? = nil, body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        var attributes = pthread_attr_t()
        // SAFETY: initialised here, and destroyed below.
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        if let stackBytes { unsafe pthread_attr_setstacksize(&attributes, stackBytes) }
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var created = pthread_t()
        let result = unsafe pthread_create(
            &created, &attributes,
            { argument in
                // SAFETY: the argument is the retained `Start` of this very thread, consumed once.
                let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                _ = unsafe clinux_set_thread_name(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard result == 0 else {
            unsafe start.release()
            throw SystemError("pthread_create", code: result)
        }
        handle = created
    }

    deinit { pthread_detach(handle) }

    /// Waits until the thread's body has returned.
    package consuming func join() {
        let joined = handle
        discard self
        pthread_join(joined, nil)
    }

    /// The kernel's id of the calling thread (gettid(2)).
    package static var currentID: Int32 { clinux_thread_id() }

    /// Sets how late the kernel may fire this thread's timers to save power; the default of 50 us
    /// would be the largest error of a paced load (prctl(2), PR_SET_TIMERSLACK).
    package static func setTimerSlack(_ slack: Nanoseconds) {
        _ = clinux_set_timer_slack(UInt(max(1, slack.raw)))
    }

    /// Lets the calling thread run before all that is not real-time, but neither the threads nor
    /// the programs that it starts (sched(7), SCHED_RR); false where it may not.
    package static func runFirst() -> Bool { clinux_run_first() == 0 }

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
