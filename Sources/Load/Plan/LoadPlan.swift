package import Basis
package import Platform
package import Report
package import Secure
package import Wire

/// Everything a run needs to know, checked; made from the command line by `LoadOptions`.
package struct LoadPlan: Sendable {
    /// What is spoken.
    package enum Application: Equatable, Sendable {
        case h1
        /// With the request as its fields say it.
        case h2(HTTP2Request)
        case grpc(HTTP2Request, GRPCKind)
        case ws(WebSocketRequest)
        /// Answers that are streams of events, in HTTP/1.1.
        case sse
        /// One such answer for good, or for a while and again.
        case subscription(SubscriptionRequest)

        /// As `--protocol` and the report name it.
        package var name: String {
            switch self {
            case .h1: "h1"
            case .h2: "h2"
            case .grpc: "grpc"
            case .ws: "ws"
            case .sse, .subscription: "sse"
            }
        }

        /// Whether each answer has a code of its own.
        var hasCodes: Bool {
            switch self {
            case .h1, .h2, .grpc, .sse: true
            case .ws, .subscription: false
            }
        }

        /// What the two ends of TLS call it.
        var overTLS: ApplicationProtocol {
            switch self {
            case .h2, .grpc: .http2
            case .h1, .ws, .sse, .subscription: .http11
            }
        }

        /// Whether the delivery of events is measured instead of requests.
        package var subscribes: Bool {
            switch self {
            case .subscription: true
            case .ws(let request): request.use == .subscriptions
            case .h1, .h2, .grpc, .sse: false
            }
        }
    }

    package var url: TargetURL
    /// Where connections go.
    package var destination: SocketAddress
    /// Other addresses of the same host, to be tried in this order where no connection can be made
    /// to the one before.
    package var alternatives: [SocketAddress] = []
    /// Further addresses that connections go to by turns.
    package var others: [SocketAddress] = []
    package var application = Application.h1
    /// What connections are made with; nil for plain ones.
    package var tls: TLSContext?
    package var request: HTTP1.RequestTemplate
    /// The kinds that requests are drawn from; empty where all are alike, and as `request` says.
    package var mix: [MixedRequest] = []
    /// The values that fill places in them.
    var mixTexts = RequestTexts()
    package var connections = 64
    package var threads = 1
    package var arrivals = Arrival.closed
    /// How many arrive at once each time.
    package var burst = 1
    /// Which connection what arrives goes to.
    package var skew = Skew.even
    /// Whether what arrives is connections, each with its requests.
    package var opensConnections = false
    /// When requests may be sent at all; nil for always.
    package var turns: Turns?
    package var duration = Nanoseconds.seconds(10)
    /// Requests behind which the measured phase ends, if it has not ended before; nil for any
    /// number.
    package var requests: Int?
    /// From one message of an answer to the next, where they are due at times.
    package var messageInterval = Nanoseconds.zero
    package var warmUp = Nanoseconds.seconds(1)
    package var pipeline = 1
    package var streams = 1
    package var requestsPerConnection: Int?
    /// How often a request that was lost or put off is sent again.
    package var retries = 0
    /// How many redirections of a request are followed.
    package var redirects = 0
    /// Where metrics are to be had while the load is on; nil for nowhere.
    package var metrics: SocketAddress?
    /// Whether each request has an Idempotency-Key of its own.
    package var hasKeys = false
    package var timeout = Nanoseconds.seconds(2)
    package var sendsAtOnce = true
    package var transmission = Transmission()
    /// Whether connections end by a reset.
    package var resets = false
    /// Whether SYNs carry the first data (TCP Fast Open).
    package var opensFast = false
    package var sources: [SocketAddress] = []
    /// Thread i runs on the i-th of these; nil leaves it to the scheduler.
    package var cpus: CPUSet?
    /// Whether the server may run on the generator's CPUs, so that its work there is no
    /// disturbance; nil where nobody has said.
    package var sharesCPUs: Bool?
    package var spins = false
    /// Connections beside the measured ones that never ask, that read slowly and send slowly.
    package var idle = 0
    package var slowReaders: SlowPeers?
    package var slowSenders: SlowPeers?
    /// In 0...2^63-1, so that JSON carries it.
    package var seed: Int64
    package var objectives: [Objective] = []
    /// Runs at other rates than that of `arrivals`; nil for one run.
    package var steps: LoadSteps?
    package var outputs = Outputs()
    package var isQuiet = false
    /// Whether the text draws the latencies' distribution.
    package var drawsHistogram = false

    /// Where results are written besides the terminal; `-` is the standard output.
    package struct Outputs: Equatable, Sendable {
        /// The kinds of results, by the names of their options.
        package enum Kind: String, Sendable, CaseIterable { case json, csv, hlog, hgrm, series }

        package var paths: [Kind: String] = [:]

        /// Whether what each second brought is kept.
        var wantsIntervals: Bool { paths[.hlog] != nil || paths[.series] != nil }

        /// Whether the standard output belongs to a machine, so that people are told elsewhere.
        package var takeStandardOutput: Bool { paths.values.contains("-") }
    }

    /// The CPUs that the generator was given for itself; nil where it shares them by turns or by
    /// the user's word. Without a word they are its own when whoever started it may run on more,
    /// for the server may then run on the others.
    package var watchedCPUs: CPUSet? {
        let own = cpus ?? .available
        guard turns == nil else { return nil }
        let isShared = sharesCPUs ?? !(CPUSet.ofParent.map { own.isPart(of: $0) } ?? false)
        return isShared ? nil : own
    }

    /// What the connections beside the measured ones do, kind by kind.
    package var company: [CompanyScript] {
        let host = Array(url.authority.utf8)
        var company: [CompanyScript] = []
        if idle > 0 { company.append(.idle(idle)) }
        if let slowReaders { company.append(.slowReaders(slowReaders, host: host)) }
        if let slowSenders { company.append(.slowSenders(slowSenders, host: host)) }
        return company
    }

    /// Requests that an arrival brings.
    private var requestsOfArrival: Int { opensConnections ? requestsPerConnection ?? 1 : 1 }

    /// Requests a second that are due; nil in a closed loop.
    package var targetRate: Double? {
        arrivals.rate.map { $0.raw * Double(requestsOfArrival) }
    }

    /// Connections a second that are due; nil where requests are.
    package var targetConnectionRate: Double? { opensConnections ? arrivals.rate?.raw : nil }

    /// The destinations as the report has them.
    package var address: String {
        destination.isUnix
            ? "unix:\(destination)"
            : ([destination] + others).map(\.description).joined(separator: ", ")
    }

    /// The weights of the connections of thread `index`, which has every so many-th of them.
    private func weights(ofThread index: Int) -> [Double] {
        stride(from: index, to: connections, by: threads).map { skew.weight(of: $0) }
    }

    /// What each thread has of a rate: as much as is due on its connections.
    func shares(of rate: PerSecond) -> [PerSecond] {
        if skew == .even {
            return Array(repeating: PerSecond(raw: rate.raw / Double(threads)), count: threads)
        }
        let parts = (0..<threads).map { weights(ofThread: $0).reduce(0, +) }
        let all = parts.reduce(0, +)
        return parts.map { PerSecond(raw: rate.raw * $0 / all) }
    }

    /// What thread `index` is to do.
    package func share(ofThread index: Int) -> GeneratorPlan {
        var share = GeneratorPlan(destination: destination)
        share.index = index
        let all = [destination] + others
        // The k-th connection of a thread is the (index + k * threads)-th of all.
        share.destinations = all.indices.map { all[(index + $0 * threads) % all.count] }
        share.connections = (connections + threads - 1 - index) / threads
        share.sendsAtOnce = sendsAtOnce
        share.retries = retries
        share.hasKeys = hasKeys
        share.handshake = tls?.handshake ?? .full
        share.transmission = destination.isUnix ? transmission.beyondTCP : transmission
        share.resets = resets
        share.opensFast = opensFast
        share.requestsPerConnection = requestsPerConnection
        share.timeout = timeout
        share.warmUp = warmUp
        share.duration = duration
        share.requests = requests.map { ($0 + threads - 1 - index) / threads }
        share.spins = spins
        share.cpu = cpus?.cpus[index]
        if skew != .even, arrivals.rate != nil {
            share.weights = weights(ofThread: index)
            // Another stream of the seed than those of the schedules and of the kinds of a mix.
            share.draws = .stream(seed: UInt64(bitPattern: seed), index: 2 * threads + index)
        }
        if !sources.isEmpty {
            // Each thread begins elsewhere, so that few connections on many threads use all
            // addresses.
            let offset = index * sources.count / threads
            share.sources = Array(sources[offset...] + sources[..<offset])
        }
        return share
    }
}
