import Basis
package import Platform

/// A socket that listens, as the threads that accept from it hold it.
package struct Listener: Sendable {
    let socket: Shared<Descriptor>
    package let address: SocketAddress
    /// Whether connections are passed through the socket by another process, which has accepted
    /// them.
    let isPassed: Bool

    init(_ socket: consuming Descriptor) throws(SystemError) {
        address = try Socket.localAddress(of: socket)
        self.socket = Shared(socket)
        isPassed = false
    }

    /// The end of a way by which the connections of `address` come.
    init(passing socket: consuming Descriptor, for address: SocketAddress) {
        self.address = address
        self.socket = Shared(socket)
        isPassed = true
    }

    /// The next connection that waits.
    @inline(always)
    func accept<K: Kernel>(with kernel: inout K) throws(SystemError) -> Descriptor? {
        if isPassed { return try kernel.takePassed(from: socket.value) }
        return try kernel.accept(on: socket.value)
    }

    /// Ends a listener that threads sleep in accept on, which resets what waits in its queue: so
    /// not before they have emptied it. Threads that all sleep have left nothing there.
    func endWhenEmpty(within patience: Nanoseconds) {
        let deadline = MonotonicClock.now + patience
        while Socket.hasWaiting(socket.value), MonotonicClock.now < deadline {
            blockThread(for: .milliseconds(1))
        }
        Socket.stopListening(socket.value)
    }
}
