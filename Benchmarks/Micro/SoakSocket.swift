import Basis
import Platform

/// A blocking TCP connection to 127.0.0.1 with the few things that a peer can do to it.
struct SoakSocket: ~Copyable {
    private let descriptor: Descriptor
    private var kernel = LinuxKernel()
    /// What has been received and not been taken.
    private var buffer = ByteQueue()

    /// A call that takes longer hangs.
    static let patience = Nanoseconds.seconds(20)

    enum End: Error {
        /// The peer has ended its half, or the connection was reset.
        case closed, reset
        case hung
        case refused
    }

    /// - Parameter resets: whether its end is a reset, which loses what is under way.
    init(port: UInt16, resets: Bool) throws(End) {
        descriptor = try Self.connected(to: port, resets)
    }

    private static func connected(to port: UInt16, _ resets: Bool) throws(End) -> Descriptor {
        let address = SocketAddress.v4(0x7F00_0001, port: port)
        var kernel = LinuxKernel()
        do throws(SystemError) {
            let descriptor = try Socket.client(
                for: address, from: nil, sendsAtOnce: true, resetsOnClose: resets)
            try Socket.makeBlocking(descriptor)
            try Socket.limitWaits(descriptor, receive: patience, send: patience)
            if try kernel.connect(descriptor, to: address) { return descriptor }
        } catch {
            throw .refused
        }
        // It goes on in the background, for it has taken as long as it may.
        throw .hung
    }

    mutating func send(_ bytes: ArraySlice<UInt8>) throws(End) {
        var rest = bytes
        while !rest.isEmpty {
            let sent: Sent
            do throws(SystemError) {
                sent = try kernel.send(rest.span, to: descriptor)
            } catch {
                throw .reset
            }
            if sent.count == 0 { throw .hung }
            rest = rest.dropFirst(sent.count)
        }
    }

    /// No more will be sent.
    mutating func finishSending() { kernel.finishSending(on: descriptor) }

    /// Whether anything was received that nobody has taken.
    var holdsBytes: Bool { !buffer.isEmpty }

    private mutating func receive() throws(End) {
        try Self.receive(from: descriptor, into: &buffer)
    }

    private static func receive(
        from descriptor: borrowing Descriptor, into buffer: inout ByteQueue
    ) throws(End) {
        var kernel = LinuxKernel()
        var received = Received.wouldBlock
        do throws(SystemError) {
            // SAFETY: the room is used only by the call, which fills a part of it.
            _ = try unsafe buffer.withFreeSpace(minimum: 32 * 1_024) {
                (room) throws(SystemError) -> Int in
                received = try unsafe kernel.receive(from: descriptor, into: room)
                guard case .bytes(let count) = received else { return 0 }
                return count
            }
        } catch {
            throw .reset
        }
        switch received {
        case .bytes: break
        case .closed: throw .closed
        case .wouldBlock: throw .hung
        }
    }

    /// The text up to the end of a line that ends with CR and LF, without these.
    mutating func line() throws(End) -> String {
        var searched = 0
        while true {
            while searched < buffer.count, buffer.bytes[searched] != 10 { searched += 1 }
            if searched < buffer.count {
                let line = try bytes(searched + 1)
                return String(decoding: line.dropLast(2), as: UTF8.self)
            }
            try receive()
        }
    }

    mutating func bytes(_ count: Int) throws(End) -> [UInt8] {
        while buffer.count < count { try receive() }
        defer { buffer.consume(count) }
        return Array(copying: buffer.bytes.extracting(first: count))
    }
}
