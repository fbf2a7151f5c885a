import Basis
import Platform

/// Stands between a generator and `switchyard-server`, turns every request into `GET /wait?us=N`
/// with an N of its own, and keeps when each came and when its answer left.
///
/// So the delays are known beforehand (they follow from the seed), and the witness of what really
/// happened shares neither code nor process with the generator. What it sees is strictly inside of
/// what the generator sees: it reads its clock after a request was received and before the answer
/// is sent. One thread, which epoll(7) tells of requests in the order in which they came, so that
/// the n-th is the n-th of the schedule.
final class DelayRelay: Sendable {
    /// One request as the relay saw it.
    struct Passage: Equatable, Sendable {
        /// What the server was asked to wait.
        let delay: Nanoseconds
        let received: Instant
        /// nil when the generator went away before its answer.
        var answered: Instant?
    }

    private struct Ledger {
        /// How often the delays were exchanged: a late answer must not be noted with a later run.
        var run = 0
        var draw: DelayDraw
        var passages: [Passage] = []
        var failure: SystemError?
    }

    /// Where the relay listens on 127.0.0.1.
    let port: Int
    private let ledger: Guarded<Ledger>

    /// Listens until the program ends, its thread bound to `cpu`.
    init(to port: Int, _ draw: DelayDraw, cpu: Int?) throws(SystemError) {
        let upstream = SocketAddress.v4(0x7F00_0001, port: UInt16(port))
        ledger = Guarded(Ledger(draw: draw))
        let listener = try Socket.listen(on: .v4(0x7F00_0001, port: 0), ListenOptions())
        self.port = Int(try Socket.localAddress(of: listener).port ?? 0)
        let handed = Handover(listener)
        _ = try Thread(named: "relay") { [self] in
            do throws(SystemError) {
                if let cpu { try CPUSet([cpu]).bindThisThread() }
                let listener = handed.take()
                let poller = try Poller()
                try poller.add(listener, interest: .readable, token: RelayLoop.listenerToken)
                var loop = RelayLoop(listener, poller, upstream)
                while true { try loop.turn(self) }
            } catch {
                ledger.withLock { $0.failure = error }
            }
        }
    }

    /// What passed since the last call, in the order in which it came; from now on other delays.
    func exchange(_ draw: DelayDraw) throws(SystemError) -> [Passage] {
        let (passages, failure) = ledger.withLock { ledger in
            let old = (ledger.passages, ledger.failure)
            ledger = Ledger(run: ledger.run + 1, draw: draw, failure: ledger.failure)
            return old
        }
        if let failure { throw failure }
        return passages
    }

    /// Which passage of which run an answer belongs to.
    fileprivate struct Place {
        let run: Int
        let index: Int
    }

    fileprivate func note(received: Instant) -> (delay: Nanoseconds, place: Place) {
        ledger.withLock { ledger in
            let delay = ledger.draw.next()
            ledger.passages.append(Passage(delay: delay, received: received))
            return (delay, Place(run: ledger.run, index: ledger.passages.count - 1))
        }
    }

    fileprivate func note(answered: Instant, _ place: Place) {
        ledger.withLock { ledger in
            if ledger.run == place.run { ledger.passages[place.index].answered = answered }
        }
    }
}

/// The relay's connections, and what it does when one of them can be read.
private struct RelayLoop: ~Copyable {
    private enum Limit {
        /// The longest request or answer: a head of the generator's or the server's.
        static let messageBytes = 4_096
    }

    /// The generator's connection and the relay's own to the server.
    private final class Pair {
        let client: Descriptor
        let server: Descriptor
        /// Of the request under way; nil between an answer and the next request.
        var place: DelayRelay.Place?
        /// What has come of a message that is not whole yet.
        var message: [UInt8] = []

        init(_ client: consuming Descriptor, _ server: consuming Descriptor) {
            self.client = client
            self.server = server
        }
    }

