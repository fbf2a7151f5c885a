import Basis
import Glibc

/// A Unix socket on which local programs ask questions of one line and get answers of one line.
///
/// For the control plane: few peers, small lines, no hurry. It never waits for a peer.
package struct ControlSocket: ~Copyable {
    private let listener: Descriptor
    private let path: String
    private var peers: [Peer] = []
    /// Given up for the next peer when descriptors run out.
    private var reserve: Descriptor?

    private static let peersAtMost = 16
    private static let lineBytesAtMost = 4_096
    /// Unsent answers of one peer: a thousand threads take half of it.
    private static let answerBytesAtMost = 1_024 * 1_024

    private final class Peer {
        let descriptor: Descriptor
        var input: [UInt8] = []
        var output = ByteQueue()
        var interest: Interest = .readable

        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    /// Listens at `path`, readable and writable by this user only. A socket file that nobody
    /// answers any more is replaced.
    package init(path: String) throws(SystemError) {
        let address = SocketAddress.unix(path: path)
        // SAFETY: unlink(2) reads the path, a C string for the call's time, here and in `deinit`.
        if try Self.isAbandoned(address) { unsafe unlink(path) }
        let before = umask(0o177)
        defer { umask(before) }
        listener = try Socket.listen(on: address, ListenOptions())
        reserve = try? Descriptor.placeholder()
        self.path = path
    }

    // SAFETY: as in `init`.
    deinit { unsafe unlink(path) }

    /// Registers with `poller`: tokens from `firstToken` on belong to this socket.
    package func watch(
        with poller: borrowing Poller, firstToken: UInt64
    ) throws(SystemError) {
        try poller.add(listener, interest: .readable, token: firstToken)
    }

    /// Does what can be done now: accepts peers, reads their lines and answers each by `answer`.
    package mutating func serve(
        with poller: borrowing Poller, firstToken: UInt64, answer: (String) -> String
    ) {
        var kernel = LinuxKernel()
        while let accepted = accept(with: &kernel) {
            let peer = Peer(accepted)
            guard
                (try? poller.add(
                    peer.descriptor, interest: .readable, token: firstToken + 1)) != nil
            else { continue }
            // A peer that asks nothing must not keep others out.
            if peers.count == Self.peersAtMost { peers.removeFirst() }
            peers.append(peer)
        }
        peers.removeAll { peer in
            let isServed =
                Self.receive(from: peer, &kernel, answer) && Self.send(to: peer, &kernel)
                && Self.watch(peer, &kernel, with: poller, token: firstToken + 1)
            return !isServed
        }
        // A peer that left has freed a place; the listeners' threads want it too.
        if reserve == nil { reserve = try? Descriptor.placeholder() }
    }

    /// The next peer, in the place kept for it where descriptors have run out.
    private mutating func accept(with kernel: inout LinuxKernel) -> Descriptor? {
        do {
            return try kernel.accept(on: listener)
        } catch {
            guard error.isOutOfDescriptors, let held = reserve.take() else {
                // The listener stays ready: without a pause its poller would not sleep any more.
                blockThread(for: .milliseconds(10))
                return nil
            }
            kernel.close(held)
            return try? kernel.accept(on: listener)
        }
    }

    /// Takes what a peer asks; false when it is to be dropped.
    private static func receive(
        from peer: Peer, _ kernel: inout LinuxKernel, _ answer: (String) -> String
    ) -> Bool {
        // A peer that does not take its answers gets no more of them.
        guard peer.interest.contains(.readable) else { return true }
        var room = ByteQueue(capacity: lineBytesAtMost)
        var outcome: Received?
        // SAFETY: the room is used only by the call, which fills a part of it.
        let got = unsafe room.withFreeSpace(minimum: lineBytesAtMost) { free in
            outcome = try? unsafe kernel.receive(from: peer.descriptor, into: free)
            if case .bytes(let count) = outcome { return count }
            return 0
        }
        switch outcome {
        case .wouldBlock: return true
        case .closed, nil: return false
        case .bytes: break
        }
        for index in 0..<got { peer.input.append(room.bytes[index]) }
        while let end = peer.input.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: peer.input[..<end], as: UTF8.self)
            peer.input.removeSubrange(...end)
            peer.output.append(Array((answer(line) + "\n").utf8).span)
            if peer.output.count > answerBytesAtMost { return false }
        }
        return peer.input.count <= lineBytesAtMost
    }

    /// Sends what the peer takes of its answers; false when it is gone.
    private static func send(to peer: Peer, _ kernel: inout LinuxKernel) -> Bool {
        while !peer.output.isEmpty {
            guard let sent = try? kernel.send(peer.output.bytes, to: peer.descriptor) else {
                return false
            }
            if sent == .wouldBlock { return true }
            peer.output.consume(sent.count)
        }
        return true
    }

    private static func watch(
        _ peer: Peer, _ kernel: inout LinuxKernel, with poller: borrowing Poller, token: UInt64
    ) -> Bool {
        let wanted: Interest = peer.output.isEmpty ? .readable : .writable
        if wanted == peer.interest { return true }
        peer.interest = wanted
        return
            (try? kernel.control(
                poller, .modify, peer.descriptor, interest: wanted, token: token)) != nil
    }

    /// Whether `address` is a socket that nobody listens on any more. Anything else in that place
    /// is left alone; connecting to it is refused in the same way.
    private static func isAbandoned(_ address: SocketAddress) throws(SystemError) -> Bool {
        guard case .unix(let path) = address, isSocket(path) else { return false }
        var kernel = LinuxKernel()
        let probe = try Socket.client(for: address, from: nil, sendsAtOnce: false)
        do throws(SystemError) {
            _ = try kernel.connect(probe, to: address)
            return false
        } catch {
            return error.code == ECONNREFUSED
        }
    }

    private static func isSocket(_ path: String) -> Bool {
        var facts = stat()
        // SAFETY: lstat(2) fills the structure it is given.
        return unsafe lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFSOCK
    }
}
