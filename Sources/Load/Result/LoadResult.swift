package import Basis
import Measure
package import Report
package import Secure

/// What a whole run measured, all threads together.
package struct LoadResult: ~Copyable {
    package let plan: LoadPlan
    /// When the load began, since 1970-01-01 UTC.
    package let began: Nanoseconds
    package let interruption: Interrupts
    package private(set) var tally = LoadTally()
    /// Of each kind of a mix.
    package private(set) var kinds: KindTallies
    package private(set) var intervals: [IntervalRecord] = []
    /// What each thread used in the measured window.
    package private(set) var threads: [UsedResources] = []
    /// Answers in the window by connection.
    package private(set) var served: [UInt32] = []
    /// Rates in equal pieces of the window, of as many as every thread has.
    package private(set) var rates: [RatePiece] = []
    /// What the borders of a closed loop's window cut.
    package private(set) var borders = BorderShares()
    package private(set) var connectionsOpened = 0
    package private(set) var handshakes = HandshakeCounts()
    package private(set) var openingTimes = OpeningTimes()
    /// A call that the kernel refused since the window began, for its reason.
    package private(set) var lastRefusal: StreamError?
    /// The first failure of the window, of all threads.
    package private(set) var firstFailure: FailureNote?
    /// Where the first redirection leads, as the server wrote it; empty when there was none.
    package private(set) var location: [UInt8] = []
    /// Requests of the warm-up that were never sent.
    package private(set) var warmUpUnsent: UInt64 = 0
    /// Requests that were due while too many others waited for their connections.
    package private(set) var heldBack: UInt64 = 0
    /// What became of the connections beside the measured ones.
    package private(set) var company: [CompanyReport] = []
    /// The measured window; shorter than planned when the run was interrupted in it.
    package private(set) var window = Nanoseconds.zero
    /// Whether the window of a thread ended before its time.
    private var isCut = false
    /// How long the threads that sent requests of the window did so.
    private var sending: Nanoseconds?

    package init(
        plan: LoadPlan, began: Nanoseconds, interruption: Interrupts = Interrupts()
    ) {
        self.plan = plan
        kinds = KindTallies(count: plan.mix.count)
        self.began = began
        self.interruption = interruption
    }

    /// Adds what was collected while the run was on.
    mutating func add(_ collected: borrowing LoadTally, intervals: [IntervalRecord]) {
        tally.add(collected)
        self.intervals += intervals
    }

    /// Adds what became of connections beside the measured ones.
    package mutating func add(_ company: [CompanyReport]) { self.company += company }

    /// Adds what a thread brought home, in the order of the threads.
    package mutating func add(_ result: borrowing GeneratorResult) {
        tally.add(result.tally)
        kinds.add(result.kinds)
        threads.append(result.usage)
        served += result.served
        borders = borders + result.borders
        connectionsOpened += result.connectionsOpened
        handshakes.add(result.handshakes)
        openingTimes.add(result.openingTimes)
        lastRefusal = result.lastRefusal ?? lastRefusal
        if let note = result.firstFailure, note.at < firstFailure?.at ?? .distantFuture {
            firstFailure = note
        }
        if location.isEmpty { location = result.location }
        warmUpUnsent += result.warmUpUnsent
        heldBack += result.heldBack
        window = max(window, result.window.duration)
        if result.window.duration < plan.duration, !result.hasSentAll { isCut = true }
        if let from = result.sentFrom {
            let until = max(result.window.end, result.sentUntil)
            sending = max(sending ?? .zero, until.since(from))
        }
        rates = threads.count == 1 ? result.rates : zip(rates, result.rates).map { $0 + $1 }
    }

    /// How long requests of the window were being sent: the window, longer where a backlog was left
    /// at its end, and without the time in which the backlog of the warm-up was sent. Rates refer
    /// to this, so that what was sent late does not look like a higher rate or a lower one.
    package var duration: Nanoseconds { sending ?? window }

    /// Whether the backlog of the warm-up left no time for a request of the window.
    package var isUnsent: Bool { sending == nil && warmUpUnsent > 0 }

    /// Whether the user ended the run before it was complete. Who asked for the end when only
    /// answers were missing, and got them, has a whole run.
    package var isInterrupted: Bool {
        interruption.count > 1 || interruption.count == 1 && isCut
    }

    package var isOpenLoop: Bool { plan.arrivals != .closed }

    package var succeeded: UInt64 { tally.succeeded }
    package var failed: UInt64 { tally.errors.requests }

    /// Whether events are counted, which nobody asked for one by one.
    package var subscribes: Bool { plan.application.subscribes }

    /// Successful requests a second, those of `duration`. Where the connections could not carry as
    /// many, by what the borders of the window alone explain, as many as they can.
    package var achievedRate: Double {
        guard let occupancy, occupancy > 1, occupancy <= Judgement.Limit.occupancy else {
            return countedRate
        }
        return countedRate / occupancy
    }

    /// Successes that fall on `duration`. In an open loop these are all: what was due in the window
    /// says when each belongs. A closed loop's are sent when another was answered, and each counts
    /// by the share of its time within the window.
    private var countedSuccesses: Double {
        isOpenLoop
            ? Double(succeeded) : max(0, Double(succeeded) + borders.before - borders.behind)
    }

    /// Successes of `duration` a second, whether or not the connections could carry them.
    private var countedRate: Double {
        duration <= .zero ? 0 : countedSuccesses / duration.inSeconds
    }

    /// Connections a second that the schedule made due and that were made.
    var connectionRate: Double {
        duration <= .zero ? 0 : Double(tally.connections) / duration.inSeconds
    }

    /// From the send to the answer, in either loop; with requests that ran out of time.
    var serviceTimes: LatencySummary {
        isOpenLoop ? LatencySummary(tally.service) : LatencySummary(tally.response)
    }

    /// The requests that would be under way on the average at the counted rate and the mean time
    /// from send to success, as a share of those that the connections can carry (J. D. C. Little,
    /// "A proof for the queuing formula L = λW", Operations Research 9, 1961). More than 1 is
    /// impossible: the window is too short for such answers. Nil without samples, and where any
    /// number may be under way: of events, and of requests that wait to be sent again.
    package var occupancy: Double? {
        if subscribes || tally.retries > 0 { return nil }
        let times = serviceTimes
        let answered = Double(times.samples) - Double(tally.timedOut)
        guard answered > 0 else { return nil }
        let mean = (times.mean * Double(times.samples) - Double(tally.timedOutTime)) / answered
        let slots = Double(plan.connections * plan.pipeline * plan.streams)
        return countedRate * mean / 1e9 / slots
    }

    /// The share of the generator's CPUs that others took; nil where it has none for itself.
    package var foreignShare: Double? { threads.lazy.compactMap(\.foreignShare).first }

    /// The part of the window for which the busiest thread computed, 0...1.
    package var busiestShare: Double { threads.map(\.busyShare).max() ?? 0 }

    /// The share of the answers of the window that came on the connection which had most; nil
    /// without answers.
    package var busiestConnectionShare: Double? {
        let all = served.reduce(0) { $0 + UInt64($1) }
        return all == 0 ? nil : Double(served.max() ?? 0) / Double(all)
    }

    /// How evenly connections were served (`Evenness.jain`); nil without answers.
    package var fairness: Double? { Evenness(served.map(Double.init))?.jain }
}
