import Basis
import Platform

/// A blocking TCP connection to 127.0.0.1 with the few things that a peer can do to it.
@safe
struct SoakSocket: ~Copyable {
    private let descriptor: Descriptor
    private var kernel = LinuxKernel()
    // SAFETY, throughout: allocated in `init`, freed in `deinit`, and this value's own.
    private let chunk: UnsafeMutableRawBufferPointer
    /// What has been received and not been taken, from `position` on.
    private var buffer: [UInt8] = []
    private var position = 0

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
        unsafe chunk = .allocate(byteCount: 32 * 1_024, alignment: 1)
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

    deinit { unsafe chunk.deallocate() }

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
    var holdsBytes: Bool { position < buffer.count }

    private mutating func receive() throws(End) {
        if position == buffer.count || position > 256 * 1_024 {
            buffer.removeFirst(position)
            position = 0
        }
        let received: Received
        do throws(SystemError) {
            received = try unsafe kernel.receive(from: descriptor, into: chunk)
        } catch {
            throw .reset
        }
        switch received {
        case .bytes(let count): unsafe buffer.append(contentsOf: chunk[..<count])
        case .closed: throw .closed
        case .wouldBlock: throw .hung
        }
    }

    /// The bytes up to the end of a line that ends with CR and LF, without these.
    mutating func line() throws(End) -> ArraySlice<UInt8> {
        var searched = 0
        while true {
            if let end = buffer[(position + searched)...].firstIndex(of: 10) {
                defer { position = end + 1 }
                return buffer[position..<max(position, end - 1)]
            }
            // Where this is nothing, the buffer begins anew.
            searched = buffer.count - position
            try receive()
        }
    }

    mutating func bytes(_ count: Int) throws(End) -> ArraySlice<UInt8> {
        while buffer.count - position < count { try receive() }
        defer { position += count }
        return buffer[position..<position + count]
    }
}
