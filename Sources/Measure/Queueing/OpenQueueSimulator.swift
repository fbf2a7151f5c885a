package import Basis

/// An open-loop simulation: requests come at random, whoever still waits, as those of many
/// independent users do. What a pattern's way of handing them out does to their latency by itself,
/// with no CPU, kernel or network in the way.
///
/// Each of `workers` workers serves one request at a time, first come first served, so that a
/// request begins when its worker has done all that it got before (D. V. Lindley, "The theory of
/// queues with a single server", 1952; with one queue for several workers it goes to whoever is
/// free first: J. Kiefer, J. Wolfowitz, "On the theory of queues with many servers", 1955).
package struct OpenQueueSimulator: Equatable, Sendable {
    /// Which worker serves a request, as it is decided when it comes.
    package enum Discipline: Equatable, Sendable, CaseIterable {
        /// One queue for all workers.
        case shared
        /// The next worker in turn for each request.
        case roundRobin
    }

    package let workers: Int
    /// Of a Poisson process.
    package let rate: PerSecond
    package let service: ServiceTime
    package let discipline: Discipline

    package init(
        workers: Int, rate: PerSecond, service: ServiceTime, discipline: Discipline
    ) {
        precondition(workers >= 1 && rate.raw > 0, "a simulation needs a worker and a rate")
        precondition(
            rate.raw * service.mean < Double(workers) * 1e9, "what can't be served waits forever")
        self.workers = workers
        self.rate = rate
        self.service = service
        self.discipline = discipline
    }

    /// Time from coming to answer of `requests` requests that come behind `warmup` others. The same
    /// seed gives the same.
    package func run(requests: Int, warmup: Int, seed: UInt64) -> Histogram {
        precondition(requests >= 1 && warmup >= 0, "a simulation needs requests")
        var generator = SeededGenerator(seed: seed)
        let gap = ServiceTime.exponential(mean: Nanoseconds(raw: Int64(1e9 / rate.raw)))
        var sojourn = Histogram()
        // When each worker has done all that it has got.
        var free = [Int64](repeating: 0, count: workers)
        var now: Int64 = 0
        var turn = 0
        for request in 0..<(warmup + requests) {
            now += gap.sample(&generator)
            let worker: Int
            switch discipline {
            case .shared: worker = free.indices.min { free[$0] < free[$1] } ?? 0
            case .roundRobin:
                worker = turn
                turn = (turn + 1) % workers
            }
            free[worker] = max(now, free[worker]) + service.sample(&generator)
            if request >= warmup { sojourn.record(Nanoseconds(raw: free[worker] - now)) }
        }
        return sojourn
    }
}
