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
}

/// The desk of a reader that passes every message to workers.
struct WorkerDesk<K: Kernel>: MessageDesk, ~Copyable {
    private var kernel: K
    private let lanes: [Shared<WorkerLane>]
    private let distribution: WorkDistribution
    private var nextLane = 0
    private var nextReturn = 0

    init(kernel: K, lanes: [Shared<WorkerLane>], distribution: WorkDistribution) {
        self.kernel = kernel
        self.lanes = lanes
        self.distribution = distribution
    }

    static var isDeferred: Bool { true }

    mutating func submit(
        _ message: Message, body: Span<UInt8>, from owner: Exchange, items: inout WorkItems,
        tally: inout Tally
    ) -> Submission {
        let index = items.take(message, body: body, from: owner)
        tally.handoffs &+= 1
        switch distribution {
        case .shared(let queue):
            if queue.value.push(index) {
                tally.wakeups &+= 1
                kernel.counts.other &+= 1
            }
        case .perWorker:
            let lane = lanes[nextLane]
            nextLane = nextLane + 1 == lanes.count ? 0 : nextLane + 1
            let refused = lane.value.inbound.push(index)
            precondition(refused == nil, "a lane holds every item there is")
            if lane.value.gate.wakeIfAsleep(with: &kernel) { tally.wakeups &+= 1 }
        }
        return .passedOn(index)
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
