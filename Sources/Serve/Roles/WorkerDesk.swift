import Basis
import Platform

/// What a reader and one of its workers share: the way there, the way back, and how to wake the
/// worker.
struct WorkerLane: ~Copyable, Sendable {
    /// Items for this worker alone; unused where all workers share one queue.
    let inbound = HandoffRing<UInt32>(capacity: Limit.messagesInFlight)
    /// Items that are done, back to the reader.
    let outbound = HandoffRing<UInt32>(capacity: Limit.messagesInFlight)
    let gate: WakeGate

    init() throws(SystemError) { gate = try WakeGate() }
}

/// How messages find a worker.
enum WorkDistribution: Sendable {
    /// All workers take from one queue.
    case shared(Shared<WorkQueue>)
    /// Each worker has a queue; messages go round.
    case perWorker
    /// The same, but whoever has nothing to do takes from the queues of others.
    case stealing([Shared<WorkQueue>])
}

/// The desk of a reader that passes messages to workers: every one, or where it also answers itself
/// those alone that would hold its thread.
struct WorkerDesk<K: Kernel>: MessageDesk, ~Copyable {
    private var kernel: K
    private let lanes: [Shared<WorkerLane>]
    private let distribution: WorkDistribution
    private let responder: Responder
    private let answersItself: Bool
    private var nextLane = 0
    private var nextReturn = 0
    /// Messages to pass on before the times of one are taken.
    private var untimed = 0

    init(kernel: K, team: WorkerTeam, responder: Responder, answersItself: Bool) {
        self.kernel = kernel
        self.answersItself = answersItself
        lanes = team.lanes
        distribution = team.distribution
        self.responder = responder
    }

    static var isDeferred: Bool { true }

    mutating func submit(
        _ message: Message, body: Span<UInt8>, from owner: Exchange, mustFollow: Bool,
        items: inout WorkItems, tally: inout Tally
    ) -> Submission {
        if answersItself, !mustFollow, !message.route.holdsThread {
            tally.requests &+= 1
            return Submission(responder.respond(to: message, body: body))
        }
        let index = items.take(message, body: body, from: owner)
        tally.handoffs &+= 1
        if untimed == 0 {
            untimed = Limit.messagesPerTiming
            items.withItem(index) { $0.queued = MonotonicClock.now }
        }
        untimed -= 1
        switch distribution {
        case .shared(let queue):
            if queue.value.push(index) {
                tally.wakeups &+= 1
                kernel.counts.other &+= 1
            }
        case .perWorker:
            let lane = takeLane()
            let refused = lanes[lane].value.inbound.push(index)
            precondition(refused == nil, "a lane holds every item there is")
            if lanes[lane].value.gate.wakeIfAsleep(with: &kernel) { tally.wakeups &+= 1 }
        case .stealing(let queues):
            let lane = takeLane()
            _ = queues[lane].value.push(index)
            if wakeOne(from: lane) { tally.wakeups &+= 1 }
        }
        return .passedOn(index)
    }

    private mutating func takeLane() -> Int {
        defer { nextLane = nextLane + 1 == lanes.count ? 0 : nextLane + 1 }
        return nextLane
    }

    /// Wakes the worker of `lane`, or where that is awake, and may be held up by its work, one that
    /// sleeps.
    private mutating func wakeOne(from lane: Int) -> Bool {
        for offset in lanes.indices {
            let next = lane + offset < lanes.count ? lane + offset : lane + offset - lanes.count
            if lanes[next].value.gate.wakeIfAsleep(with: &kernel) { return true }
        }
        return false
    }

    mutating func nextDone() -> UInt32? {
        for _ in lanes.indices {
            if let index = lanes[nextReturn].value.outbound.pop() { return index }
            nextReturn = nextReturn + 1 == lanes.count ? 0 : nextReturn + 1
        }
        return nil
    }

    var hasDone: Bool { lanes.contains { !$0.value.outbound.isEmpty } }

    var counts: SyscallCounts { kernel.counts }
}

extension ByteQueue {
    /// Forgets the bytes, and gives the memory back when it is more than idle things may keep.
    mutating func keepLittle() {
        if storageBytes > Limit.keptBytes { releaseStorage() } else { removeAll() }
    }
}
