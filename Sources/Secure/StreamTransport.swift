package import Platform

/// How far the opening of a stream has come.
package enum HandshakeProgress: Equatable, Sendable {
    case done
    case wantsRead
    case wantsWrite
}

/// The seam between a connection's bytes and its socket: five functions, once plain and once
/// through TLS. A value lives in each connection, so plain streams cost nothing.
package protocol StreamTransport: ~Copyable {
    init()

    /// Whether decrypted bytes wait here that no readiness of the socket will announce.
    var hasBufferedInput: Bool { get }

    /// Goes on with the opening; call again when the socket is ready for what it wants.
    mutating func handshake<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K
    ) throws(SystemError) -> HandshakeProgress

    /// Reads what is there into `buffer`.
    mutating func receive<K: Kernel>(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer,
        with kernel: inout K
    ) throws(SystemError) -> Received

    /// Writes as much of `bytes` as the socket takes.
    mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor, with kernel: inout K
    ) throws(SystemError) -> Sent

    /// Says to the peer that nothing more will be sent; reading may go on.
    mutating func finishSending<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K)
}

/// A stream without encryption: every call is the kernel's.
package struct PlainStream: StreamTransport, ~Copyable {
    @inline(always)
    package init() {}

    @inline(always)
    package var hasBufferedInput: Bool { false }

    @inline(always)
    package mutating func handshake<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K
    ) throws(SystemError) -> HandshakeProgress { .done }

    package mutating func receive<K: Kernel>(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer,
        with kernel: inout K
    ) throws(SystemError) -> Received {
        // SAFETY: the caller's buffer is handed on as it came.
        try unsafe kernel.receive(from: descriptor, into: buffer)
    }

    package mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor, with kernel: inout K
    ) throws(SystemError) -> Sent {
        try kernel.send(bytes, to: descriptor)
    }

    package mutating func finishSending<K: Kernel>(
        on descriptor: borrowing Descriptor, with kernel: inout K
    ) {
        kernel.finishSending(on: descriptor)
    }
}
