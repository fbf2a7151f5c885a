import Basis
import Measure
package import Platform
import Report
package import Secure

/// One generator thread: its connections, its schedule and what it counted.
///
/// Everything that varies is a type: the system calls, the transport, the protocol, the pacing and
/// the clock. The choice is made once, before the thread starts; the loop is compiled for it.
package struct Generator<
    K: Kernel, Stream: StreamTransport & ~Copyable, Client: ProtocolClient & ~Copyable,
    Pace: Pacing, Time: TimeSource
>: ~Copyable {
    let plan: GeneratorPlan
    /// Whether a flush is anything but one plain write.
    let isShaped: Bool
    let control: GeneratorControl
    let time: Time
    let context: Stream.Context
    let poller: Poller
    let buffer: ReceiveBuffer
    var kernel: K
    var workspace = Stream.makeWorkspace()
    var client: Client
    var pacing: Pace
    var events: EventBuffer
    var table: ConnectionTable<Stream, Client.Session>
    var tally = LoadTally()
    /// Of each kind, where kinds are told apart.
    var kinds: KindTallies

    /// The clock as last read. Taken before a send and after a receive, never reused across a
    /// system call that it is to time.
    var now: Instant
    /// Whether `now` was read since the last wait.
    var isClockFresh = false
    /// Requests are recorded when their intended start lies here or later, so that nothing of the
    /// warm-up is, not even what it leaves under way.
    var recordsFrom = Instant.distantFuture
    /// No request with an intended start here or later is sent.
    var sendsUntil = Instant(raw: 0)
    /// When something other than a due request has to be looked after.
    var nextTick = Instant(raw: 0)
    /// A boundary of the current phase that a wait must not sleep past.
    var phaseEnd = Instant.distantFuture
    var inFlight = 0
    /// Over the whole run.
    var bytesRead: UInt64 = 0
    var bytesWritten: UInt64 = 0
    /// Whether requests are due and no connection is free.
    var isBacklogged = false
    /// Whether each request has a connection of its own.
    let isSkewed: Bool
    /// What draws it, and what waits for it.
    var chooser: ConnectionChooser
    var queues: RequestQueues
    /// Connections with room for a request, the longest idle first.
    var idle: IndexQueue
    /// Closed connections that wait to be due, where connections are.
    var spare: IndexQueue
    /// Connections that failed, in the order in which they may be tried again.
    var waiting: IndexQueue
    /// Connections whose stream has bytes that no readiness announces.
    var unread: IndexQueue
    /// Requests under way that no connection carries: an earlier one left them unprocessed.
    var unprocessed: [RequestTimes] = []
    /// The same, but not to go out before an opening is done: the server has refused them for that.
    var tooEarly: [RequestTimes] = []
    /// The intended starts of requests that the server has put off, and when they are sent again.
    var deferred: [(intended: Instant, due: Instant)] = []
    /// When the next of them is.
    var nextDeferred = Instant.distantFuture
    /// From here on no request is sent again.
    var triesUntil = Instant.distantFuture
    /// How often requests that are not yet ended have been sent again, by their intended starts.
    var tries: [Instant: Int] = [:]
    /// Whether requests are sent again at all.
    let isRetrying: Bool
    /// Whether the intended start of a request names it, to itself or to the server.
    let isNaming: Bool
    /// No session has to be woken before.
    var nextWake = Instant.distantFuture
    var upkeep: Upkeep
    /// Requests that may still be begun before the window ends.
    var requestsLeft: Int
    var openingTimes = OpeningTimes()

    package init(
        plan: GeneratorPlan, control: GeneratorControl, kernel: K, context: Stream.Context,
        client: consuming Client, pacing: Pace, time: Time
    ) throws(SystemError) {
        self.plan = plan
        isRetrying = plan.retries > 0
        isNaming = isRetrying || plan.hasKeys || Client.follows
        isShaped = !plan.transmission.isPlain
        isSkewed = !plan.weights.isEmpty
        chooser = ConnectionChooser(weights: plan.weights, generator: plan.draws)
        queues = RequestQueues(
            connections: plan.weights.count,
            capacity: plan.weights.isEmpty ? 0 : Limit.requestsWaiting)
        self.control = control
        self.time = time
        self.context = context
        self.kernel = kernel
        self.pacing = pacing
        poller = try Poller()
        buffer = ReceiveBuffer()
        events = EventBuffer()
        table = ConnectionTable(count: plan.connections, of: client)
        idle = IndexQueue(capacity: plan.connections)
        spare = IndexQueue(capacity: pacing.opensConnections ? plan.connections : 0)
        waiting = IndexQueue(capacity: plan.connections)
        unread = IndexQueue(capacity: Stream.holdsBytes ? plan.connections : 0)
        requestsLeft = plan.requests ?? .max
        upkeep = Upkeep(connections: plan.connections, timeout: plan.timeout)
        now = time.now
        kinds = KindTallies(count: client.kinds)
        self.client = client
    }

    /// Runs from the first connect to the last answer. The result holds what the coordinator has
    /// not collected; nil when the run ended before it began.
    package mutating func run() -> GeneratorResult? {
        connectAll()
        guard control.openingRefusal == nil, let start = awaitStart() else {
            control.enter(.finished)
            return nil
        }
        var window = Window(start: start + plan.warmUp, duration: plan.duration)
        sendsUntil = window.end
        recordsFrom = window.start
        pacing.start(at: start)
        if plan.warmUp > .zero { warmUp(before: &window) }
        beginMeasuring(window)
        let before = usage
        startConnections()
        work(until: &window)
        let after = usage
        let ended = max(window.start, min(now, window.end))
        drain(window)
        control.enter(.finished)
        return GeneratorResult(
            window: Window(start: window.start, duration: ended.since(window.start)),
            sentFrom: upkeep.sentFrom(window), sentUntil: max(window.start, upkeep.lastSend),
            warmUpUnsent: upkeep.warmUpUnsent, heldBack: upkeep.heldBack,
            usage: after.since(before),
            hasSentAll: requestsLeft == 0, connectionsOpened: upkeep.openings,
            handshakes: upkeep.handshakes,
            openingTimes: takeOpeningTimes(),
            served: table.servedCounts,
            rates: upkeep.rates.values, borders: upkeep.borders, lastRefusal: upkeep.lastRefusal,
            firstFailure: upkeep.firstFailure, location: client.location,
            tally: takeTally(), kinds: takeKinds())
    }

    /// Phase 1: every connection is established before anything is sent. Where connections are due
    /// by a schedule, one shows that they can be made.
    private mutating func connectAll() {
        control.enter(.connecting)
        now = time.now
        phaseEnd = .distantFuture
        let wanted = pacing.opensConnections || opensLate ? 1 : table.count
        while upkeep.opened < wanted, control.openingRefusal == nil, !control.isStopAsked {
            while upkeep.unopened < wanted, upkeep.opening < Limit.connectsInProgress {
                open(upkeep.unopened)
                upkeep.unopened += 1
            }
            turn()
            control.report(established: upkeep.opened)
        }
        if pacing.opensConnections {
            awaitDueConnections()
        } else if opensLate {
            closeFirst()
        }
    }

    /// Phase 2: waits for the other threads. Nil when the run is called off.
    private mutating func awaitStart() -> Instant? {
        control.enter(.ready)
        while true {
            if control.isStopAsked { return nil }
            if let start = control.start {
                phaseEnd = start
                while now < start {
                    turn()
                    now = time.now
                }
                return start
            }
            phaseEnd = time.now + Nanoseconds.milliseconds(1)
            turn()
        }
    }

    /// Phase 3: the load is on, nothing is recorded.
    private mutating func warmUp(before window: inout Window) {
        control.enter(.warmUp)
        startConnections()
        phaseEnd = window.start
        while now < window.start, !upkeep.isStopped { turn() }
        if upkeep.isStopped { cut(&window) }
    }

    /// Closed loop: the first request of every connection that has none, each with a clock reading
    /// of its own, since sending thousands takes milliseconds. Open loop: all connections are free.
    private mutating func startConnections() {
        if opensLate { openLate() }
        for index in 0..<table.count where table[index].isOpen && isTrusted(index) {
            if !pacing.isOpenLoop { now = time.now }
            makeAvailable(index)
        }
    }

    /// Phase 4 begins.
    private mutating func beginMeasuring(_ window: Window) {
        // A run that was stopped while warming up has nothing to record.
        if window.duration == .zero { recordsFrom = .distantFuture }
        upkeep.startMeasuring(window)
        upkeep.hasWarmUpBacklog = pacing.next < window.start
        upkeep.lastOpen = now
        phaseEnd = window.end
        control.enter(.measuring)
    }

    private var usage: Usage {
        Usage(
            of: kernel, spun: upkeep.spun, bytesRead: bytesRead, bytesWritten: bytesWritten,
            watching: plan.watchedCPUs)
    }

    private mutating func work(until window: inout Window) {
        while now < window.end {
            turn()
            if upkeep.isStopped || requestsLeft == 0 && inFlight == 0 { cut(&window) }
        }
        upkeep.rates.finish(at: now, counts)
    }

    /// Phase 5: no new request begins; those due in the window are still sent while there is hope,
    /// and every one under way is awaited for as long as its time limit allows. Subscriptions go on
    /// until each has brought an event from behind the window.
    private mutating func drain(_ window: Window) {
        control.enter(.draining)
        upkeep.isDraining = true
        let givesUp = window.end + plan.timeout
        phaseEnd = givesUp
        triesUntil = givesUp + Limit.triesBehindEnd
        if window.duration == .zero { upkeep.unheard = 0 }
        while isUnfinished {
            if upkeep.isCutShort {
                abandonBacklog()
                abandonUnderWay()
                abandonEvents()
            } else if now >= givesUp {
                if pacing.opensConnections, phaseEnd < .distantFuture { carryNoMore() }
                phaseEnd = .distantFuture
                abandonBacklog()
                abandonEvents()
            }
            if isUnfinished { turn() }
        }
    }

    private var isUnfinished: Bool {
        inFlight > 0 || pacing.next < sendsUntil || awaitsEvents || carriesConnections
            || queues.count > 0
    }

    private mutating func cut(_ window: inout Window) {
        window.cut(at: now)
        sendsUntil = window.end
    }

    /// Counts the due requests that never found a free connection, at the age they have reached.
    private mutating func abandonBacklog() {
        while pacing.next < sendsUntil {
            if pacing.next >= recordsFrom {
                giveUpUnsent(pacing.next, "no connection was ever free")
            } else {
                upkeep.warmUpUnsent += 1
            }
            pacing.advance()
        }
        if isSkewed { abandonWaiting() }
    }

    /// A request of the window that was due at `intended` is not sent any more.
    mutating func giveUpUnsent(_ intended: Instant, _ reason: String) {
        tally.response.record(now.since(intended))
        tally.errors.timeout += 1
        tally.unsent += 1
        if wantsFailure { noteFailure(.timeout, FailureText(reason: reason)) }
    }

    /// Counts what is under way as lost, at the age it has reached.
    private mutating func abandonUnderWay() {
        if pacing.opensConnections { return abandonConnections() }
        abandonDeferred()
        for index in 0..<table.count where table[index].inFlight > 0 {
            if table[index].isOpen {
                lose(index, because: .timeout, timeoutText(index))
            } else {
                keepUnprocessed(index)
            }
        }
        loseUnprocessed(after: .zero)
    }

    private mutating func takeTally() -> LoadTally {
        var taken = LoadTally()
        swap(&taken, &tally)
        return taken
    }

    private mutating func takeOpeningTimes() -> OpeningTimes {
        var taken = OpeningTimes()
        swap(&taken, &openingTimes)
        return taken
    }

    private mutating func takeKinds() -> KindTallies {
        var taken = KindTallies(count: 0)
        swap(&taken, &kinds)
        return taken
    }
}
