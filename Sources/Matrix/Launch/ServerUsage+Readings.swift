import Basis
import Report

extension ServerUsage {
    /// What /proc tells of the time between two readings; how many requests that was is still to be
    /// said.
    ///
    /// - Parameter idle: from before the first connection.
    init(
        from first: ProcessReading, to second: ProcessReading, idle: ProcessReading,
        span: Nanoseconds
    ) {
        self.init()
        self.span = span
        cpu = second.cpu - first.cpu
        user = second.user - first.user
        system = second.system - first.system
        runQueueWait = second.runQueueWait - first.runQueueWait
        voluntarySwitches = second.voluntarySwitches - first.voluntarySwitches
        involuntarySwitches = second.involuntarySwitches - first.involuntarySwitches
        if let before = first.migrations, let after = second.migrations {
            migrations = after - before
        }
        peakResident = ByteCount(raw: Int(second.peakResident))
        residentGrowth = second.resident - idle.resident
        threads = second.threads
    }
}
