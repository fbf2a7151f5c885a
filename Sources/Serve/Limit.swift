import Basis

/// What a server may spend on one peer, one loop or one turn. Every bound has its reason.
package enum Limit {
    /// Bytes one read may bring: amortises the call for pipelined and bulk input, and stays in the
    /// L2 cache. One buffer a thread, not a connection.
    static let receiveBytes = 64 * 1_024
    /// Requests of one connection answered before the loop's other connections have a turn. Work
    /// that holds the loop's thread ends the turn at once.
    static let requestsPerTurn = 64
    /// Connections that a loop with a listener of its own accepts in one turn.
    static let acceptsPerTurn = 16
    /// Connections after which a loop steps back behind the others that watch the same listener,
    /// as nginx does since 1.21.6.
    static let acceptsInPlace = 16
    /// How long a loop that did not get the lock of a listener sleeps at most before it tries again
    /// (nginx: accept_mutex_delay).
    static let acceptLockPatience = Nanoseconds.milliseconds(500)
    /// How long a sender goes on for what was still to be sent when its reader ended.
    static let farewell = Nanoseconds.seconds(1)
    /// How long a connection waits for a process that has room for it.
    static let passTime = Nanoseconds.seconds(1)
    /// Loops that a choice by load looks at: all of them on most machines, and of more so many that
    /// the best is as good as always among them (Mitzenmacher 2001: two are nearly enough).
    static let listenersLookedAt = 16
    /// A turn that is longer shows that its loop hangs in a handler.
    static let stalledTurn = Nanoseconds.milliseconds(1)
    /// Unsent reply bytes of one connection above which none of its requests is taken up: a slow
    /// reader costs this much memory, `unparsedBytes`, and no more.
    static let unsentBytes = 256 * 1_024
    /// Storage that unsent replies of one connection may take outside the budget of payloads: what
    /// `unsentBytes` grow to by doubling.
    static let unsentStorageBytes = 2 * unsentBytes
    /// Unparsed input above which nothing is read from a connection: one head, and what came behind
    /// it in one read.
    static let unparsedBytes = 2 * receiveBytes
    /// Storage an idle connection may keep for its next message; more is given back.
    static let keptBytes = 1_024
    /// The largest reply of `/bytes/{n}`.
    static let fillerBytes = 1 << 30
    /// A piece of such a reply that is made at a time.
    static let fillerPieceBytes = 64 * 1_024
    /// The longest that `/work`, `/block` and `/wait` may take.
    static let handlerTime = Nanoseconds.seconds(60)
    /// Messages in the hands of workers, over all connections of a reader.
    static let messagesInFlight = 4_096
    /// Messages of one connection in the hands of workers: the pipeline depth that is served in
    /// parallel, as long as their payload is less than `unsentBytes`.
    static let messagesInFlightPerConnection = 64
    /// Of `messagesInFlight`, those kept for connections that have no other there: deep pipelines
    /// of slow messages must not keep everyone else waiting.
    static let messagesInReserve = messagesInFlight / 4
    /// Of so many messages that are passed to workers, one has its times taken: three readings of
    /// the clock for each would cost a share that shows. Prime, so that it falls into step neither
    /// with the workers' turns nor with a mix of requests.
    static let messagesPerTiming = 61
    /// Streams of HTTP/2 that one connection may have under way: above what generators of load
    /// usually ask for.
    static let http2Streams = 128
    /// Unless told otherwise, what a peer may send on one stream before it is told that more is
    /// welcome, and how many times that on all of a connection.
    static let http2Window = 256 * 1_024
    static let http2StreamsInWindow: UInt32 = 4
    /// Payload in one frame of HTTP/2: what every peer takes, and as much as one stream gets before
    /// the others have a turn.
    static let http2FrameBytes = 16_384
    /// A field block that is kept for a comparison with the next: most take some tens of bytes.
    static let http2KnownBlock = 256
    /// Pongs of WebSocket that wait while their peer takes none: some more than a test of liveness
    /// sends in a row. Of more than these the newest is kept (RFC 6455 §5.5.3).
    static let webSocketPongBytes = 2 * 1_024
    /// Topics of one server: with what each keeps, as much memory as payloads have.
    static let topics = 1_024
    static let topicNameBytes = 64
    /// What a topic keeps for subscribers that are behind: events, and bytes of them.
    static let topicEvents = 1_024
    static let topicBytes = 256 * 1_024
    /// The text of one event.
    static let eventBytes = 64 * 1_024
    /// Events that are made for one connection at a time: what a socket takes at once.
    static let eventBatchBytes = 16 * 1_024
    /// Between the events of a topic that the server makes.
    static let tickIntervals = Nanoseconds.microseconds(100)...Nanoseconds.seconds(60)
    /// A reader that waits for the next event is answered without one after this time, and one of a
    /// stream is sent a word that means nothing: below the minute after which proxies give up.
    static let longPollTime = Nanoseconds.seconds(25)
    static let silentTime = Nanoseconds.seconds(15)
    /// Events of one `/sse?tokens=N`, and the longest time before each.
    static let tokens = 1_000_000
    static let tokenMilliseconds = 60_000
    /// Timers of connections that have ended which are not worth looking for.
    static let staleTimers = 4_096
    /// Slots that a reader keeps ready for acceptors which arm its poller themselves.
    static let promisedSlots = 256
    /// Accepted connections on their way to a reader.
    static let arrivals = 1_024
    /// Stack of a thread that serves one connection: what TLS takes of it, several times over.
    static let connectionStackBytes = 512 * 1_024
    /// How often a thread that serves one connection looks at it while it drains.
    static let drainLook = Nanoseconds.milliseconds(10)
    /// The longest that a write waits in the kernel before what is left of it waits with its
    /// deadline.
    static let blockedWrite = Nanoseconds.milliseconds(250)
    /// How often deadlines are looked at: a quarter of the resolution that timeouts promise.
    static let tick = Nanoseconds.milliseconds(250)
    /// Unless told otherwise, a head must be whole this long after its first byte, and a connection
    /// must say something this long after it was accepted.
    static let headTime = Nanoseconds.seconds(10)
    /// Unless told otherwise, a body has this long, and each of its bytes buys `bodyTimePerByte`
    /// more, up to this long from its arrival: at least 1 KiB/s, and never silent for longer.
    static let bodyTime = Nanoseconds.seconds(10)
    static let bodyTimePerByte = Nanoseconds(raw: 976_563)
    /// A reader of replies must take something within this time.
    static let writeTime = Nanoseconds.seconds(30)
    /// Unless told otherwise, a peer that has taken the last reply has this long to end the
    /// connection too, so that closing does not reset it under the reply (RFC 9112 §9.6).
    static let lingerTime = Nanoseconds.seconds(2)
    /// What a peer may send in that time, all of it dropped: several times the largest payload that
    /// is usually taken, for one that sends its payload to the end before it reads the refusal.
    static let lingerBytes = 64 * 1_024 * 1_024
    /// Unless told otherwise, requests in progress have this long to end after a stop was asked
    /// for.
    static let drainTime = Nanoseconds.seconds(5)
    /// Unless told otherwise, idempotency keys that are remembered, and for how long: a day is
    /// what others promise. Whatever is told, not for longer than a month.
    static let paymentKeys = 65_536
    static let paymentExpiry = Nanoseconds.seconds(86_400)
    static let paymentExpiryMost = Nanoseconds.seconds(31 * 86_400)
}
