import Basis
import Platform
import Report
import Secure
import Wire

/// How the threads of a plan are started.
extension Coordinator {
    /// One exhaustive switch over transports, protocols and pacings; below it everything is
    /// specialised.
    func startThreads() throws(Failure) -> [GeneratorThread] {
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
            if plan.redirects > 0 {
                let scope = RedirectScope(
                    scheme: plan.url.schemeName, authority: plan.url.authority,
                    most: plan.redirects)
                return try startThreads(over: stream, context) { _ in
                    ComposedHTTP1Client(request, within: scope, pipeline: pipeline)
                }
            }
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
}
