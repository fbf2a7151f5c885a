package import Basis
import Measure
package import Platform
import Report
import Secure
import Wire

/// Runs a plan: starts the generator threads, begins and ends the phases for all of them together,
/// shows progress, and puts what they bring home into one result.
package struct Coordinator: ~Copyable {
    private(set) var plan: LoadPlan
    private let signals: TerminationSignals
    private let poller: Poller
    private let bell: EndBell
    private let unixOffset = ClockOffset.read()
    private var total = LoadTally()
    private var intervals: [IntervalRecord] = []
    /// Where the next interval begins: when the threads last handed their counts over, in the mean.
    private var boundary = Instant(raw: 0)
    private var interruption = Interrupts()

    /// How a run can end without a result.
    package enum Failure: Error, Equatable {
        case complaint(Complaint)
        /// The user does not even want to wait for the report.
        case interrupted
    }

    /// - Parameter signals: made before any thread was, so that only this one takes them.
    package init(_ plan: LoadPlan, signals: consuming TerminationSignals) throws(SystemError) {
        let poller = try Poller()
        let bell = try EndBell()
        try signals.watch(with: poller, token: 0)
        try bell.watch(with: poller, token: 1)
        self.plan = plan
        self.poller = poller
        self.signals = signals
        self.bell = bell
    }

    /// - Parameter progress: called once a second.
    package mutating func run(
        progress: (LoadProgress) -> Void
    ) throws(Failure) -> LoadResult {
        try reserveDescriptors()
        if plan.opensFast {
            do throws(Complaint) { try FastOpen.check(.client) } catch { throw .complaint(error) }
        }
        // The other CPUs belong to the server.
        if let cpus = plan.cpus { try? cpus.bindThisThread() }
        let team = try connect()
        let company = try assembleCompany()
        let began = WallClock.nanoseconds
        let start = try start(after: MonotonicClock.now)
        begin(at: start)
        for member in team { member.control.begin(at: start) }
        try follow(team, from: start, progress: progress)
        let reports = company.compactMap { $0.dismiss() }
        var result = gather(team, began: Nanoseconds(raw: began), start: start)
        result.add(reports)
        return result
    }

    /// When the load begins: at once, or with the first of the turns that it shares.
    func start(after now: Instant) throws(Failure) -> Instant {
        let soonest = now + Nanoseconds.milliseconds(1)
        guard let turns = plan.turns else { return soonest }
        let away = max(turns.start.since(now), now.since(turns.start))
        guard turns.start > now ? away <= Limit.duration : away <= Limit.turnsAgo else {
            throw .complaint(
                Complaint(
                    "the turns of --turn begin \(away.display)"
                        + (turns.start > now ? " from now" : " ago"),
                    remedy: "count them from a moment that is just to come", status: .failure))
        }
        return max(soonest, turns.start)
    }

    /// The first interval begins here.
    mutating func begin(at start: Instant) { boundary = start }

    private func reserveDescriptors() throws(Failure) {
        let beside = plan.company.reduce(0) { $0 + $1.connections }
        let wanted = plan.connections + beside + plan.threads + Limit.spareDescriptors
        if DescriptorLimit.raise(to: wanted) { return }
        throw .complaint(
            Complaint(
                "\(plan.connections + beside) connections need \(wanted) open files, but the limit"
                    + " is \(DescriptorLimit.current.hard)",
                remedy: "raise it with `ulimit -n \(wanted)`, or give fewer --connections",
                status: .failure))
    }

    /// One exhaustive switch over transports, protocols and pacings; below it everything is
    /// specialised.
    private func startThreads() throws(Failure) -> [GeneratorThread] {
        if let tls = plan.tls { return try startThreads(over: TLSStream.self, tls) }
        return try startThreads(over: PlainStream.self, PlainStream.Context())
    }

    private func startThreads<Stream: StreamTransport & SendableMetatype & ~Copyable>(
        over stream: Stream.Type, _ context: Stream.Context
    ) throws(Failure) -> [GeneratorThread] {
        switch plan.application {
        case .h1 where !plan.mix.isEmpty:
            let requests = plan.mix.map(\.request.bytes)
            let pipeline = plan.pipeline
            let chooser = chooserOfThread
            if plan.mix.contains(where: \.isTemplated) {
                let (mix, texts, filler) = (plan.mix, plan.mixTexts, fillerOfThread)
                return try startThreads(over: stream, context) { index in
                    ComposedHTTP1Client(
                        TemplatedRequests(mix, texts, chooser: chooser(index)) {
                            filler($0, index)
                        },
                        like: requests[0], answersHead: false, pipeline: pipeline)
                }
            }
            return try startThreads(over: stream, context) { index in
                ComposedHTTP1Client(
                    requests: requests, chooser: chooser(index), pipeline: pipeline)
            }
        case .h2 where !plan.mix.isEmpty:
            let scheme = plan.url.isSecure ? "https" : "http"
            let requests: [HTTP2Request]
            do throws(Complaint) {
                requests = try plan.mix.map { (kind) throws(Complaint) in
                    try HTTP2Request(
                        kind.request, scheme: scheme, isTemplated: kind.isTemplated)
                }
            } catch {
                throw .complaint(error)
            }
            let streams = plan.streams
            let chooser = chooserOfThread
            if plan.mix.contains(where: \.isTemplated) {
                let (mix, texts, filler) = (plan.mix, plan.mixTexts, fillerOfThread)
                return try startThreads(over: stream, context) { index in
                    let filled = TemplatedHTTP2Requests(
                        requests, mix, texts, chooser: chooser(index)
                    ) { filler($0, index) }
                    return ComposedHTTP2Client(filled, streams: streams)
                }
            }
            return try startThreads(over: stream, context) { index in
                ComposedHTTP2Client(
                    MixedHTTP2Requests(requests, chooser: chooser(index)), streams: streams)
            }
        case .h1:
            let request = plan.request
            let pipeline = plan.pipeline
            if plan.hasKeys {
                // Not of the seed: runs that share one must not share keys.
                let run = UInt64.random(in: .min ... .max)
                return try startThreads(over: stream, context) { index in
                    ComposedHTTP1Client(
                        request: request.bytes, run: run ^ UInt64(index) << 48,
                        answersHead: request.answersHead, pipeline: pipeline)
                }
            }
            return try startThreads(over: stream, context) { _ in
                HTTP1Client(
                    request: request.bytes, answersHead: request.answersHead, pipeline: pipeline)
            }
        case .h2(let request):
            let streams = plan.streams
            return try startThreads(over: stream, context) { _ in
                HTTP2Client<HTTPExchange>(request: request, streams: streams)
            }
        case .grpc(let request, let kind):
            let streams = plan.streams
            if kind.answersInParts {
                return try startThreads(over: stream, context) { _ in
                    HTTP2Client<GRPCExchange<ManyMessages>>(request: request, streams: streams)
                }
            }
            return try startThreads(over: stream, context) { _ in
                HTTP2Client<GRPCExchange<OneMessage>>(request: request, streams: streams)
            }
        case .ws(let request):
            switch request.use {
            case .echoes:
                return try startThreads(
                    over: stream, context,
                    speaking: webSocket(request, for: Echoes.self))
            case .timedEchoes:
                return try startThreads(
                    over: stream, context,
                    speaking: webSocket(request, for: TimedEchoes.self))
            case .subscriptions:
                return try startThreads(
                    over: stream, context,
                    speaking: webSocket(request, for: Subscriptions.self)
                ) { _ in ClosedPacing() }
            }
        case .sse:
            let request = plan.request
            return try startThreads(over: stream, context) { _ in
                EventStreamClient(request: request.bytes, answersHead: request.answersHead)
            }
        case .subscription(let request):
            let patience = min(Limit.subscriptionSilence, plan.timeout / 2)
            let client: @Sendable (Int) -> EventSubscriber = { _ in
                EventSubscriber(request, patience: patience)
            }
            return try startThreads(
                over: stream, context, speaking: client
            ) { _ in ClosedPacing() }
        }
    }

    /// What draws the kinds of a mix, by the numbers of threads.
    private var chooserOfThread: @Sendable (Int) -> KindChooser {
        let weights = plan.mix.map(\.weight)
        let seed = UInt64(bitPattern: plan.seed)
        // Other streams of the seed than those of the schedules.
        let first = plan.threads
        return { index in
            KindChooser(
                weights: weights, generator: .stream(seed: seed, index: first + index))
        }
    }

    /// What fills the places of a mix's requests, by the numbers of threads.
    private var fillerOfThread: @Sendable (RequestTexts, Int) -> RequestFiller {
        let (seed, threads) = (UInt64(bitPattern: plan.seed), plan.threads)
        return { texts, index in
            // Another stream of the seed than those of the schedules, the kinds and the skew.
            RequestFiller(
                texts, thread: index, of: threads,
                generator: .stream(seed: seed, index: 3 * threads + index))
        }
    }

    private func webSocket<Use: WebSocketUse>(
        _ request: WebSocketRequest, for use: Use.Type
    ) -> @Sendable (Int) -> WebSocketClient<Use> {
        let window = plan.streams
        let seed = UInt64(bitPattern: plan.seed)
        // Other streams of the seed than those of the schedules.
        let first = plan.threads
        let offset = unixOffset
        return { index in
            var seeds = SeededGenerator.stream(seed: seed, index: first + index)
            return WebSocketClient(
                request: request, window: window, seed: seeds.next(), unixOffset: offset)
        }
    }

    private func startThreads<
        Stream: StreamTransport & SendableMetatype & ~Copyable, Client: ProtocolClient & ~Copyable
    >(
        over stream: Stream.Type, _ context: Stream.Context,
        speaking clientOfThread: @escaping @Sendable (Int) -> Client
    ) throws(Failure) -> [GeneratorThread] {
        let schedule = scheduleOfThread
        if Stream.holdsBytes {
            return try startThreads(over: stream, context, speaking: clientOfThread) {
                AnyPacing(schedule?($0))
            }
        }
        guard let schedule else {
            return try startThreads(over: stream, context, speaking: clientOfThread) { _ in
                ClosedPacing()
            }
        }
        return try startThreads(over: stream, context, speaking: clientOfThread, pacing: schedule)
    }

    /// What makes the schedules of threads, by their numbers; nil for a closed loop.
    private var scheduleOfThread: ((Int) -> OpenPacing)? {
        let (turns, threads, opens) = (plan.turns, plan.threads, plan.opensConnections)
        let burst = plan.burst
        switch plan.arrivals {
        case .closed, .subscribe, .search: return nil
        case .constant(let rate):
            let share = shares(of: rate)
            return { index in
                let phase = Double(index) / Double(threads)
                return OpenPacing(
                    .constant(ConstantPacing(rate: share[index], phase: phase, turns: turns)),
                    opensConnections: opens, burst: burst)
            }
        case .poisson(let rate):
            let share = shares(of: rate)
            let seed = UInt64(bitPattern: plan.seed)
            return { index in
                let generator = SeededGenerator.stream(seed: seed, index: index)
                return OpenPacing(
                    .poisson(PoissonPacing(rate: share[index], generator: generator, turns: turns)),
                    opensConnections: opens, burst: burst)
            }
        }
    }

    private func startThreads<
        Stream: StreamTransport & SendableMetatype & ~Copyable, Client: ProtocolClient & ~Copyable,
        Pace: Pacing
    >(
        over stream: Stream.Type, _ context: Stream.Context,
        speaking clientOfThread: @escaping @Sendable (Int) -> Client,
        pacing: (Int) -> Pace
    ) throws(Failure) -> [GeneratorThread] {
        var team: [GeneratorThread] = []
        let watched = plan.watchedCPUs
        // Asked for the first time it is tried, which is not to happen under load.
        if watched != nil { _ = CPUAccounting.interruptsAreApart }
        for index in 0..<plan.threads {
            var part = plan.share(ofThread: index)
            if index == 0 { part.watchedCPUs = watched }
            part.unixOffset = unixOffset
            part.messageInterval = plan.messageInterval
            let member = GeneratorThread(part, bell: bell)
            let client: @Sendable () -> Client = { clientOfThread(index) }
            try member.start(
                over: stream, context, speaking: client, pacing: pacing(index))
            team.append(member)
        }
        return team
    }

    /// What the schedule of each thread has of a rate, whose bursts are its events.
    private func shares(of rate: PerSecond) -> [PerSecond] {
        plan.shares(of: rate).map { PerSecond(raw: $0.raw / Double(plan.burst)) }
    }

    /// Starts threads and waits until every connection stands, at the first of the host's addresses
    /// where one can be made.
    private mutating func connect() throws(Failure) -> [GeneratorThread] {
        var tried: [String] = []
        while true {
            let team = try startThreads()
            guard let refusal = try awaitConnections(team) else { return team }
            let reason = reason(refusal)
            let address = team.lazy.compactMap(\.control.refusingAddress).first
            tried.append("\(address ?? plan.destination): \(reason)")
            guard refusal.isOfDestination, !team.contains(where: { $0.control.established > 0 }),
                !plan.alternatives.isEmpty
            else { throw .complaint(complaint(refusal, team, tried)) }
            for member in team { member.control.stop() }
            for member in team { _ = member.join() }
            plan.destination = plan.alternatives.removeFirst()
        }
    }

    /// Waits until every connection stands, or one is refused for good.
    private func awaitConnections(
        _ team: [GeneratorThread]
    ) throws(Failure) -> OpeningRefusal? {
        while team.contains(where: { $0.control.phase == .connecting }) {
            if let refusal = refusal(in: team) { return refusal }
            if signal(within: .milliseconds(1)) {
                throw .interrupted
            }
        }
        return refusal(in: team)
    }

    private func refusal(in team: [GeneratorThread]) -> OpeningRefusal? {
        for member in team {
            if let refusal = member.control.openingRefusal { return refusal }
        }
        return nil
    }

    func reason(_ refusal: OpeningRefusal) -> String {
        switch refusal {
        case .refused(.system(let error)) where plan.destination.isUnix && error.wouldBlock:
            "its queue of connections stayed full for \(plan.timeout.display)"
        case .refused(let error): error.reason
        case .sourceRefused(_, let error): error.reason
        case .declined(let reason): reason
        case .tookTooLong: "no answer within \(plan.timeout.display)"
        }
    }

    /// - Parameter tried: every address that was tried with its reason, the last one last.
    private func complaint(
        _ refusal: OpeningRefusal, _ team: [GeneratorThread], _ tried: [String]
    ) -> Complaint {
        if case .sourceRefused(let source, let error) = refusal {
            return Complaint(
                "can't send from \(source.numericHost): \(error.reason)",
                remedy: "name addresses of this machine in --source-ips", status: .failure)
        }
        let made = team.reduce(0) { $0 + $1.control.established }
        if made > 0 {
            let isUnix = plan.destination.isUnix
            return Complaint(
                "can't connect to \(tried.last ?? "\(plan.destination)"), after \(made) of"
                    + " \(plan.connections) connections",
                remedy: "let the server take more, give fewer --connections"
                    + (isUnix ? "" : ", or more --source-ips"),
                status: .failure)
        }
        let host = tried.count > 1 ? "\(plan.url.host) at " : ""
        return Complaint(
            "can't connect to \(host)\(tried.joined(separator: ", "))",
            remedy: refusal.remedy
                ?? ("start the server there, or mend the "
                    + (plan.destination.isUnix ? "path" : "URL")),
            status: .failure)
    }

    /// Waits for a signal or for the end of a thread, for ever where `span` is nil. Says whether it
    /// was a signal: both kinds mean the same, to end and say what there is.
    func signal(within span: Nanoseconds?) -> Bool {
        var kernel = LinuxKernel()
        var events = EventBuffer(capacity: 2)
        try? kernel.wait(on: poller, for: &events, timeout: span.map { max(.zero, $0) })
        return signals.next() != nil
    }

    /// Nobody is disturbed for counts that nobody looks at.
    private var wantsIntervals: Bool { !plan.isQuiet || plan.outputs.wantsIntervals }

    private mutating func follow(
        _ team: [GeneratorThread], from start: Instant, progress: (LoadProgress) -> Void
    ) throws(Failure) {
        var next = start + Limit.progressInterval
        // At the end the threads tell all they have, and nothing when they are asked.
        let end = start + plan.warmUp + plan.duration
        while team.contains(where: { $0.control.phase != .finished }) {
            if wantsIntervals, MonotonicClock.now >= next {
                if next < end { collect(team, start: start, progress: progress) }
                next = next + Limit.progressInterval
            }
            // Never to look whether something has happened: this thread may share its CPU with one
            // that a request is due on.
            if signal(within: wantsIntervals ? next.since(MonotonicClock.now) : nil) {
                interruption.note(after: MonotonicClock.now.since(start))
                switch interruption.count {
                case 1: for member in team { member.control.stop() }
                case 2: for member in team { member.control.endWait() }
                default: throw .interrupted
                }
            }
        }
    }

    /// Takes what the threads counted in the interval that ends when they hand it over.
    mutating func collect(
        _ team: [GeneratorThread], start: Instant, progress: (LoadProgress) -> Void
    ) {
        for member in team { member.control.askForCounts() }
        blockThread(for: Limit.tickLongest + Limit.tickLongest / 2)
        var interval = LoadTally()
        let end = takeCounts(of: team, into: &interval)
        let length = end.since(boundary)
        progress(LoadProgress(interval, plan: plan, elapsed: end.since(start), length: length))
        close(interval, at: end, start: start)
    }

    /// Adds what lies in the mailboxes to `interval`, and says when it was put there, in the mean.
    /// Where nothing was, that is now: a thread without a CPU has counted nothing either.
    private func takeCounts(of team: [GeneratorThread], into interval: inout LoadTally) -> Instant {
        var offers: [Nanoseconds] = []
        for member in team {
            guard let at = member.control.collect(into: &interval) else { continue }
            offers.append(at.since(boundary))
        }
        if offers.isEmpty { return max(boundary, MonotonicClock.now) }
        let sum = offers.reduce(Nanoseconds.zero, +)
        return max(boundary, boundary + sum / Int64(offers.count))
    }

    /// Ends an interval; the next one begins at the same instant. Samples lie behind the warm-up.
    private mutating func close(
        _ interval: borrowing LoadTally, at end: Instant, start: Instant, isLast: Bool = false
    ) {
        let began = max(boundary, start + plan.warmUp)
        if plan.outputs.wantsIntervals {
            let record = IntervalRecord(
                interval, start: began.since(start), length: max(.zero, end.since(began)))
            // A second in which nothing came is told, too; the wait for the end is none.
            if !record.isEmpty || !isLast && record.length > .zero { intervals.append(record) }
        }
        total.add(interval)
        boundary = end
    }

    /// Waits for the threads and adds up what they bring home, also what they handed over after the
    /// last look into their mailboxes.
    mutating func gather(
        _ team: [GeneratorThread], began: Nanoseconds, start: Instant
    ) -> LoadResult {
        var result = LoadResult(plan: plan, began: began, interruption: interruption)
        var rest = LoadTally()
        for member in team {
            let outcome = member.join()
            _ = member.control.collect(into: &rest)
            guard var outcome else { continue }
            rest.add(outcome.takeTally())
            result.add(outcome)
        }
        close(rest, at: MonotonicClock.now, start: start, isLast: true)
        result.add(total, intervals: intervals)
        return result
    }
}
