package import Basis

/// What a server used between two readings, both taken while it was under the measured load.
///
/// The readings cover all its threads and processes. Figures for each request divide by the
/// requests of the same span, so it does not matter that the span is a little shorter than the
/// measured phase.
package struct ServerUsage: Equatable, Sendable {
    /// From the first reading to the second.
    package var span = Nanoseconds.zero
    /// Requests answered in the span: the server's own count, or the generator's rate times the
    /// span where the server does not count.
    package var requests = 0.0
    package var cpu = Nanoseconds.zero
    /// Sampled by the kernel's tick, unlike `cpu`.
    package var user = Nanoseconds.zero
    package var system = Nanoseconds.zero
    /// Time in which a thread could run but had no CPU.
    package var runQueueWait = Nanoseconds.zero
    package var voluntarySwitches: Int64 = 0
    package var involuntarySwitches: Int64 = 0
    /// Moves of a thread to another CPU; nil where the kernel does not tell.
    package var migrations: Int64?
    /// System calls; nil for a server that does not count them.
    package var syscalls: Int64?
    package var epollWaits: Int64?
    /// All that its workers have counted in the span, also of what counts since the start.
    package var counts = ReadCounts()
    /// From before the first connection to the end of the load, of everything in the server's
    /// network; nil where the kernel does not tell.
    package var listenOverflows: Int64?
    package var listenDrops: Int64?
    /// The largest resident set since the start, all processes summed up.
    package var peakResident = ByteCount(raw: 0)
    /// Growth of the resident set from before the first connection to the second reading; without
    /// the kernel's socket buffers.
    package var residentGrowth: Int64 = 0

    /// Threads of all its processes at the second reading; nil in a record that does not say.
    package var threads: Int64?

    package init() {}
}
