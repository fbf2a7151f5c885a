/// Bounds of the operating-system layer.
package enum Limit {
    /// Events taken from one wait: enough to amortise the call, few enough to stay in the L1 cache
    /// (12 bytes each).
    package static let eventsPerWait = 256
    /// CPUs that an affinity mask can name, the kernel's largest build (NR_CPUS).
    static let cpus = 8_192
    /// Bytes of a child's output line that are kept while waiting for its end.
    static let childLineBytes = 64 * 1_024 * 1_024
}
