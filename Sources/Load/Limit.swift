import Basis
import Wire

/// Bounds of the load generator. Every one has its reason.
package enum Limit {
    /// One receive buffer a thread, not a connection: it stays in the L2 cache however many
    /// connections there are.
    static let receiveBytes = 64 * 1_024
    /// Bytes of an unfinished answer that a connection may hold back: the longest head, with room
    /// for what stands before a line. The buffer has this much beside `receiveBytes`; memory that
    /// no answer needs is never touched.
    static let heldBytes = HTTP1.Limit.responseHeadBytes + 64
    /// What a connection keeps of the memory for held bytes when it holds none: a usual head.
    static let heldStorage = 4 * 1_024
    /// Characters of what was read that a report shows of a failure.
    static let excerptLength = 200
    /// A peer that once spoke first must have been silent on a fresh connection for this long
    /// before a request is sent on it.
    static let silence = Nanoseconds.milliseconds(10)
    /// The copies of a request that stand behind each other for pipelining take at most this much.
    static let repeatedRequestBytes = 256 * 1_024
    /// Templated requests that are made before they are due: as many as one turn of the loop may
    /// begin, and no more than a cache holds.
    static let readyRequests = 256
    static let readyBytes = 128 * 1_024
    /// Connections over TLS that keep their buffers of records: 33 MiB of them, which fit where so
    /// many connections are asked for.
    static let connectionsWithBuffers = 1_024
    /// Connections of one thread that are being opened at a time, so that a listener's backlog of
    /// 128 (the default of many servers) has room for the openings of a few threads.
    static let connectsInProgress = 32
    /// A request that an answer has put off is sent again after this long, and after twice as long
    /// each time, up to the longest.
    static let retryPauseShortest = Nanoseconds.milliseconds(5)
    static let retryPauseLongest = Nanoseconds.seconds(1)
    /// The least time between two looks for those that are due.
    static let deferredShortest = Nanoseconds.milliseconds(1)
    /// How long behind the end of a run, and the time limit of what is under way, requests are sent
    /// again.
    static let triesBehindEnd = Nanoseconds.seconds(10)
    /// A connection that failed is tried again after this long: at most 100 attempts a second.
    static let retryDelay = Nanoseconds.milliseconds(10)
    /// The least time between two looks for sessions that want to be woken: the grain of QUIC's
    /// timers (RFC 9002 §6.1.2).
    static let timerStep = Nanoseconds.milliseconds(1)
    /// Connections looked at in one piece when searching for timeouts: a few microseconds' work,
    /// which no due request notices.
    static let sweepPiece = 128
    /// Every request is looked at this many times within its time limit, so an age in the report is
    /// at most 1/64 above the limit.
    static let sweepsPerTimeout: Int64 = 64
    /// The longest a thread goes without looking for a stop.
    static let tickLongest = Nanoseconds.milliseconds(20)
    static let tickShortest = Nanoseconds(raw: 100_000)
    /// Requests of one thread that are due on connections which are busy: what the fastest schedule
    /// that makes sense brings in a second, in a mebibyte.
    static let requestsWaiting = 65_536
    /// Connections beside the load act in steps of this time, or of one byte where that takes
    /// longer: so rarely that a thousand of them leave the load its CPU.
    static let actStep = Nanoseconds.milliseconds(100)
    /// Their acts of so much time are made together, and openings looked at.
    static let companyStep = Nanoseconds.milliseconds(1)
    /// The longest that they sleep.
    static let companyLook = Nanoseconds.seconds(1)
    /// What the kernel keeps for a slow reader, before it doubles it (socket(7)): the server's side
    /// is to feel how little is taken.
    static let slowReceiveBuffer = 4 * 1_024
    /// What a slow sender takes of an answer at a time, which only refuses it.
    static let refusalBytes = 4 * 1_024
    /// How often progress is shown and an interval of the histogram log ends.
    static let progressInterval = Nanoseconds.seconds(1)
    /// A request sent later than this after its intended start counts as a late send.
    static let lateSend = Nanoseconds.milliseconds(1)
    /// Asked for busy polling, it begins this long before a request is due: longer than the wake-up
    /// of a sleeping CPU.
    static let spin = Nanoseconds.microseconds(50)
    /// A sleep shorter than this is not worth its timer and its wake-up; the thread polls instead.
    static let shortestSleep = Nanoseconds.microseconds(10)
    /// Pieces of the measured window whose rates are compared; the trend test needs five, and more
    /// pieces find smaller drifts.
    static let rateBins = 20
    /// Connections, threads, pipelined requests: beyond what one machine can make sense of.
    static let connections = 1_000_000
    static let threads = 1_024
    static let pipeline = 1_024
    static let streams = 1_024
    /// What an HTTP/2 server may send on a connection or a stream before we take more: so much that
    /// windows never slow an answer down.
    static let http2Window: UInt32 = 1 << 30 - 1
    /// Frames of our payloads: as large as every server takes (RFC 9113 §4.2).
    static let http2FrameBytes: UInt32 = 16_384
    /// Unsent output of a connection above which no payload is added to it.
    static let http2Output = 256 * 1_024
    /// Unsent output of a WebSocket above which no further message is put into it.
    static let webSocketOutput = 256 * 1_024
    /// Payload of a message unless the user says otherwise: that of `/plaintext`.
    static let messageBytes = 13
    /// An answer of fewer events tells nothing of how they came.
    static let burstEvents = 3
    /// The longest id of an event that is sent back.
    static let eventIDBytes = 1_024
    /// A server that refuses a subscription says so within this time; one that is silent for longer
    /// holds it until there is an event.
    static let subscriptionSilence = Nanoseconds.milliseconds(100)
    /// The longest a subscriber waits between two answers.
    private static let retryLongest: UInt64 = 3_600_000
    /// How long a subscriber waits that was told to come again after so many milliseconds; not at
    /// all where it was told nothing.
    static func retry(_ milliseconds: UInt64?) -> Nanoseconds {
        .milliseconds(Int(min(milliseconds ?? 0, retryLongest)))
    }
    /// The longest field block that is known again without decoding it.
    static let http2KnownBlock = 256
    /// The largest message of gRPC that is taken: sixteen times what the implementations take.
    static let grpcMessageBytes = 64 * 1_024 * 1_024
    /// Messages of one call.
    static let grpcMessages = 1_000_000
    /// A schedule faster than one request every 100 ns a thread cannot be sent by anything here;
    /// without a bound, what a hung server leaves unsent could not be counted in a bearable time.
    static let ratePerThread = 10e6
    /// A slower schedule would end before its second request in any run of sense: one in a thousand
    /// seconds.
    static let rateLowest = 1e-3
    /// No request is due later than this after its schedule's origin, some 31 years: more fits
    /// neither a run nor, added up, the clock.
    static let scheduleLongest = 1e18
    /// More that are due at once than ports of an address.
    static let burst = 65_535
    /// A shorter turn of several generators ends before the last answers to it have come.
    static let turnShortest = Nanoseconds.milliseconds(1)
    /// Turns that began longer ago than a few connections take to open were meant for another run.
    static let turnsAgo = Nanoseconds.seconds(10)
    static let duration = Nanoseconds.seconds(7 * 24 * 3_600)
    /// Of `--requests`; at the highest rate of a thread it takes longer than `duration`.
    static let requests = 1_000_000_000_000
    package static let bodyBytes = 64 * 1_024 * 1_024
    /// Descriptors besides connections: standard streams, pollers, signals, output files.
    static let spareDescriptors = 32
    static let sourceAddresses = 65_536
}
