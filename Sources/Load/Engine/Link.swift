// Hot path
import Platform
import Secure

/// A socket with the transport on top of it.
struct Link<Stream: StreamTransport & ~Copyable>: ~Copyable {
    let descriptor: Descriptor
    var stream: Stream

    @inline(always)
    mutating func receive<K: Kernel>(
        into buffer: UnsafeMutableRawBufferPointer, with kernel: inout K
    ) throws(SystemError) -> StreamInput {
        // SAFETY: the buffer is passed on as it is.
        try unsafe stream.receive(from: descriptor, into: buffer, with: &kernel)
    }

    @inline(always)
    mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, with kernel: inout K
    ) throws(SystemError) -> Sent {
        try stream.send(bytes, to: descriptor, with: &kernel)
    }

    /// - Parameter output: of which the beginning may go out with the opening.
    mutating func open<K: Kernel>(
        offering output: Span<UInt8>, with kernel: inout K
    ) throws(SystemError) -> OpeningStep {
        let early = output.extracting(first: min(output.count, stream.earlyRoom))
        return try stream.open(on: descriptor, early: early, with: &kernel)
    }
}
