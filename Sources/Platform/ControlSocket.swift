import Basis
import Glibc

/// A Unix socket on which local programs ask questions of one line and get answers of one line.
///
/// For the control plane: few peers, small lines, no hurry. It never waits for a peer.
package struct ControlSocket: ~Copyable {
    private let listener: Descriptor
    private let path: String
    private var peers: [Peer] = []

    private static let peersAtMost = 16
    private static let lineBytesAtMost = 4_096
    private static let answerBytesAtMost = 4 * 1_024 * 1_024

    private final class Peer {
        let descriptor: Descriptor
        var input: [UInt8] = []

        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    /// Listens at `path`, readable and writable by this user only. A socket file that nobody answers any
    /// more is replaced.
    package init(path: String) throws(SystemError) {
        let address = SocketAddress.unix(path: path)
        if try Self.isAbandoned(address) { unsafe unlink(path) }
        let before = umask(0o177)
        defer { umask(before) }
        listener = try Socket.listen(on: address, ListenOptions())
        self.path = path
    }

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
        while peers.count < Self.peersAtMost, let accepted = try? kernel.accept(on: listener) {
            let peer = Peer(accepted)
            guard
                (try? poller.add(
                    peer.descriptor, interest: .readable, token: firstToken + 1)) != nil
            else { continue }
            peers.append(peer)
        }
        peers.removeAll { !Self.serve($0, &kernel, answer) }
    }

    /// False when the peer is to be dropped.
    private static func serve(
        _ peer: Peer, _ kernel: inout LinuxKernel, _ answer: (String) -> String
    ) -> Bool {
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
            let reply = Array((answer(line) + "\n").utf8)
            // A peer that does not take its answer at once is dropped: an answer fits a socket buffer.
            guard reply.count <= answerBytesAtMost,
                let sent = try? kernel.send(reply.span, to: peer.descriptor),
                sent.count == reply.count
            else { return false }
        }
        return peer.input.count <= lineBytesAtMost
    }

    private static func isAbandoned(_ address: SocketAddress) throws(SystemError) -> Bool {
        var kernel = LinuxKernel()
        let probe = try Socket.client(for: address, from: nil, sendsAtOnce: false)
        do throws(SystemError) {
            _ = try kernel.connect(probe, to: address)
            return false
        } catch {
            return error.code == ECONNREFUSED
        }
    }
}
