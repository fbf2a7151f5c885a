import Basis
import Platform
import Secure

/// `descriptor-passing`: the first process accepts, and passes each connection in turn to one of N
/// others over a Unix socket (SCM_RIGHTS; Node's cluster module). Spread is even whatever the
/// kernel would choose, for two calls more a connection.
struct DescriptorPassing: ProcessPattern {
    func open<K: Kernel>(_ crew: Crew<K>) throws(SystemError) -> ProcessShares {
        let listeners = try crew.listen()
        var members: [[Listener]] = []
        var ways: [Shared<Descriptor>] = []
        for _ in 0..<crew.options.threads {
            var far: MessageChannel?
            let way = Shared(try MessageChannel(other: &far).intoDescriptor())
            crew.keep(way)
            ways.append(way)
            let end = Listener(passing: far.take()!.intoDescriptor(), for: listeners[0].address)
            crew.keep(end.socket)
            members.append([end])
        }
        return ProcessShares(listeners: listeners, members: members, ways: ways)
    }

    func assembleMember<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, _ index: Int, _ share: [Listener], kind: ConnectionKind<Stream, S>
    ) throws(SystemError) {
        try crew.startLoop(index, listeners: share, budget: Limit.acceptsPerTurn, kind: kind)
    }

    func lead<K: Kernel>(_ crew: Crew<K>, _ shares: ProcessShares) throws(SystemError) {
        let context = crew.context(.acceptor, 0)
        try crew.start(
            try Acceptor.polling(
                shares.listeners, exclusive: false, to: PassingSink(shares.ways), context: context,
                crew: crew),
            at: context)
    }
}

/// Passes connections to processes in turn.
private struct PassingSink: ConnectionSink {
    private let ways: [Shared<Descriptor>]
    private var turn = 0
    /// Whether nobody has taken a connection for as long as one waits.
    private var isStuck = false

    init(_ ways: [Shared<Descriptor>]) { self.ways = ways }

    /// Where every way is full, connections wait, here and behind this one in the listener's queue.
    mutating func hand<K: Kernel>(
        _ descriptor: consuming Descriptor, with kernel: inout K, tally: inout Tally
    ) {
        var isPassed = passInTurn(descriptor, with: &kernel)
        let end = MonotonicClock.now + (isStuck ? .zero : Limit.passTime)
        while !isPassed, MonotonicClock.now < end {
            blockThread(for: .milliseconds(1))
            isPassed = passInTurn(descriptor, with: &kernel)
        }
        isStuck = !isPassed
        if isPassed { tally.handoffs &+= 1 } else { tally.shed &+= 1 }
        kernel.close(descriptor)
    }

    /// One whose way is full is passed over: it has some hundreds to take already.
    private mutating func passInTurn<K: Kernel>(
        _ descriptor: borrowing Descriptor, with kernel: inout K
    ) -> Bool {
        for _ in ways.indices {
            let way = ways[turn]
            turn = turn + 1 == ways.count ? 0 : turn + 1
            if kernel.pass(descriptor, to: way.value) { return true }
        }
        return false
    }
}
