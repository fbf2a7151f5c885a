package import Platform

/// A server of one reply, byte for byte, for whatever ends in an empty line. It serves each
/// connection on a thread of its own until the peer ends it, and stops when the value is dropped.
package final class RawServer: Sendable {
    package let address: SocketAddress
    package var port: UInt16 { address.port ?? 0 }

    private let shared: Shared

    private final class Shared: Sendable {
        let listener: Descriptor
        let reply: [UInt8]
        let closes: Bool
        let greeting: [UInt8]
        let requests = Guarded<[[UInt8]]>([])

        init(
            _ listener: consuming Descriptor, reply: [UInt8], closes: Bool, greeting: [UInt8]
        ) {
            self.listener = listener
            self.reply = reply
            self.closes = closes
            self.greeting = greeting
        }

        func accept() {
            var kernel = LinuxKernel()
            while let socket = try? kernel.accept(on: listener) {
                let handover = Handover(socket)
                _ = try? Thread(named: "raw-serve") { [self] in serve(handover.take()) }
            }
        }

        private func serve(_ socket: consuming Descriptor) {
            try? Socket.makeBlocking(socket)
            send(greeting, to: socket)
            var request: [UInt8] = []
            var room = [UInt8](repeating: 0, count: 65_536)
            while let count = receive(from: socket, into: &room) {
                for byte in room[..<count] {
                    request.append(byte)
                    guard request.suffix(4).elementsEqual([13, 10, 13, 10]) else { continue }
                    requests.withLock { $0.append(request) }
                    request = []
                    send(reply, to: socket)
                    var kernel = LinuxKernel()
                    if closes { kernel.finishSending(on: socket) }
                }
            }
        }

        private func receive(
            from socket: borrowing Descriptor, into room: inout [UInt8]
        ) -> Int? {
            var kernel = LinuxKernel()
            let outcome = unsafe room.withUnsafeMutableBytes { bytes in
                // SAFETY: the bytes are those of `room` and writable for the call.
                unsafe try? kernel.receive(from: socket, into: bytes)
            }
            guard case .bytes(let count)? = outcome else { return nil }
            return count
        }

        private func send(_ bytes: [UInt8], to socket: borrowing Descriptor) {
            var kernel = LinuxKernel()
            var done = 0
            while done < bytes.count {
                guard
                    case .bytes(let count)? = try? kernel.send(
                        bytes.span.extracting(done..<bytes.count), to: socket)
                else { return }
                done += count
            }
        }
    }

    /// - Parameters:
    ///   - closes: whether it ends a connection behind its first reply.
    ///   - greeting: what it says before it is asked.
    ///   - backlog: connections that may wait to be accepted.
    ///   - address: where it listens; port 0 leaves the choice to the kernel.
    package init(
        reply: [UInt8], closes: Bool = false, greeting: [UInt8] = [], backlog: Int = 4_096,
        at address: SocketAddress = .v4(0x7F00_0001, port: 0)
    ) throws {
        var options = ListenOptions()
        options.backlog = backlog
        let listener = try Socket.listen(on: address, options)
        try Socket.makeBlocking(listener)
        self.address = address.isUnix ? address : try Socket.localAddress(of: listener)
        shared = Shared(listener, reply: reply, closes: closes, greeting: greeting)
        _ = try Thread(named: "raw-accept") { [shared] in shared.accept() }
    }

    deinit { Socket.stopListening(shared.listener) }

    /// The requests that came so far, heads without bodies.
    package var requests: [[UInt8]] { shared.requests.withLock { $0 } }
}
