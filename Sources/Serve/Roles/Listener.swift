package import Platform

/// A socket that listens, as the threads that accept from it hold it.
package struct Listener: Sendable {
    let socket: Shared<Descriptor>
    package let address: SocketAddress

    init(_ socket: consuming Descriptor) throws(SystemError) {
        address = try Socket.localAddress(of: socket)
        self.socket = Shared(socket)
    }
}
