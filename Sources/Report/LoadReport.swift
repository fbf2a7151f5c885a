package import Basis
package import Measure

/// What one run of the load generator found: the record `switchyard.load/1`.
///
/// All counts, rates and histograms cover the measured phase only, without warm-up, unless a field
/// says otherwise. `json` writes the members in the order of docs/FORMAT.md.
package struct LoadReport: Equatable, Sendable {
    /// The value of `schema`.
    package static let schema = "switchyard.load/1"

    /// What makes the next request start.
    package enum Mode: String, Sendable, CaseIterable {
        /// A connection sends its next request when the last answer came; latency is the round
        /// trip.
        case closed
        /// Requests start by a schedule; latency is the response time, from the intended start.
        case open
        /// Connections subscribe, and each event that is delivered counts as a request; latency is
        /// from when it was due.
        case subscribe
    }

    /// How far the figures may be believed.
    package enum Verdict: String, Sendable, CaseIterable {
        case valid
        /// The generator, not the server, was the bottleneck.
        case clientBound = "client-bound"
        /// Other work took CPU time where the load was made or served.
        case disturbed
        /// Requests were sent later than intended.
        case late
        /// Connections were not opened in the way that was asked for.
        case otherOpenings = "other-openings"
        /// The first and second half of the run differ.
        case unsteady
        /// Too many requests failed.
        case errors
        case tooFewSamples = "too-few-samples"
    }

    /// Requests or connections that failed, by the phase in which they did.
    package struct Errors: Equatable, Sendable {
        package var connect: Int64 = 0
        package var handshake: Int64 = 0
        package var write: Int64 = 0
        /// Also a connection closed by the peer with requests outstanding.
        package var read: Int64 = 0
        package var timeout: Int64 = 0
        /// Answers whose status is not 2xx or 3xx.
        package var status: Int64 = 0
        /// Answers that break the protocol or are not what was asked for.
        package var `protocol`: Int64 = 0

        /// Those of requests: all but attempts to connect.
        package var ofRequests: Int64 { write + read + timeout + status + `protocol` }

        package init() {}
    }

    /// Answers by status class.
    package struct Statuses: Equatable, Sendable {
        package var success2xx: Int64 = 0
        package var redirect3xx: Int64 = 0
        package var client4xx: Int64 = 0
        package var server5xx: Int64 = 0

        package init() {}
    }

    /// TLS and TCP fast open handshakes, over the whole run including warm-up.
    package struct Handshakes: Equatable, Sendable {
        package var full: Int64 = 0
        package var resumed: Int64 = 0
        package var earlyAccepted: Int64 = 0
        package var earlyRejected: Int64 = 0
        /// SYNs that carried data which the server took, and such as could have and did not.
        package var fastOpenAccepted: Int64 = 0
        package var fastOpenMissed: Int64 = 0
        /// Requests that were refused for being early, and asked again.
        package var tooEarly: Int64 = 0

        package init() {}
    }

    /// The CPU time that the generator itself used.
    package struct CPU: Equatable, Sendable {
        package var user: Nanoseconds = .zero
        package var system: Nanoseconds = .zero
        /// User and system time for each successful request, in nanoseconds; zero without requests.
        package var perRequest: Double = 0
        /// CPU time of the busiest thread as a share of the measured phase, 0...1.
        package var busiestThreadShare: Double = 0
        /// The share of the generator's CPUs, 0...1, that other processes took, at least; nil where
        /// it has no CPUs for itself.
        package var foreignShare: Double?

        package init() {}
    }

    /// The generator's own system calls by kind.
    package struct Syscalls: Equatable, Sendable {
        package var wait: Int64 = 0
        package var receive: Int64 = 0
        package var send: Int64 = 0
        package var accept: Int64 = 0
        package var other: Int64 = 0

        package init() {}
    }

    /// The target as it was given.
    package var url: String
    /// The address that the connections went to, such as `[::1]:8080`; nil in a record that does
    /// not say.
    package var address: String?
    /// `h1`, `h2`, `ws`, `sse` or `grpc`: what was spoken, never `auto`.
    package var `protocol`: String
    package var mode: Mode
    /// `constant` or `poisson`; nil in a closed loop.
    package var arrivals: String?
    package var threads: Int
    package var connections: Int
    /// Requests in flight on each connection by multiplexing (HTTP/2 and gRPC streams).
    package var streams: Int
    /// Requests in flight on each connection by pipelining (HTTP/1.1).
    package var pipeline: Int
    /// In 0...2^63-1, so that JSON carries it.
    package var seed: Int64
    /// How long the measured phase really lasted.
    package var duration: Nanoseconds
    package var warmup: Nanoseconds
    /// Successful requests.
    package var requests: Int64 = 0
    /// Successful requests a second of `duration`. In a closed loop a success that the window's
    /// borders cut counts by the share of its time within.
    package var achievedRate: Double = 0
    /// The successes that `achievedRate` stands for: what the generator's own use during `duration`
    /// is divided by, and what bytes of bodies a second follow.
    package var rateBase: Double { achievedRate * duration.inSeconds }
    /// Requests a second that were asked for; nil in a closed loop.
    package var targetRate: Double?
    /// `achievedRate / targetRate`; nil in a closed loop.
    package var rateRatio: Double?
    /// Whether TCP Fast Open was asked for.
    package var opensFast = false
    /// How many were due at once each time.
    package var burst = 1
    /// Which connection a due request went to.
    package var skew = Skew.even
    /// The share, 0...1, of the answers of the window that came on the connection which had most;
    /// nil without answers.
    package var busiestConnectionShare: Double?
    /// Requests after which a connection ends; nil where it goes on.
    package var requestsPerConnection: Int?
    /// Connections a second that were due, and of those the ones that were made; nil where
    /// connections are not what is due.
    package var targetConnectionRate: Double?
    package var connectionRate: Double?
    /// Open loop: requests sent more than a millisecond after their intended start.
    package var lateSends: Int64 = 0
    /// Bytes received from and given to the sockets.
    package var bytesRead: Int64 = 0
    package var bytesWritten: Int64 = 0
    /// Bytes of the bodies (messages, events) of successful answers, without heads and frames.
    package var bodyBytes: Int64 = 0
    /// Round trip (closed loop) or response time (open loop).
    package var latency = LatencySummary()
    /// From the actual send to the last byte of the answer; equals `latency` in a closed loop.
    package var service = LatencySummary()
    /// Actual minus intended send; without samples in a closed loop.
    package var lateness = LatencySummary()
    /// Requests, or connections where these are due by a schedule, that were due when no connection
    /// was free, or theirs was not, or no place for one.
    package var starved: Int64 = 0
    /// Whether these are so many that sends were late because of them.
    package var isStarved: Bool { starved * 100 > requests }
    /// From the intended start to the first byte of an answer, of successes; without samples where
    /// messages are answers.
    package var firstByte = LatencySummary()
    /// How long connections took over the whole run, warm-up included: until they were connected,
    /// and from there to the end of a handshake of TLS.
    package var connect = LatencySummary()
    package var handshake = LatencySummary()
    /// From the intended start to the first part of the answer, and from each part to the next one;
    /// without samples where answers have no parts.
    package var firstPart = LatencySummary()
    package var partGap = LatencySummary()
    /// From when a part was due to when it came; without samples where parts don't say.
    package var eventDelay = LatencySummary()
    /// Answers that are streams of events and came in one burst.
    package var bursts: Int64 = 0
    /// Events that subscriptions did not bring, by the numbers of those that they did.
    package var missedEvents: Int64 = 0
    /// Requests that were sent again, each time, and those that had been sent often enough.
    package var retries: Int64 = 0
    package var givenUp: Int64 = 0
    /// Redirections that were followed, each time.
    package var redirects: Int64 = 0
    /// Of each kind of a mix; none where all requests are alike.
    package var kinds: [KindReport] = []
    /// Connections beside the measured ones, by their kind; none where there were none.
    package var company: [CompanyReport] = []
    package var errors = Errors()
    package var statuses = Statuses()
    package var codes = AnswerCodes()
    /// Nil when nothing failed.
    package var firstFailure: FirstFailure?
    /// The `Location` of the first answer with a status of 3xx that had one.
    package var location: String?
    package var handshakes = Handshakes()
    /// What the first handshake of TLS has agreed on: version, cipher and group; nil without TLS.
    package var tls: String?
    /// Connections opened over the whole run, warm-up and reconnects included.
    package var connectionsOpened: Int64 = 0
    package var cpu = CPU()
    package var syscalls = Syscalls()
    package var verdict: Verdict = .valid
    /// One line for each thing that spoke against `valid`, with its figure; empty when valid.
    package var verdictReasons: [String] = []
    /// What the user should know but what spoils nothing: one line each, what and advice.
    package var warnings: [String] = []
    /// The distributions behind `latency`, `service` and `lateness`: HdrHistogram V2, compressed,
    /// base64. `lateness` is nil in a closed loop.
    package var latencyHistogram: String
    package var serviceHistogram: String
    package var latenessHistogram: String?
    /// The same of `firstByte`, `connect`, `handshake`, `firstPart`, `partGap` and `eventDelay`;
    /// nil without samples.
    package var firstByteHistogram: String?
    package var connectHistogram: String?
    package var handshakeHistogram: String?
    package var firstPartHistogram: String?
    package var partGapHistogram: String?
    package var eventDelayHistogram: String?
    /// The search for capacity that this run ended; nil where none was asked for.
    package var search: SearchReport?

    /// Why a run that asked for Fast Open had another kind of opening, too; nil where it had none.
    /// The first connection of each thread may ask for the cookie.
    package var fastOpenMiss: String? {
        let (accepted, missed) = (handshakes.fastOpenAccepted, handshakes.fastOpenMissed)
        if accepted > 0, missed <= Int64(threads) { return nil }
        return accepted + missed == 0
            ? "no connection was opened whose SYN could have carried data"
            : "\(missed) of \(accepted + missed) SYNs carried no data (Fast Open)"
    }

    /// A report with everything that is known before the first request; the rest starts at zero.
    package init(
        url: String, protocol: String, mode: Mode, arrivals: String? = nil, threads: Int,
        connections: Int, streams: Int = 1, pipeline: Int = 1, seed: Int64, duration: Nanoseconds,
        warmup: Nanoseconds, targetRate: Double? = nil
    ) {
        self.url = url
        self.protocol = `protocol`
        self.mode = mode
        self.arrivals = arrivals
        self.threads = threads
        self.connections = connections
        self.streams = streams
        self.pipeline = pipeline
        self.seed = seed
        self.duration = duration
        self.warmup = warmup
        self.targetRate = targetRate
        latencyHistogram = HistogramCodec.encodeBase64(Histogram())
        serviceHistogram = latencyHistogram
    }
}
