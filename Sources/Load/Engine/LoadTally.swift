// Hot path
package import Measure

/// What one thread counts, without atomics or locks, over some span of time.
package struct LoadTally: ~Copyable, Sendable {
    /// From the intended start to the answer; in a closed loop the round trip. Successes, and
    /// requests that ran out of time at the age they had reached: they are the tail.
    package var response = Histogram()
    /// From the actual send to the answer, of the same requests. Stays empty in a closed loop.
    package var service = Histogram()
    /// From the intended start to the actual send, of all requests sent. Stays empty in a closed
    /// loop.
    package var lateness = Histogram()
    /// Like `response`, of answers with an error status: a fast refusal is no fast answer.
    package var refused = Histogram()
    /// From the intended start to the first byte of the answer, of successes, where it is known.
    package var firstByte = Histogram()
    /// From the intended start to the first part of the answer, and from each part to the next one,
    /// where answers have parts. Those of requests that failed later are in it, too.
    package var firstPart = Histogram()
    package var partGap = Histogram()
    /// From when a part was due to when it came, where it says when that was.
    package var eventDelay = Histogram()
    package var errors = ErrorCounts()
    /// Answers by the class of their outcome; index 0 stays zero.
    package var statuses = InlineArray<6, UInt64>(repeating: 0)
    /// The same answers by the code of their protocol.
    package var codes = CodeCounts()
    /// Answers to requests of the warm-up: for the eye, never for the result.
    package var warmUpAnswers: UInt64 = 0
    /// Payload of successful answers.
    package var bodyBytes: UInt64 = 0
    /// Requests sent more than `Limit.lateSend` after their intended start.
    package var lateSends: UInt64 = 0
    /// Requests, or connections, that were due while no connection was free, or theirs was not.
    package var starved: UInt64 = 0
    /// Connections that were due in the window and were opened.
    package var connections: UInt64 = 0
    /// Requests that ran out of time after they were sent, and the times that they had reached, in
    /// nanoseconds; both are in `response` and `service` too.
    package var timedOut: UInt64 = 0
    package var timedOutTime: UInt64 = 0
    /// Requests of `errors.timeout` that never found a free connection.
    package var unsent: UInt64 = 0
    /// Successful answers whose events came in one burst.
    package var bursts: UInt64 = 0
    /// Events that subscriptions did not bring, by the numbers of those that they did.
    package var missedEvents: UInt64 = 0
    /// Requests that were sent again, each time, and those that had been sent often enough when
    /// they were lost once more.
    package var retries: UInt64 = 0
    package var givenUp: UInt64 = 0
    /// Redirections that were followed, each time.
    package var redirects: UInt64 = 0
    /// Subscriptions that brought no event from behind the window while it was waited for.
    package var silentSubscribers: UInt64 = 0

    package init() {}

    /// Requests answered with a status below 400.
    package var succeeded: UInt64 { statuses[1] + statuses[2] + statuses[3] }

    package mutating func add(_ other: borrowing LoadTally) {
        response.add(other.response)
        service.add(other.service)
        lateness.add(other.lateness)
        refused.add(other.refused)
        firstByte.add(other.firstByte)
        firstPart.add(other.firstPart)
        partGap.add(other.partGap)
        eventDelay.add(other.eventDelay)
        errors.add(other.errors)
        for index in statuses.indices { statuses[index] += other.statuses[index] }
        codes.add(other.codes)
        warmUpAnswers += other.warmUpAnswers
        bodyBytes += other.bodyBytes
        lateSends += other.lateSends
        starved += other.starved
        connections += other.connections
        unsent += other.unsent
        timedOut += other.timedOut
        timedOutTime += other.timedOutTime
        bursts += other.bursts
        missedEvents += other.missedEvents
        retries += other.retries
        givenUp += other.givenUp
        redirects += other.redirects
        silentSubscribers += other.silentSubscribers
    }

    /// Forgets everything and keeps the memory.
    package mutating func reset() {
        response.reset()
        service.reset()
        lateness.reset()
        refused.reset()
        firstByte.reset()
        firstPart.reset()
        partGap.reset()
        eventDelay.reset()
        errors = ErrorCounts()
        statuses = InlineArray(repeating: 0)
        codes.reset()
        warmUpAnswers = 0
        bodyBytes = 0
        lateSends = 0
        starved = 0
        connections = 0
        unsent = 0
        timedOut = 0
        timedOutTime = 0
        bursts = 0
        missedEvents = 0
        retries = 0
        givenUp = 0
        redirects = 0
        silentSubscribers = 0
    }
}
