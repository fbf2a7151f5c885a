import Platform
import Secure

/// What resumption and early data ask of connections and requests.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// Whether a connection has carried all that it may.
    @inline(always)
    func isSpent(_ index: Int) -> Bool {
        table[index].remaining == 0 && table[index].inFlight == 0
    }

    /// Whether a spent connection is worth keeping until its ticket comes. Without it the next
    /// connection would find none: behind early data the answer comes a round trip before.
    @inline(never)
    func awaitsTicket(_ index: Int) -> Bool {
        // SAFETY: `link` checks that the connection has one.
        unsafe table.link(index).pointee.stream.awaitsTicket
    }

    /// A receive has brought nothing that the protocol is told of: perhaps a ticket.
    @inline(never)
    mutating func noteTicket(_ index: Int) {
        if isSpent(index), !awaitsTicket(index) { replace(index) }
    }

    /// Whether a refusal is for being too early, and not for the request.
    @inline(never)
    func isTooEarly(_ index: Int) -> Bool {
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.early > 0
    }

    /// A request that went out early is asked again behind the handshake (RFC 8470 §5.2), with the
    /// times that it has.
    @inline(never)
    mutating func askAgain(_ times: RequestTimes, _ index: Int) {
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.early -= 1
        upkeep.handshakes.tooEarly += 1
        table[index].remaining += 1
        tooEarly.append(times)
    }
}
