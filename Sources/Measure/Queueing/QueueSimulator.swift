package import Basis

/// A closed-loop simulation of clients that share workers: what an execution pattern's way of
/// handing out requests does to latency and throughput by itself, with no CPU, kernel or network in
/// the way.
///
/// Each of `clients` clients has always one request under way and sends the next at the instant it
/// is answered. Each of `workers` workers serves one request at a time, first come first served. It
/// predicts, for instance, the latency table of M. Majkowski, "Why does one NGINX worker take all
/// the load?" (Cloudflare, 2017), from 12 workers, 200 clients and the mean service time alone.
package struct QueueSimulator: Equatable, Sendable {
    /// Which worker serves a request. All but `shared` decide on arrival, for good.
    package enum Discipline: Equatable, Sendable, CaseIterable {
        /// One queue for all workers: a shared listening socket or a worker pool.
        case shared
        /// A random worker for each request: SO_REUSEPORT with a new connection for each.
        case hashPerRequest
        /// A random worker for each client, kept: SO_REUSEPORT with kept connections.
        case hashPerClient
        /// The next worker in turn for each request.
        case roundRobin
        /// Of two workers drawn at random, with replacement, the one with fewer requests (M.
        /// Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12,
        /// 2001); the first drawn when equal. With few workers both draws are often the same one.
        case twoChoices
        /// A worker with the fewest requests, waiting and in service; a random one when several
        /// have.
        case leastLoaded
    }

    package let workers: Int
    package let clients: Int
    package let service: ServiceTime
    package let discipline: Discipline

    package init(
        workers: Int, clients: Int, service: ServiceTime, discipline: Discipline
    ) {
        precondition(workers >= 1 && clients >= 1, "a simulation needs a worker and a client")
        precondition(service.mean > 0, "a simulation needs a service time")
        self.workers = workers
        self.clients = clients
        self.service = service
        self.discipline = discipline
    }

    /// What the counted requests met.
    package struct Outcome: ~Copyable {
        /// Time from sending to answer of the requests after the warm-up.
        package let sojourn: Histogram
        package let throughput: PerSecond
        /// Throughput over that of workers that are never idle, which is the share of their time
        /// that they spent on these requests: 1 is the best there can be, but for requests cut by
        /// the run's borders.
        package let efficiency: Double
        /// Requests that each worker finished after the warm-up.
        package let served: [UInt64]
    }

    /// Simulates until `warmup + requests` requests are answered and reports the last `requests`.
    ///
    /// All clients send their first request at time zero, so some thousand requests of warm-up are
    /// needed for a picture of the steady state. The same seed gives the same outcome.
    package func run(requests: Int, warmup: Int, seed: UInt64) -> Outcome {
        precondition(requests >= 1 && warmup >= 0, "a simulation needs requests")
        var state = State(self, seed: seed)
        for client in 0..<clients { state.send(client, at: 0) }
        for _ in 0..<warmup { _ = state.finishNext() }

        let start = state.now
        var sojourn = Histogram()
        var served = [UInt64](repeating: 0, count: workers)
        var busy: Int64 = 0
        for _ in 0..<requests {
            let done = state.finishNext()
            sojourn.record(done.sojourn)
            busy += done.service
            served[done.worker] += 1
        }
        let elapsed = Double(max(1, state.now - start))
        return Outcome(
            sojourn: sojourn, throughput: PerSecond(raw: Double(requests) * 1e9 / elapsed),
            efficiency: Double(busy) / (Double(workers) * elapsed),
            served: served)
    }
}

extension QueueSimulator {
    private struct Finished {
        let worker: Int
        let sojourn: Nanoseconds
        let service: Int64
    }

    /// The moving parts of one run. Times are nanoseconds since its start.
    private struct State {
        let simulator: QueueSimulator
        var generator: SeededGenerator
        private(set) var now: Int64 = 0
        /// When each client sent the request that is under way.
        private var sentAt: [Int64]
        /// The client each busy worker serves.
        private var serving: [Int?]
        /// One queue for each worker, or the shared one alone.
        private var queues: [WaitingLine]
        /// Requests at each worker, waiting and in service; unused with a shared queue.
        private var load: [Int]
        private var homes: [Int]
        private var turn = 0
        private var idle: [Int]
        private var finishes = FinishHeap()

