package import Basis

/// What a server used between two readings, both taken while it was under the measured load.
///
/// The readings cover all its threads and processes. Figures for each request divide by the
/// requests of the same span, so it does not matter that the span is a little shorter than the
/// measured phase.
package struct ServerUsage: Equatable, Sendable {
    /// From the first reading to the second.
    package var span: Nanoseconds
    /// Requests answered in the span: the server's own count, or the generator's rate times the
    /// span where the server does not count.
    package var requests: Double
    package var cpu: Nanoseconds
    /// Sampled by the kernel's tick, unlike `cpu`.
    package var user: Nanoseconds
    package var system: Nanoseconds
    /// Time in which a thread could run but had no CPU.
    package var runQueueWait: Nanoseconds
    package var voluntarySwitches: Int64
    package var involuntarySwitches: Int64
    /// Moves of a thread to another CPU; nil where the kernel does not tell.
    package var migrations: Int64?
    /// System calls; nil for a server that does not count them.
    package var syscalls: Int64?
    package var epollWaits: Int64?
    /// The largest resident set since the start, all processes summed up.
    package var peakResident: ByteCount
    /// Growth of the resident set from before the first connection to the second reading; without
    /// the kernel's socket buffers.
    package var residentGrowth: Int64

    package init(
        span: Nanoseconds, requests: Double, cpu: Nanoseconds, user: Nanoseconds,
        system: Nanoseconds, runQueueWait: Nanoseconds, voluntarySwitches: Int64,
        involuntarySwitches: Int64, migrations: Int64?, syscalls: Int64?, epollWaits: Int64?,
        peakResident: ByteCount, residentGrowth: Int64
    ) {
        self.span = span
        self.requests = requests
        self.cpu = cpu
        self.user = user
        self.system = system
        self.runQueueWait = runQueueWait
        self.voluntarySwitches = voluntarySwitches
        self.involuntarySwitches = involuntarySwitches
        self.migrations = migrations
        self.syscalls = syscalls
        self.epollWaits = epollWaits
        self.peakResident = peakResident
        self.residentGrowth = residentGrowth
    }
}
