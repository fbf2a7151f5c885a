package import Basis
import Glibc

/// The clock that all intervals come from (CLOCK_MONOTONIC through the vDSO: no system call).
package enum MonotonicClock {
    @inline(always)
    package static var now: Instant { Instant(raw: read(CLOCK_MONOTONIC)) }
}

/// The calendar clock, for dates in replies and reports only.
package enum WallClock {
    /// Nanoseconds since 1970-01-01 UTC.
    package static var nanoseconds: Int64 { read(CLOCK_REALTIME) }
    /// Whole seconds since 1970-01-01 UTC.
    package static var seconds: Int64 { read(CLOCK_REALTIME) / 1_000_000_000 }
}

/// CPU time that was used, to the nanosecond.
package enum CPUClock {
    package static var thisThread: Nanoseconds { Nanoseconds(raw: read(CLOCK_THREAD_CPUTIME_ID)) }
    package static var thisProcess: Nanoseconds { Nanoseconds(raw: read(CLOCK_PROCESS_CPUTIME_ID)) }

    /// Of the process that started this one; zero where it can't be read.
    package static var parent: Nanoseconds { process(getppid()) ?? .zero }

    /// Of all threads of process `id`, those that ended included; nil when there is no such process
    /// (clock_getcpuclockid(3)).
    package static func process(_ id: Int32) -> Nanoseconds? {
        var clock = clockid_t()
        // SAFETY: the call fills the variable.
        guard id > 0, unsafe clock_getcpuclockid(id, &clock) == 0 else { return nil }
        var time = timespec()
        // SAFETY: clock_gettime(2) fills the structure.
        guard unsafe clock_gettime(clock, &time) == 0 else { return nil }
        return Nanoseconds(raw: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

@inline(always)
private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // SAFETY: clock_gettime(2) fills the structure.
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}

/// Holds the calling thread for `span`; for handlers that block on purpose and for the control
/// plane.
package func blockThread(for span: Nanoseconds) {
    guard span > .zero else { return }
    var left = timespec(
        tv_sec: Int(span.raw / 1_000_000_000), tv_nsec: Int(span.raw % 1_000_000_000))
    var unslept = timespec()
    // SAFETY: clock_nanosleep(2) reads the one structure and fills the other.
    while unsafe clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &unslept) == EINTR { left = unslept }
}
