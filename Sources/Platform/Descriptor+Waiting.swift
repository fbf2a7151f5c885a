import Basis
import Glibc

/// Sleeps until one of `entries` is ready, a signal comes or `deadline` is reached; says what
/// poll(2) says.
@discardableResult
func awaitActivity(of entries: inout [pollfd], until deadline: Instant) -> CInt {
    let left = max(0, deadline.since(MonotonicClock.now).raw)
    let milliseconds = CInt(clamping: (left + 999_999) / 1_000_000)
    // SAFETY: poll(2) reads and writes the entries that it is told the number of.
    return unsafe poll(&entries, nfds_t(entries.count), milliseconds)
}

/// Sleeps until there is something to be read from a descriptor, or an end; false where `deadline`
/// came first.
func awaitInput(of descriptor: CInt, until deadline: Instant) -> Bool {
    var entries = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
    while awaitActivity(of: &entries, until: deadline) <= 0 {
        if MonotonicClock.now >= deadline { return false }
    }
    return true
}

extension Descriptor {
    /// Sleeps until there is something to be read, or an end; false where `deadline` came first.
    func awaitInput(until deadline: Instant) -> Bool {
        Platform.awaitInput(of: raw, until: deadline)
    }
}
