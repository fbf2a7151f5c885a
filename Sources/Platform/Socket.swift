package import Basis
import CLinux
import Glibc

/// How a listening socket is made.
package struct ListenOptions: Sendable {
    /// Length of the queue of established connections that wait for accept; the kernel caps it at
    /// net.core.somaxconn.
    package var backlog = 4_096
    /// Several sockets share the address and the kernel spreads connections over them.
    package var sharesPort = false
    /// Accepted sockets send small segments at once; they inherit it, which saves a call a
    /// connection.
    package var sendsAtOnce = true
    /// Data that comes with a SYN is taken, of as many connections at a time as the backlog has.
    package var takesFastOpen = false

    package init() {}
}

/// Makes stream sockets. All are non-blocking and close-on-exec unless a function says otherwise.
package enum Socket {
    /// A socket that listens on `address`. Port 0 lets the kernel choose.
    package static func listen(
        on address: SocketAddress, _ options: ListenOptions
    ) throws(SystemError) -> Descriptor {
        let descriptor = try open(for: address)
        if case .unix = address {
        } else {
            try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
            if options.sharesPort { try set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
            if options.sendsAtOnce { try set(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, 1) }
            if options.takesFastOpen {
                try set(
                    descriptor, CInt(IPPROTO_TCP), TCP_FASTOPEN, CInt(clamping: options.backlog))
            }
        }
        try bind(descriptor, to: address)
        _ = try checked("listen") { Glibc.listen(descriptor.raw, CInt(clamping: options.backlog)) }
        return descriptor
    }

    /// Fails where another socket listens on `address` already, even one that shares its port
    /// (SO_REUSEPORT): joined to its group, two servers would unknowingly split the connections.
    package static func checkFree(_ address: SocketAddress) throws(SystemError) {
        let probe = try open(for: address)
        // Connections that linger from before do no harm (socket(7), SO_REUSEADDR).
        try set(probe, SOL_SOCKET, SO_REUSEADDR, 1)
        try bind(probe, to: address)
    }

    /// A socket ready to connect to `address`, bound to `source` where one is given. The source's
    /// port is chosen only at connect, so that 28 thousand a destination are usable, not 28
    /// thousand in all (ip(7), IP_BIND_ADDRESS_NO_PORT).
    ///
    /// - Parameters:
    ///   - resetsOnClose: the connection ends by a reset, and nothing of it stays behind.
    ///   - opensFast: where a cookie of the address is there, connect succeeds at once and sends
    ///     nothing, for the first data goes with the SYN (tcp(7), TCP_FASTOPEN_CONNECT).
    ///   - receiveBuffer: bytes for what has come and was not received, of which the kernel takes
    ///     twice as many (socket(7)); nil leaves it to the kernel.
    package static func client(
        for address: SocketAddress, from source: SocketAddress?, sendsAtOnce: Bool,
        resetsOnClose: Bool = false, opensFast: Bool = false, receiveBuffer: Int? = nil
    ) throws(SystemError) -> Descriptor {
        let descriptor = try open(for: address)
        if let receiveBuffer {
            try set(descriptor, SOL_SOCKET, SO_RCVBUF, CInt(clamping: receiveBuffer))
        }
        if case .unix = address { return descriptor }
        if resetsOnClose {
            let fd = descriptor.raw
            _ = try checked("setsockopt") { clinux_reset_on_close(fd) }
        }
        if opensFast { try set(descriptor, CInt(IPPROTO_TCP), tcpFastOpenConnect, 1) }
        if sendsAtOnce { try set(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, 1) }
        if let source {
            try set(descriptor, CInt(IPPROTO_IP), ipBindAddressNoPort, 1)
            try bind(descriptor, to: source.with(port: 0))
        }
        return descriptor
    }

    /// A datagram socket on the loopback address whose peer it is itself.
    static func datagramToItself() throws(SystemError) -> Descriptor {
        let kind = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = Descriptor(raw: try checked("socket") { socket(AF_INET, kind, 0) })
        try bind(descriptor, to: .v4(0x7F00_0001, port: 0))
        let address = try localAddress(of: descriptor)
        // SAFETY: connect(2) reads as many bytes of an address as it is lent for the call.
        let result = unsafe address.withSockaddr { unsafe connect(descriptor.raw, $0, $1) }
        if result != 0 { throw SystemError("connect") }
        return descriptor
    }

    /// The address a socket is bound to, with the port that the kernel chose.
    package static func localAddress(
        of descriptor: borrowing Descriptor
    ) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let fd = descriptor.raw
        // SAFETY: getsockname(2) fills at most `length` bytes of the storage.
        let address = try unsafe withUnsafeMutablePointer(to: &storage) {
            (pointer) throws(SystemError) -> SocketAddress? in
            let generic = unsafe UnsafeMutableRawPointer(pointer)
                .assumingMemoryBound(to: sockaddr.self)
            _ = try checked("getsockname") { unsafe getsockname(fd, generic, &length) }
            return unsafe SocketAddress(generic)
        }
        guard let address else { throw SystemError("getsockname", code: EAFNOSUPPORT) }
        return address
    }

    /// Whether a connection waits in the queue of a listening socket that has not been ended.
    package static func hasWaiting(_ descriptor: borrowing Descriptor) -> Bool {
        clinux_has_waiting(descriptor.raw) != 0
    }

    /// Ends a listening socket for every thread that waits in accept on it; close(2) alone would
    /// leave them asleep.
    package static func stopListening(_ descriptor: borrowing Descriptor) {
        _ = Glibc.shutdown(descriptor.raw, CInt(SHUT_RD))
    }

    /// Makes reads and writes wait, for threads that serve one connection at a time.
    package static func makeBlocking(_ descriptor: borrowing Descriptor) throws(SystemError) {
        let fd = descriptor.raw
        let flags = try checked("fcntl") { fcntl(fd, F_GETFL) }
        _ = try checked("fcntl") { fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) }
    }

    /// The longest that a read and a write wait, also for the connections that a listener brings.
    package static func limitWaits(
        _ descriptor: borrowing Descriptor, receive: Nanoseconds, send: Nanoseconds
    ) throws(SystemError) {
        let fd = descriptor.raw
        _ = try checked("setsockopt") { clinux_limit_waits(fd, receive.raw, send.raw) }
    }

    private static func open(for address: SocketAddress) throws(SystemError) -> Descriptor {
        Descriptor(raw: try checked("socket") { clinux_socket(address.family) })
    }

    private static func bind(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) {
        // SAFETY: bind(2) reads as many bytes of an address as it is lent for the call.
        let result = unsafe address.withSockaddr { unsafe Glibc.bind(descriptor.raw, $0, $1) }
        if result != 0 { throw SystemError("bind") }
    }

    private static func set(
        _ descriptor: borrowing Descriptor, _ level: CInt, _ name: CInt, _ value: CInt
    ) throws(SystemError) {
        let fd = descriptor.raw
        _ = try checked("setsockopt") { clinux_set_option(fd, level, name, value) }
    }

    /// IP_BIND_ADDRESS_NO_PORT of linux/in.h, which glibc's headers carry only with _GNU_SOURCE.
    private static let ipBindAddressNoPort: CInt = 24
    /// TCP_FASTOPEN_CONNECT of linux/tcp.h.
    private static let tcpFastOpenConnect: CInt = 30
}
