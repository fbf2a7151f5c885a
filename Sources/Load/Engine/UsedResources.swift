package import Basis
package import Platform

/// What one thread used over the measured window.
package struct UsedResources: Equatable, Sendable {
    package var span: Nanoseconds
    package var cpu: Nanoseconds
    package var user: Nanoseconds
    package var system: Nanoseconds
    package var spun: Nanoseconds
    /// Time ready to run, without a CPU.
    package var waited: Nanoseconds
    package var syscalls: SyscallCounts
    package var bytesRead: UInt64
    package var bytesWritten: UInt64
    /// The share of the watched CPUs' time that other processes took, at least; nil where none is
    /// watched.
    package var foreignShare: Double?

    package init(
        span: Nanoseconds, cpu: Nanoseconds, user: Nanoseconds, system: Nanoseconds,
        spun: Nanoseconds, waited: Nanoseconds, syscalls: SyscallCounts, bytesRead: UInt64,
        bytesWritten: UInt64
    ) {
        self.span = span
        self.cpu = cpu
        self.user = user
        self.system = system
        self.spun = spun
        self.waited = waited
        self.syscalls = syscalls
        self.bytesRead = bytesRead
        self.bytesWritten = bytesWritten
    }

    /// The part of the window in which the thread computed, polling for nothing not counted, 0...1.
    package var busyShare: Double { share(cpu - spun) }

    /// The part of the window in which the thread could have gone on but had no CPU, 0...1.
    package var waitShare: Double { share(waited) }

    private func share(_ part: Nanoseconds) -> Double {
        span <= .zero ? 0 : min(1, max(0, part.inSeconds / span.inSeconds))
    }
}
