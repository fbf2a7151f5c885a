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
    mutating func mayLose(_ times: RequestTimes) -> Bool {
        guard isRetrying, notesTry(of: times) else { return false }
        unprocessed.append(RequestTimes(intended: times.intended, sent: now))
        return true
    }

    /// An answer puts a request off: it is in progress, too early, or the server is full. Whether
    /// it is sent again, a little later each time.
    @inline(never)
    mutating func isPutOff(_ outcome: Outcome, _ times: RequestTimes) -> Bool {
        guard Outcome.puttingOff.contains(outcome.code), notesTry(of: times) else { return false }
        let count = tries[times.intended] ?? 1
        let pause = min(
            Limit.retryPauseShortest * Int64(1 << min(count - 1, 10)), Limit.retryPauseLongest)
        deferred.append((RequestTimes(intended: times.intended, sent: now), now + pause))
        return true
    }

    private mutating func notesTry(of times: RequestTimes) -> Bool {
        let count = tries[times.intended] ?? 0
        let isOfWindow = times.intended >= recordsFrom
        if count >= plan.retries {
            tries[times.intended] = nil
            if isOfWindow { tally.givenUp += 1 }
            return false
        }
        tries[times.intended] = count + 1
        if isOfWindow { tally.retries += 1 }
        return true
    }

    /// Lets requests that were put off long enough wait for a connection, and forgets those that
    /// must have ended.
    @inline(never)
    mutating func resumeDeferred() {
        for (times, due) in deferred where due <= now {
            unprocessed.append(RequestTimes(intended: times.intended, sent: now))
        }
        deferred.removeAll { $0.1 <= now }
        if tries.count <= Limit.triesKept { return }
        let span = (plan.timeout + Limit.retryPauseLongest) * Int64(plan.retries + 1)
        tries = tries.filter { now.since($0.key) <= span }
    }
}
