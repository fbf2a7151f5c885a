import Basis
import Platform
import Secure

/// What a generator has to look after besides requests: openings, time limits, rates, its own
/// idleness.
struct Upkeep {
    /// Connections whose first opening was begun, by number.
    var unopened = 0
    /// Connections that were open at least once.
    var opened = 0
    /// Connections opened over the whole run.
    var openings = 0
    var handshakes = HandshakeCounts()
    /// The intended start that was given to a request last, where it names requests.
    var lastNamed = Instant(raw: 0)
    /// Openings under way.
    var opening = 0
    var nextSource = 0
    /// Whether the connections that wait for the load's beginning were begun.
    var hasOpenedLate = false
    /// When a connection was last seen open; looked at where the run ends with its requests.
    var lastOpen = Instant(raw: 0)
    /// Since when the queue of a Unix listener has let no connection in.
    var fullSince: Instant?

    /// Whether the last wait was a poll before a due request that found nothing.
    var isIdleSpin = false
    /// Time spent in such polls: busy for the kernel, idle in truth.
    var spun = Nanoseconds.zero
    /// When the last request of the window was sent.
    var lastSend = Instant(raw: 0)
    /// How late the first request of the window was sent; nil before that.
    var firstLateness: Nanoseconds?
    /// Whether requests of the warm-up were still to be sent when the window began.
    var hasWarmUpBacklog = false
    /// Requests of the warm-up that were given up unsent, and all of the window behind them.
    var warmUpUnsent: UInt64 = 0

    /// Requests of the window that wait for their connection, and those that were due while there
    /// was no room for them to wait.
    var waitingOfWindow = 0
    var heldBack: UInt64 = 0

    /// The last call that the kernel refused since the window began.
    var lastRefusal: StreamError?
    /// The first failure of the window.
    var firstFailure: FailureNote?
    /// Whether the peer ever sent something on a fresh connection before it was asked.
    var peerSpeaksFirst = false

    var isStopped = false
    /// Nobody wants to wait for what is under way.
    var isCutShort = false
    /// The window is over; only what is due or under way is still seen to.
    var isDraining = false
    var sweepPosition = 0
    /// Between two ticks; a sweep looks at one piece of the connections a tick.
    let tick: Nanoseconds
    /// Successes of the window that were already handed to the coordinator.
    var published: UInt64 = 0
    var rates = RateBins()
    var borders = BorderShares()
    /// Connections whose subscription has brought no event from behind the window.
    var unheard: Int
    /// Successes in the window to requests of the warm-up: a part of its rate over time, not of its
    /// result.
    var entered: UInt64 = 0
    /// Requests of the window that were sent and whose lateness was already handed over.
    var publishedSends: UInt64 = 0

    init(connections: Int, timeout: Nanoseconds) {
        unheard = connections
        let pieces = (connections + Limit.sweepPiece - 1) / Limit.sweepPiece
        let wanted = timeout / (Limit.sweepsPerTimeout * Int64(pieces))
        tick = min(max(wanted, Limit.tickShortest), Limit.tickLongest)
    }

    @inline(always)
    mutating func noteIdleSpin(from before: Instant, to now: Instant) {
        if isIdleSpin { spun = spun + now.since(before) }
    }

    /// Whether a connect to a Unix socket may be tried again: where TCP waits, a full queue refuses
    /// at once (connect(2), EAGAIN).
    mutating func mayWaitForListener(_ plan: GeneratorPlan, _ now: Instant) -> Bool {
        let since = fullSince ?? now
        fullSince = since
        return now.since(since) <= plan.timeout
    }

    /// When sending requests of the window began: its start, unless a backlog of the warm-up had to
    /// be sent first. Nil when that took all the time there was.
    func sentFrom(_ window: Window) -> Instant? {
        if warmUpUnsent > 0 { return nil }
        return window.start + (hasWarmUpBacklog ? firstLateness ?? .zero : .zero)
    }

    mutating func startMeasuring(_ window: Window) {
        rates = RateBins(window)
        borders = BorderShares()
        entered = 0
        published = 0
        publishedSends = 0
        lastRefusal = nil
    }
}
