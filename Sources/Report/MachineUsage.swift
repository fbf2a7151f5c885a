package import Basis

/// What others did to the machine during a launch.
package struct MachineUsage: Equatable, Sendable {
    /// Share of all CPU time that the hypervisor withheld, 0...1; nil where /proc/stat has no such
    /// field.
    package var stolenShare: Double?
    /// Time in which some task waited for a CPU (/proc/pressure/cpu); nil where it is absent. The
    /// server and the generator cause most of it themselves.
    package var pressure: Nanoseconds?
    /// The share of the server's CPUs, 0...1, that others took while it was read under load, at
    /// least; of all measured CPUs where server and generator have some in common. Nil where it was
    /// not read.
    package var foreignShare: Double?

    package init(stolenShare: Double? = nil, pressure: Nanoseconds? = nil) {
        self.stolenShare = stolenShare
        self.pressure = pressure
    }
}
