package import Basis
package import Platform
package import Secure

/// What one generator thread is to do, the same for every protocol and pacing.
package struct GeneratorPlan: Sendable {
    /// Which of the threads, from 0.
    package var index = 0
    package var connections = 1
    /// Where its connections go by turns, at least one.
    package var destinations: [SocketAddress]
    /// Local addresses that sockets are bound to in turn; empty leaves the choice to the kernel.
    package var sources: [SocketAddress] = []
    /// Whether small segments are sent at once (TCP_NODELAY).
    package var sendsAtOnce = true
    /// How connections with keys are meant to be opened.
    package var handshake = TLSSettings.Handshake.full
    package var transmission = Transmission()
    /// Whether closing resets the connection, so that the port is free at once (SO_LINGER of 0).
    package var resets = false
    /// Whether SYNs carry the first data (TCP Fast Open).
    package var opensFast = false
    /// How often a request that was lost or put off is sent again.
    package var retries = 0
    /// Whether each request has a key of its own, by its intended start.
    package var hasKeys = false
    /// Requests after which a connection is replaced; nil keeps it.
    package var requestsPerConnection: Int?
    /// The weights of its connections, by which a due request is drawn the one that it goes to;
    /// none where it goes to whichever is free.
    package var weights: [Double] = []
    /// What draws it.
    package var draws = SeededGenerator(seed: 0)
    /// The longest that a request or a connect may take.
    package var timeout = Nanoseconds.seconds(2)
    package var warmUp = Nanoseconds.seconds(1)
    package var duration = Nanoseconds.seconds(10)
    /// Requests behind which the window ends, if it has not ended before; nil for any number.
    package var requests: Int?
    /// What CLOCK_REALTIME is ahead of the engine's clock, for events that tell when they were due.
    package var unixOffset = Nanoseconds.zero
    /// From one part of an answer to the next, where parts are numbered.
    package var messageInterval = Nanoseconds.zero
    /// Whether the thread polls without sleeping shortly before a request is due.
    package var spins = false
    /// The CPU the thread is bound to.
    package var cpu: Int?
    /// The CPUs of the whole process, for the one thread that tells what others do there.
    package var watchedCPUs: CPUSet?

    package init(destination: SocketAddress) { destinations = [destination] }

    /// The first of `destinations`.
    package var destination: SocketAddress { destinations[0] }
}
