package import Basis
import CLinux
import Glibc

/// One end of a way between two processes of this program, on which messages stay whole
/// (unix(7), SOCK_SEQPACKET): lines of text, or descriptors.
package struct MessageChannel: ~Copyable, Sendable {
    package let descriptor: Descriptor

    /// Messages that are longer are refused by the kernel, which has room for some hundred threads.
    private static let lineBytesAtMost = 160 * 1_024

    private init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// One end of a new way; the other one is put into `other`.
    package init(other: inout MessageChannel?) throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        // SAFETY: socketpair(2) writes both elements.
        _ = try checked("socketpair") { unsafe clinux_message_pair(&ends) }
        self.init(Descriptor(raw: ends[0]))
        other = MessageChannel(Descriptor(raw: ends[1]))
    }

    /// Sends a line, waiting for room. False where nobody has the other end any more.
    @discardableResult
    package func send(_ line: String) -> Bool {
        var line = line
        let fd = descriptor.raw
        // SAFETY: the bytes are lent for the call.
        return line.withUTF8 { unsafe clinux_send_message(fd, $0.baseAddress, $0.count) } == 0
    }

    /// The next line; nil at the end, or where none comes within `patience`, nil for ever.
    package func receive(within patience: Nanoseconds?) -> String? {
        let deadline = patience.map { MonotonicClock.now + $0 } ?? .distantFuture
        return descriptor.awaitInput(until: deadline) ? next() : nil
    }

    /// The line that is there; nil at the end, or where there is none.
    package func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: Self.lineBytesAtMost)
        // SAFETY: recv(2) writes at most so many bytes.
        let count = unsafe clinux_receive_message(descriptor.raw, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }

    /// The end for descriptors that are passed, as a socket that one accepts from.
    package consuming func intoDescriptor() -> Descriptor { descriptor }
}

extension Kernel {
    /// Passes a connection to who takes from the other end of a channel. False where that has no
    /// room for it, or nobody has it.
    package mutating func pass(
        _ connection: borrowing Descriptor, to channel: borrowing Descriptor
    ) -> Bool {
        counts.other &+= 1
        return clinux_pass_descriptor(channel.raw, connection.raw) == 0
    }

    /// The next connection that was passed; nil where none waits.
    package mutating func takePassed(
        from channel: borrowing Descriptor
    ) throws(SystemError) -> Descriptor? {
        counts.accept &+= 1
        let fd = clinux_take_descriptor(channel.raw)
        if fd >= 0 { return Descriptor(raw: fd) }
        if errno == EAGAIN { return nil }
        throw SystemError("recvmsg")
    }
}
