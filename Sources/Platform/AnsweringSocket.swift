import Basis

/// A listening socket whose peers ask questions and get answers.
///
/// For the control plane: few peers, small questions, no hurry. It never waits for a peer.
package struct AnsweringSocket: ~Copyable {
    /// What stands at the beginning of what a peer has sent.
    package enum Step {
        /// No whole question.
        case more
        /// One, which was taken away, and its answer.
        case answer([UInt8])
        /// The same, behind which the connection ends.
        case last([UInt8])
    }

    private let listener: Descriptor
    private let questionBytesAtMost: Int
    private var peers: [Peer] = []
    /// Given up for the next peer when descriptors run out.
    private var reserve: Descriptor?

    private static let peersAtMost = 16
    /// Unsent answers of one peer: a thousand threads take half of it.
    private static let answerBytesAtMost = 1_024 * 1_024

    private final class Peer {
        let descriptor: Descriptor
        var input: [UInt8] = []
        var output = ByteQueue()
        var interest: Interest = .readable
        var hasAskedAll = false

        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    /// - Parameter questionBytesAtMost: a peer that sends more without a whole question is dropped.
    package init(_ listener: consuming Descriptor, questionBytesAtMost: Int) {
        self.listener = listener
        self.questionBytesAtMost = questionBytesAtMost
        reserve = try? Descriptor.placeholder()
    }

    /// Registers with `poller`: two tokens from `firstToken` on belong to this socket.
    package func watch(
        with poller: borrowing Poller, firstToken: UInt64
    ) throws(SystemError) {
        try poller.add(listener, interest: .readable, token: firstToken)
    }

    /// Does what can be done now: accepts peers, reads what they send and answers it.
    ///
    /// - Parameter read: takes the first question off what a peer has sent.
    package mutating func serve(
        with poller: borrowing Poller, firstToken: UInt64, read: (inout [UInt8]) -> Step
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
        let most = questionBytesAtMost
        peers.removeAll { peer in
            let isServed =
                Self.receive(from: peer, most, &kernel, read) && Self.send(to: peer, &kernel)
                && !(peer.hasAskedAll && peer.output.isEmpty)
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
        from peer: Peer, _ most: Int, _ kernel: inout LinuxKernel,
        _ read: (inout [UInt8]) -> Step
    ) -> Bool {
        // A peer that does not take its answers gets no more of them.
        guard peer.interest.contains(.readable), !peer.hasAskedAll else { return true }
        var room = ByteQueue(capacity: most)
        var outcome: Received?
        // SAFETY: the room is used only by the call, which fills a part of it.
        let got = unsafe room.withFreeSpace(minimum: most) { free in
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
        while !peer.hasAskedAll {
            switch read(&peer.input) {
            case .more: return peer.input.count <= most
            case .answer(let answer): peer.output.append(answer.span)
            case .last(let answer):
                peer.output.append(answer.span)
                peer.hasAskedAll = true
            }
            if peer.output.count > answerBytesAtMost { return false }
        }
        return true
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
}