        init(_ simulator: QueueSimulator, seed: UInt64) {
            self.simulator = simulator
            generator = SeededGenerator(seed: seed)
            let workers = simulator.workers
            sentAt = Array(repeating: 0, count: simulator.clients)
            serving = Array(repeating: nil, count: workers)
            queues = Array(
                repeating: WaitingLine(), count: simulator.discipline == .shared ? 1 : workers)
            load = Array(repeating: 0, count: workers)
            homes = []
            idle = Array((0..<workers).reversed())
            if simulator.discipline == .hashPerClient {
                homes = (0..<simulator.clients).map { _ in
                    Int.random(in: 0..<workers, using: &generator)
                }
            }
        }

        mutating func send(_ client: Int, at time: Int64) {
            sentAt[client] = time
            if simulator.discipline == .shared {
                if let worker = idle.popLast() {
                    begin(client, on: worker)
                } else {
                    queues[0].append(client)
                }
                return
            }
            let worker = choose(for: client)
            load[worker] += 1
            if serving[worker] == nil {
                begin(client, on: worker)
            } else {
                queues[worker].append(client)
            }
        }

        /// Answers the request that is ready first; its worker turns to the next one waiting, and
        /// then its client sends again.
        mutating func finishNext() -> Finished {
            let finish = finishes.removeFirst()
            now = finish.time
            let worker = finish.worker
            guard let client = serving[worker] else {
                preconditionFailure("a worker without a client has nothing to finish")
            }
            serving[worker] = nil
            let line = simulator.discipline == .shared ? 0 : worker
            if simulator.discipline != .shared { load[worker] -= 1 }
            if let next = queues[line].popFirst() {
                begin(next, on: worker)
            } else if simulator.discipline == .shared {
                idle.append(worker)
            }
            let sojourn = Nanoseconds(raw: now - sentAt[client])
            send(client, at: now)
            return Finished(worker: worker, sojourn: sojourn, service: finish.service)
        }

        private mutating func begin(_ client: Int, on worker: Int) {
            serving[worker] = client
            let service = simulator.service.sample(&generator)
            finishes.insert(
                FinishHeap.Finish(time: now + service, worker: worker, service: service))
        }

        private mutating func choose(for client: Int) -> Int {
            let workers = simulator.workers
            switch simulator.discipline {
            case .shared, .hashPerRequest:
                return Int.random(in: 0..<workers, using: &generator)
            case .hashPerClient:
                return homes[client]
            case .roundRobin:
                turn = (turn + 1) % workers
                return turn
            case .twoChoices:
                let first = Int.random(in: 0..<workers, using: &generator)
                let second = Int.random(in: 0..<workers, using: &generator)
                return load[second] < load[first] ? second : first
            case .leastLoaded:
                return leastLoaded()
            }
        }

        /// One pass that keeps each worker of the least load so far with equal chance.
        private mutating func leastLoaded() -> Int {
            var best = 0
            var equals = 1
            for worker in 1..<max(1, load.count) {
                if load[worker] < load[best] {
                    best = worker
                    equals = 1
                } else if load[worker] == load[best] {
                    equals += 1
                    if Int.random(in: 0..<equals, using: &generator) == 0 { best = worker }
                }
            }
            return best
        }
    }
}

/// Clients in order of arrival.
private struct WaitingLine {
    private var clients: [Int] = []
    private var head = 0

    mutating func append(_ client: Int) { clients.append(client) }

    mutating func popFirst() -> Int? {
        if head == clients.count { return nil }
        let client = clients[head]
        head += 1
        if head >= 1_024, head * 2 >= clients.count {
            clients.removeSubrange(..<head)
            head = 0
        }
        return client
    }
}

/// Pending finishes, the earliest first, the lower worker first among equals: a binary heap.
private struct FinishHeap {
    struct Finish {
        let time: Int64
        let worker: Int
        let service: Int64

        func precedes(_ other: Finish) -> Bool {
            (time, worker) < (other.time, other.worker)
        }
    }

    private var items: [Finish] = []

    mutating func insert(_ finish: Finish) {
        items.append(finish)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !items[child].precedes(items[parent]) { break }
            items.swapAt(child, parent)
            child = parent
        }
    }

    /// Every client has always a request under way, so there is always a first.
    mutating func removeFirst() -> Finish {
        items.swapAt(0, items.count - 1)
        let first = items.removeLast()
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= items.count { break }
            if child + 1 < items.count, items[child + 1].precedes(items[child]) { child += 1 }
            if !items[child].precedes(items[parent]) { break }
            items.swapAt(child, parent)
            parent = child
        }
        return first
    }
}
