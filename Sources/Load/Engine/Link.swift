// Hot path
import Platform
import Secure

/// A socket with the transport on top of it.
struct Link<Stream: StreamTransport & ~Copyable>: ~Copyable {
    let descriptor: Descriptor
    var stream: Stream

    @inline(always)
    mutating func receive<K: Kernel>(
        into buffer: UnsafeMutableRawBufferPointer, with kernel: inout K,
        in workspace: inout Stream.Workspace
    ) throws(StreamError) -> StreamInput {
        // SAFETY: the buffer is passed on as it is.
        try unsafe stream.receive(
            from: descriptor, into: buffer, with: &kernel, in: &workspace)
    }

    @inline(always)
    mutating func send<K: Kernel>(
        _ bytes: Span<UInt8>, with kernel: inout K, in workspace: inout Stream.Workspace
    ) throws(StreamError) -> Sent {
        try stream.send(bytes, to: descriptor, with: &kernel, in: &workspace)
    }

    /// - Parameter output: of which the beginning may go out with the opening.
    mutating func open<K: Kernel>(
        offering output: Span<UInt8>, with kernel: inout K,
        in workspace: inout Stream.Workspace
    ) throws(StreamError) -> OpeningStep {
        let early = output.extracting(first: min(output.count, stream.earlyRoom))
        return try stream.open(
            on: descriptor, early: early, with: &kernel, in: &workspace)
    }

    /// Before the socket is closed.
    mutating func end<K: Kernel>(with kernel: inout K, in workspace: inout Stream.Workspace) {
        stream.end(on: descriptor, with: &kernel, in: &workspace)
    }
}
