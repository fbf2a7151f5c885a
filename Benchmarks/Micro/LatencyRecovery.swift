import Basis
import Measure

/// One run of the generator against known delays: what it reported, and what was so.
final class LatencyRecovery {
    /// The percentiles held against the truth.
    static let percentiles = [50.0, 90, 99]

    enum Limit {
        /// Of each interval that shall cover a true percentile. With three percentiles a repeat,
        /// chance alone loses at most 3 repeats in 1 000.
        static let confidence = 0.999
        /// A median above this for an answer without delay, and the allowance would hide a constant
        /// error as large as the mistakes that are to be noticed.
        static let loopback = Nanoseconds.milliseconds(1)
    }

    /// A way in which a generator could be wrong.
    enum Mistake: String, CaseIterable {
        case high = "2 % high"
        case low = "2 % low"
        /// Coordinated omission: what a request waited before it was sent is left out.
        case fromSend = "from send"
    }

    /// As the generator reported it, from the schedule.
    let response: Histogram
    /// As the generator reported it, from the send.
    private let service: Histogram
    private let known: KnownDelay
    /// From due to answered as the relay saw it, rising. Never longer than what the generator must
    /// report, which has the two ways over loopback besides.
    private let witnessed: [Nanoseconds]
    /// What the server took beyond the delay asked for, the way from the relay and back included,
    /// rising.
    let excess: [Nanoseconds]
    /// How late a thread that only waits woke on the generator's CPU meanwhile, rising.
    private let stalls: [Nanoseconds]
    /// How many came to the relay.
    private let requests: Int
    /// Whether the generator reported as many answers as the relay gave.
    private var isComplete: Bool {
        requests > 0 && excess.count == requests && response.totalCount == UInt64(requests)
            && service.totalCount == UInt64(requests)
    }

    /// - Parameters:
    ///   - passages: in the order in which they came.
    ///   - interval: between one request of the constant schedule and the next.
    init(
        _ known: KnownDelay, _ passages: [DelayRelay.Passage], interval: Nanoseconds,
        response: consuming Histogram, service: consuming Histogram, stalls: [Nanoseconds]
    ) {
        self.known = known
        self.stalls = stalls
        let answered = passages.compactMap { passage in
            passage.answered.map { (passage, $0) }
        }
        excess = answered.map { $1.since($0.received) - $0.delay }.sorted()
        // No request comes before it is due, so the one that came earliest for its place in the
        // schedule shows the latest time at which the schedule can have begun.
        let begin = passages.enumerated().map { $1.received - interval * Int64($0) }.min()
        witnessed = passages.enumerated().compactMap { place, passage in
            guard let begin, let answered = passage.answered else { return nil }
            return answered.since(begin + interval * Int64(place))
        }.sorted()
        requests = passages.count
        self.response = response
        self.service = service
    }

    /// Why the known delays were not recovered; empty when they were.
    ///
    /// - Parameters:
    ///   - bounds: of `bounds(_:)`.
    ///   - mistake: judges what a generator with this mistake would have reported.
    func problems(_ bounds: [Bounds], with mistake: Mistake? = nil) -> [String] {
        guard isComplete else {
            return [
                "\(requests) requests came, \(excess.count) were answered and"
                    + " \(response.totalCount) reported"
            ]
        }
        let reported =
            switch mistake {
            case .high: response.scaled(by: 1.02)
            case .low: response.scaled(by: 0.98)
            case .fromSend: service.copy()
            case nil: response.copy()
            }
        var problems: [String] = []
        for bounds in bounds {
            let name = "p\(decimalDisplay(bounds.percentile))"
            let value = reported.value(atPercentile: bounds.percentile)
            if !bounds.response.contains(value) {
                problems.append(
                    "\(name) \(value.display) is outside \(bounds.response.lowerBound.display)"
                        + "...\(bounds.response.upperBound.display)")
            }
            let truth = known.quantile(bounds.percentile)
            if !bounds.truth.contains(truth) {
                problems.append(
                    "the true \(name) \(truth.display) is outside the interval"
                        + " \(bounds.truth.lowerBound.display)"
                        + "...\(bounds.truth.upperBound.display)")
            }
        }
        return problems
    }

    /// Where a percentile must lie.
    struct Bounds: Equatable {
        let percentile: Double
        /// Of the response time: from what the relay witnessed to the most that loopback can have
        /// added to it.
        let response: ClosedRange<Nanoseconds>
        /// Of the delay: the interval of the service time's percentile, less at its lower end what
        /// the server's timers and loopback added to 99 % of the requests.
        let truth: ClosedRange<Nanoseconds>
    }

    /// The bounds of all `percentiles`.
    ///
    /// - Parameter calm: the runs without delay before and after this one, whose latency is what
    ///   loopback, relay and generator add; the worse of them counts. What the generator's CPU was
    ///   kept from it during this run, as `stalls` tell, is allowed besides.
    func bounds(_ calm: [LatencyRecovery]) -> [Bounds] {
        guard isComplete else { return [] }
        return Self.percentiles.map { percentile in
            var added = Nanoseconds.zero
            var most = Nanoseconds.zero
            for run in calm {
                added = max(added, run.response.value(atPercentile: 99))
                most = max(most, self.most(percentile, loopback: run.response))
            }
            let stall = stalls.isEmpty ? .zero : Self.value(percentile, of: stalls)
            let least = Self.value(percentile, of: witnessed)
            let interval = PercentileInterval.of(
                service, percentile: percentile, confidence: Limit.confidence)
            let low = (interval.low ?? .zero) - Self.value(99, of: excess) - added - stall
            let high = interval.high ?? .forever
            return Bounds(
                percentile: percentile, response: least...max(least, most + stall),
                truth: min(low, high)...high)
        }
    }

    /// The percentile of the sum of witnessed time and loopback, as if the two were independent,
    /// with the histogram's error on top.
    private func most(_ percentile: Double, loopback: borrowing Histogram) -> Nanoseconds {
        let buckets = loopback.buckets
        let needed = percentile / 100 * Double(loopback.totalCount) * Double(witnessed.count)
        var low = Nanoseconds.zero
        var high = (witnessed.last ?? .zero) + loopback.max
        while high.raw - low.raw > 1 {
            let middle = (low + high) / 2
            let below = buckets.reduce(0.0) { sum, bucket in
                sum + Double(bucket.count) * Double(count(below: middle - bucket.values.upperBound))
            }
            if below >= needed { high = middle } else { low = middle }
        }
        return Nanoseconds(
            raw: Int64((Double(high.raw) * (1 + Histogram.relativeErrorBound)).rounded(.up)))
    }

    /// How many witnessed times are at most `limit`.
    private func count(below limit: Nanoseconds) -> Int {
        var low = 0
        var high = witnessed.count
        while low < high {
            let middle = (low + high) / 2
            if witnessed[middle] <= limit { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The nearest rank in values that rise.
    static func value(_ percentile: Double, of sorted: [Nanoseconds]) -> Nanoseconds {
        sorted[Int(Percentile.rank(percentile, of: UInt64(sorted.count))) - 1]
    }
}

extension Histogram {
    /// Every sample at the upper end of its bucket, multiplied.
    fileprivate func scaled(by factor: Double) -> Histogram {
        var scaled = Histogram()
        for bucket in buckets {
            let value = Double(bucket.values.upperBound.raw) * factor
            scaled.record(Nanoseconds(raw: Int64(value)), count: bucket.count)
        }
        return scaled
    }
}
