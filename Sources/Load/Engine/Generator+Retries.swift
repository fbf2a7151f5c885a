import Basis
import Platform
import Secure

/// Requests that are sent again (RFC 9110 §9.2.2): those that were lost, and those that the server
/// puts off. All tries are one request: its time runs from its first intended start.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// A start that no other request of the thread has, for it names the request.
    @inline(never)
    mutating func unique(_ intended: Instant) -> Instant {
        upkeep.lastNamed = max(intended, upkeep.lastNamed + Nanoseconds(raw: 1))
        return upkeep.lastNamed
    }

    /// A request was lost: whether it is sent again.
    mutating func isSentAgain(_ times: RequestTimes) -> Bool {
        guard isRetrying, noteTry(of: times) != nil else { return false }
        sendLater(times.intended)
        return true
    }

    /// Whether an answer puts its request off, for it is in progress, too early, or the server is
    /// full, and it is sent again, a little later each time. With any other answer it has ended.
    @inline(never)
    mutating func isPutOff(_ outcome: Outcome, _ times: RequestTimes) -> Bool {
        guard Outcome.puttingOff.contains(outcome.code) else {
            forgetTries(of: times)
            return false
        }
        guard let count = noteTry(of: times) else { return false }
        let pause = min(
            Limit.retryPauseShortest * Int64(1 << min(count - 1, 10)), Limit.retryPauseLongest)
        deferred.append((times.intended, now + pause))
        nextDeferred = min(nextDeferred, now + pause)
        nextTick = min(nextTick, nextDeferred)
        return true
    }

    /// Whether an answer that leads elsewhere is followed: the request goes on as another, and its
    /// time runs on.
    @inline(never)
    mutating func isFollowed(_ index: Int, _ outcome: Outcome, _ times: RequestTimes) -> Bool {
        // SAFETY: the table checks the number and outlives the call.
        let connection = unsafe table.pointer(to: index)
        guard
            unsafe client.follow(
                outcome, due: times.intended, on: &connection.pointee.session),
            now < triesUntil
        else { return false }
        if times.intended >= recordsFrom { tally.redirects += 1 }
        sendLater(times.intended)
        return true
    }

    /// Counts that a request is sent again, and says how often it was with that; nil when it was
    /// often enough, or the run is over.
    private mutating func noteTry(of times: RequestTimes) -> Int? {
        let count = tries[times.intended, default: 0] + 1
        let isOfWindow = times.intended >= recordsFrom
        if count > plan.retries || now >= triesUntil {
            if isOfWindow { tally.givenUp += 1 }
            forgetTries(of: times)
            return nil
        }
        tries[times.intended] = count
        if isOfWindow { tally.retries += 1 }
        return count
    }

    /// A request has ended.
    mutating func forgetTries(of times: RequestTimes) {
        if !tries.isEmpty { tries[times.intended] = nil }
    }

    /// Lets requests that were put off long enough wait for a connection.
    @inline(never)
    mutating func resumeDeferred() {
        if nextDeferred <= now { resumeDeferred(dueUntil: now) }
    }

    /// The run is cut short: nothing is sent again.
    mutating func abandonDeferred() {
        triesUntil = now
        resumeDeferred(dueUntil: .distantFuture)
    }

    private mutating func resumeDeferred(dueUntil limit: Instant) {
        for request in deferred where request.due <= limit { sendLater(request.intended) }
        deferred.removeAll { $0.due <= limit }
        // Of many, each due at another moment, some are taken together.
        let next = deferred.lazy.map(\.due).min() ?? .distantFuture
        nextDeferred = max(next, now + Limit.deferredShortest)
    }

    private mutating func sendLater(_ intended: Instant) {
        unprocessed.append(RequestTimes(intended: intended, sent: now))
    }
}