    private let listener: Descriptor
    private let upstream: SocketAddress
    private let poller: Poller
    private var events = EventBuffer()
    private var kernel = LinuxKernel()
    /// By token: that of the client is twice the pair's number, the server's one more.
    private var pairs: [UInt64: Pair] = [:]
    private var nextNumber: UInt64 = 0

    static let listenerToken = UInt64.max
    private static let requestEnd: [UInt8] = Array("\r\n\r\n".utf8)
    private static let answerEnd: [UInt8] = Array("waited\n".utf8)

    /// - Parameter poller: tells of `listener` by `listenerToken`.
    init(
        _ listener: consuming Descriptor, _ poller: consuming Poller, _ upstream: SocketAddress
    ) {
        self.listener = listener
        self.poller = poller
        self.upstream = upstream
    }

    mutating func turn(_ relay: DelayRelay) throws(SystemError) {
        try kernel.wait(on: poller, for: &events, timeout: nil)
        for index in events.indices {
            let token = events[index].token
            if token == Self.listenerToken {
                try admit()
            } else if let pair = pairs[token / 2] {
                // Dropping the pair closes both, which also ends their registrations. What was lost
                // with them is found missing.
                if !serve(pair, token, relay) { pairs[token / 2] = nil }
            }
        }
    }

    /// False when either peer has closed or reset its connection.
    private mutating func serve(_ pair: Pair, _ token: UInt64, _ relay: DelayRelay) -> Bool {
        do throws(SystemError) {
            return try token.isMultiple(of: 2) ? ask(pair, relay) : answer(pair, relay)
        } catch {
            return false
        }
    }

    private mutating func admit() throws(SystemError) {
        while let client = try kernel.accept(on: listener) {
            let server = try Socket.client(for: upstream, from: nil, sendsAtOnce: true)
            try Socket.makeBlocking(server)
            _ = try kernel.connect(server, to: upstream)
            try poller.add(client, interest: .readable, token: nextNumber * 2)
            try poller.add(server, interest: .readable, token: nextNumber * 2 + 1)
            pairs[nextNumber] = Pair(client, server)
            nextNumber += 1
        }
    }

    /// Passes a request on; false when the generator has closed.
    private mutating func ask(_ pair: Pair, _ relay: DelayRelay) throws(SystemError) -> Bool {
        guard try receive(from: pair.client, into: &pair.message) else { return false }
        let received = MonotonicClock.now
        guard pair.message.suffix(4).elementsEqual(Self.requestEnd) else { return true }
        pair.message.removeAll()
        let (delay, place) = relay.note(received: received)
        pair.place = place
        let line = "GET /wait?us=\(delay.raw / 1_000) HTTP/1.1\r\nHost: relay\r\n\r\n"
        let request = Array(line.utf8)
        // The socket's buffer takes all of so few bytes at once.
        _ = try kernel.send(request.span, to: pair.server)
        return true
    }

    /// Passes an answer back; false when the server has closed.
    private mutating func answer(_ pair: Pair, _ relay: DelayRelay) throws(SystemError) -> Bool {
        guard try receive(from: pair.server, into: &pair.message) else { return false }
        guard pair.message.suffix(Self.answerEnd.count).elementsEqual(Self.answerEnd) else {
            return true
        }
        if let place = pair.place { relay.note(answered: MonotonicClock.now, place) }
        let answer = pair.message
        pair.place = nil
        pair.message.removeAll()
        _ = try kernel.send(answer.span, to: pair.client)
        return true
    }

    /// Appends what can be read; false when the peer has closed.
    private mutating func receive(
        from peer: borrowing Descriptor, into message: inout [UInt8]
    ) throws(SystemError) -> Bool {
        var outcome = Received.closed
        var failure: SystemError?
        // SAFETY: the kernel writes at most the capacity, which is the buffer it is given.
        message += unsafe [UInt8](unsafeUninitializedCapacity: Limit.messageBytes) {
            buffer, count in
            do throws(SystemError) {
                outcome = unsafe try kernel.receive(
                    from: peer, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
            if case .bytes(let got) = outcome { count = got }
        }
        if let failure { throw failure }
        return outcome != .closed
    }
}
