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
struct WorkerDesk: MessageDesk, ~Copyable {
    private let pool: Shared<WorkItemPool>
    private let lanes: [Shared<WorkerLane>]
    private let distribution: WorkDistribution
    private var free: [UInt32]
    private var links: [WorkLink]
    private var nextLane = 0
    private var nextReturn = 0

    init(
        pool: Shared<WorkItemPool>, lanes: [Shared<WorkerLane>], distribution: WorkDistribution
    ) {
        self.pool = pool
        self.lanes = lanes
        self.distribution = distribution
        free = Array(pool.value.indices.reversed())
        links = Array(repeating: WorkLink(), count: pool.value.indices.count)
    }

    static var isDeferred: Bool { true }

    var hasRoom: Bool { !free.isEmpty }

    var messagesPerConnection: Int {
        free.count > Limit.messagesInReserve ? Limit.messagesInFlightPerConnection : 1
    }

    mutating func submit<K: Kernel>(
        _ message: Message, body: Span<UInt8>, from owner: ConnectionReference,
        with kernel: inout K, tally: inout Tally
    ) -> Submission {
        let index = free.removeLast()
        links[Int(index)] = WorkLink(owner: owner)
        pool.value.withItem(index) { item in
            item.message = message
            item.body.append(body)
        }
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

    func withItem<Result>(_ index: UInt32, _ body: (inout WorkItem) -> Result) -> Result {
        pool.value.withItem(index, body)
    }

    func link(_ index: UInt32) -> WorkLink { links[Int(index)] }

    mutating func chain(_ next: UInt32, behind index: UInt32) { links[Int(index)].next = next }

    mutating func mark(_ index: UInt32, _ state: WorkLink.State) {
        links[Int(index)].state = state
    }

    mutating func release(_ index: UInt32) {
        pool.value.withItem(index) { item in
            item.message = nil
            item.body.keepLittle()
            item.output.keepLittle()
        }
        free.append(index)
    }
}

extension ByteQueue {
    /// Forgets the bytes, and gives the memory back when it is more than idle things may keep.
    mutating func keepLittle() {
        if storageBytes > Limit.keptBytes { releaseStorage() } else { removeAll() }
    }
}
