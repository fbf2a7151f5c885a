import Basis
import Measure

/// What tells execution patterns apart besides their speed.
extension Metric {
    static let ofPatterns: [Metric] = calls + perConnection + shares + waits

    private static let calls: [Metric] = [
        perRequest("srv_recv_per_req", "calls of recv for a request") { $0.syscalls.receive },
        perRequest("srv_send_per_req", "calls of send for a request") { $0.syscalls.send },
        perRequest("srv_accept_per_req", "calls of accept for a request") { $0.syscalls.accept },
        perRequest("srv_other_per_req", "other counted system calls for a request") {
            $0.syscalls.other
        },
        perRequest("srv_wakeups_per_req", "wakes sent to another worker for a request") {
            $0.wakeups
        },
        perRequest(
            "srv_handoffs_per_req",
            "connections or messages passed to another worker, for a request"
        ) { $0.handoffs },
        perRequest(
            "srv_steals_per_req", "messages taken from another worker's queue, for a request"
        ) { $0.steals },
    ]

    private static let perConnection: [Metric] = [
        perConnection(
            "srv_ctxsw_vol_per_conn",
            "voluntary context switches of the server for a connection accepted between the"
                + " readings; empty without any"
        ) { $0.voluntarySwitches },
        perConnection(
            "srv_ctxsw_invol_per_conn", "the same of involuntary context switches"
        ) { $0.involuntarySwitches },
        perConnection(
            "srv_empty_accepts_per_conn", "the same of accepts that found an empty queue"
        ) { $0.counts.emptyAccepts },
    ]

    private static let shares: [Metric] =
        evenness(
            "worker_accepted",
            "accepted connections of the busiest worker over the mean, among acceptors where there"
                + " are some"
        ) { $0.acceptBalance }
        + evenness(
            "worker_owned",
            "connections of the busiest worker over the mean, among those that receive"
        ) { $0.ownedBalance }
        + evenness(
            "worker_cpu",
            "CPU time of the busiest worker over the mean, among those that answer requests"
        ) { $0.cpuBalance }

    private static let waits: [Metric] = [
        quotient(
            "srv_events_per_wait", "1", 4,
            "events that a call of epoll_wait brought, in the mean: also none, or a wake"
        ) { $0.server.map { ($0.counts.syscalls.ready, $0.counts.syscalls.wait) } },
        listen(
            "srv_listen_overflows",
            "connections that a full accept queue refused, from before the first one to the last"
                + " answer, in all of the server's network (TcpExt ListenOverflows)"
        ) { $0.listenOverflows },
        listen(
            "srv_listen_drops",
            "the same of all that a listener dropped, these included (ListenDrops)"
        ) { $0.listenDrops },
        quotient(
            "srv_accept_to_first_byte_mean_ns", "ns", 0,
            "time from a connection's accept to the first byte of its first answer, in the mean"
                + " of all since the start"
        ) { record in
            let counts = record.workers.counts
            return (counts.firstByteTime, counts.firstBytes)
        },
        Metric(
            "srv_accept_to_first_byte_p99_ns", "ns", 0,
            "the least power of two that 99 of 100 of these times are below; empty for fewer"
        ) { firstByteBound($0.workers) },
        quotient(
            "srv_queue_wait_mean_ns", "ns", 0,
            "time that a message stood in a queue before a worker took it, in the mean of one of"
                + " 61; empty where workers get no messages"
        ) { $0.server.map { ($0.counts.queueWait, $0.counts.timedMessages) } },
        quotient(
            "srv_handler_mean_ns", "ns", 0,
            "time that a worker took to make the answers to these, in the mean"
        ) { $0.server.map { ($0.counts.handlerTime, $0.counts.timedMessages) } },
    ]

    private static func firstByteBound(_ workers: [WorkerReport]) -> Double? {
        let total = workers.reduce(0) { $0 + $1.firstByteBuckets.reduce(0, +) }
        if total < 100 { return nil }
        var (below, bucket) = (Int64(0), -1)
        while below * 100 < total * 99 {
            bucket += 1
            for worker in workers where bucket < worker.firstByteBuckets.count {
                below += worker.firstByteBuckets[bucket]
            }
        }
        return Double(sign: .plus, exponent: 10 + bucket, significand: 1)
    }

    private static func perRequest(
        _ name: String, _ meaning: String, _ count: @escaping @Sendable (ReadCounts) -> Int64?
    ) -> Metric {
        perRequest(name, "1", 4, meaning) { count($0.counts).map { Double($0) } }
    }

    /// A reading of the server divided by the connections that it accepted in its span.
    private static func perConnection(
        _ name: String, _ meaning: String, _ count: @escaping @Sendable (ServerUsage) -> Int64?
    ) -> Metric {
        quotient(name, "1", 4, meaning) { $0.server.map { (count($0), $0.counts.accepted) } }
    }

    /// How evenly workers share something.
    private static func evenness(
        _ stem: String, _ meaning: String,
        _ balance: @escaping @Sendable (LaunchRecord) -> Evenness?
    ) -> [Metric] {
        [
            Metric("\(stem)_max_over_mean", "1", 4, meaning) { balance($0)?.maxOverMean },
            Metric("\(stem)_jain", "1", 4, "Jain's fairness of the same; 1 is even") {
                balance($0)?.jain
            },
        ]
    }

    private static func listen(
        _ name: String, _ meaning: String, _ count: @escaping @Sendable (ServerUsage) -> Int64?
    ) -> Metric {
        Metric(name, "1", 0, meaning) { $0.server.flatMap(count).map { Double($0) } }
    }

    /// One count over another; nil where either is missing, or there is nothing to divide by.
    private static func quotient(
        _ name: String, _ unit: String, _ decimals: Int, _ meaning: String,
        _ counts: @escaping @Sendable (LaunchRecord) -> (Int64?, Int64?)?
    ) -> Metric {
        Metric(name, unit, decimals, meaning) { record in
            guard case (let sum?, let count?)? = counts(record), count > 0 else { return nil }
            return Double(sum) / Double(count)
        }
    }
}
