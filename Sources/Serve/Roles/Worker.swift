import Basis
import Platform

/// Takes messages from its queue, does their work and returns the encoded replies. It never touches
/// a socket, so it can't write to a connection that has been closed and its number used again.
struct Worker<K: Kernel>: ThreadBody, ~Copyable {
    private var kernel: K
    private let responder: Responder
    private var writer = ReplyWriter()
    private let pool: Shared<WorkItemPool>
    private let lane: Shared<WorkerLane>
    private let readerPort: Shared<ReaderPort>
    private let source: Source
    private let stop: StopFlag
    private let board: Shared<TallyBoard>
    private var tally = Tally()

    private enum Source {
        case shared(Shared<WorkQueue>)
        case own(Shared<Poller>)
        /// All queues, with this worker's first.
        case stealing([Shared<WorkQueue>], Shared<Poller>)
    }

    init(
        context: ThreadContext<K>, team: WorkerTeam, readerPort: Shared<ReaderPort>
    ) throws(SystemError) {
        kernel = context.kernel
        responder = context.responder
        stop = context.stop
        board = context.board
        pool = team.pool
        lane = team.lanes[context.index]
        self.readerPort = readerPort
        switch team.distribution {
        case .shared(let queue): source = .shared(queue)
        case .perWorker:
            source = .own(try Self.openPoller(for: lane, context))
        case .stealing(let queues):
            source = .stealing(
                Array(queues[context.index...] + queues[..<context.index]),
                try Self.openPoller(for: lane, context))
        }
    }

    /// A poller on which the worker sleeps until its lane's gate wakes it.
    private static func openPoller(
        for lane: Shared<WorkerLane>, _ context: ThreadContext<K>
    ) throws(SystemError) -> Shared<Poller> {
        let poller = Shared(try Poller())
        context.keep(poller)
        try poller.value.add(lane.value.gate.waker, token: 0)
        return poller
    }

    mutating func run() throws(SystemError) {
        switch source {
        case .shared(let queue): runShared(queue)
        case .own(let poller):
            try runSleeping(on: poller) {
                $0.lane.value.inbound.pop()
            } isEmpty: {
                $0.lane.value.inbound.isEmpty
            }
        case .stealing(let queues, let poller):
            try runSleeping(on: poller) {
                $0.takeAny(of: queues)
            } isEmpty: { _ in
                queues.allSatisfy { $0.value.isEmpty }
            }
        }
        board.value.publish(tally, kernel.counts)
    }

    private mutating func runShared(_ queue: Shared<WorkQueue>) {
        var slept: UInt64 = 0
        while let index = queue.value.pop(slept: &slept) {
            kernel.counts.other &+= slept
            slept = 0
            serve(index)
        }
    }

    /// Serves what `take` finds, and sleeps on `poller` while `isEmpty`.
    @inline(always)
    private mutating func runSleeping(
        on poller: Shared<Poller>, take: (inout Worker) -> UInt32?,
        isEmpty: (borrowing Worker) -> Bool
    ) throws(SystemError) {
        var events = EventBuffer(capacity: 1)
        while true {
            while !stop.isSet(.workers), let index = take(&self) { serve(index) }
            if stop.isSet(.workers) { return }
            lane.value.gate.announceSleep()
            if isEmpty(self), !stop.isSet(.workers) {
                try kernel.wait(on: poller.value, for: &events, timeout: nil)
            }
            lane.value.gate.announceAwake()
        }
    }

    /// The oldest item of the worker's own queue, or of the first of the others that has one.
    private mutating func takeAny(of queues: [Shared<WorkQueue>]) -> UInt32? {
        for place in queues.indices {
            guard let index = queues[place].value.popIfAny() else { continue }
            if place > 0 { tally.steals &+= 1 }
            return index
        }
        return nil
    }

    /// Hot: once a message.
    private mutating func serve(_ index: UInt32) {
        writer.refreshDate(unixSeconds: WallClock.seconds)
        if let queued = pool.value.withItem(index, { $0.queued.take() }) {
            answer(index, queued: queued)
        } else {
            pool.value.withItem(index) { $0.answer(by: responder, with: &writer) }
        }
        tally.requests &+= 1
        let refused = lane.value.outbound.push(index)
        precondition(refused == nil, "a lane holds every item there is")
        if readerPort.value.gate.wakeIfAsleep(with: &kernel) { tally.wakeups &+= 1 }
        board.value.publish(tally, kernel.counts)
    }

    /// Answers one of the messages whose times are taken.
    @inline(never)
    private mutating func answer(_ index: UInt32, queued: Instant) {
        let begun = MonotonicClock.now
        pool.value.withItem(index) { $0.answer(by: responder, with: &writer) }
        tally.noteTimes(
            waited: begun.since(queued), handled: MonotonicClock.now.since(begun))
    }
}
