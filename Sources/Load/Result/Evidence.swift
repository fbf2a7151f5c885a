package import Basis
package import Secure

/// What speaks for and against a result.
package struct Evidence: Equatable, Sendable {
    package var isOpenLoop = false
    /// What is counted.
    package var noun = "requests"
    package var succeeded: UInt64 = 0
    package var failed: UInt64 = 0
    /// Connections that could not be made in the window.
    package var failedAttempts: UInt64 = 0
    /// Requests of the warm-up that were never sent, where so none of the window was either.
    package var warmUpUnsent: UInt64 = 0
    /// The busiest thread's share of the window spent computing, 0...1.
    package var busyShare = 0.0
    /// The share it spent ready to run, without a CPU.
    package var waitShare = 0.0
    /// The share of the generator's own CPUs that others took; nil where it has none for itself.
    package var foreignShare: Double?
    /// These CPUs.
    package var cpus = ""
    package var latenessP99: Nanoseconds?
    /// How connections were meant to be opened, how many were in the window, and how many of them
    /// in another way.
    package var handshake = TLSSettings.Handshake.full
    package var handshakes = 0
    package var unlikeHandshakes = 0
    /// Requests that were due while no connection was free, or theirs was not.
    package var starved: UInt64 = 0
    /// Whether each had a connection of its own.
    package var isSkewed = false
    package var targetRate: Double?
    package var achievedRate = 0.0
    /// Connections a second that were due and that were made; nil where requests are due.
    package var targetConnectionRate: Double?
    package var connectionRate = 0.0
    /// How many were due at once each time.
    package var burst = 1
    /// Connections of the window that were made.
    package var connections: UInt64 = 0
    /// Requests under way on the average by Little's law, as a share of what the connections carry.
    package var occupancy: Double?
    /// The longest time from send to answer.
    package var longest = Nanoseconds.zero
    /// Whether chance decides how many requests are due.
    package var isRandom = false
    /// Requests of the window that were due a second, by chance; nil where as many were as asked.
    package var offeredRate: Double?
    package var duration = Nanoseconds.zero
    /// Whether there was no measured window at all.
    package var isEmpty = false
    /// Over time, successes a second; in an open loop, successes for each request that was due.
    package var rates: [Double] = []
}
