import Basis
import Platform
import Secure

/// Connections whose SYN carries the first data (`GeneratorPlan.opensFast`, RFC 7413).
///
/// With a cookie of the address connect(2) succeeds at once and nothing leaves before the first
/// write, which goes with the SYN: of a stream with keys its own first bytes, else what the
/// protocol has to say. Until the peer is heard the connection counts as one that is being opened,
/// for that it can't be made shows only now.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// Whether connections that carry their first requests in their SYN are opened only when these
    /// may be sent.
    var opensLate: Bool {
        plan.opensFast && !Stream.opensWithBytes && !pacing.isOpenLoop && !Client.opensItself
    }

    func fastOpening(_ index: Int) -> FastOpening {
        // SAFETY: the table checks the number and outlives the call.
        unsafe table.rest(index).pointee.fastOpening
    }

    mutating func note(_ fastOpening: FastOpening, _ index: Int) {
        // SAFETY: as above.
        unsafe table.rest(index).pointee.fastOpening = fastOpening
    }

    /// Whether nothing shows yet that the peer is there.
    func isUnheard(_ index: Int) -> Bool {
        fastOpening(index) == .deferred || fastOpening(index) == .sent
    }

    /// Counts what became of a SYN that could have carried data. One that had none to carry, before
    /// the load began, is neither.
    mutating func noteFastOpen(carriedData: Bool) {
        if Stream.opensWithBytes || Client.opensItself || sendsUntil.raw > 0 {
            upkeep.handshakes.noteFastOpen(carriedData: carriedData)
        }
    }

    /// Whether the SYN carries the first requests, however many there are, for the stream has
    /// nothing to say of its own.
    func opensWithRequests(_ index: Int) -> Bool {
        !Stream.opensWithBytes && fastOpening(index) == .deferred
    }

    /// Sends the first requests, and what else the protocol begins with, with the SYN.
    @inline(never)
    mutating func openWithRequests(_ index: Int) {
        do throws(StreamError) {
            if Self.isSilent(client, table[index].session) {
                note(.settled, index)
                try StreamError.from { () throws(SystemError) in
                    // SAFETY: `link` checks that the connection has one.
                    try unsafe kernel.connectWithoutData(table.link(index).pointee.descriptor)
                }
                table[index].state = .connecting
                try watchOpening(index, .writable)
            } else {
                let isAll = try sendOutput(index)
                note(.sent, index)
                try watchOpening(index, isAll ? .readable : [.readable, .writable])
            }
        } catch {
            failUnheard(index, error)
        }
    }

    /// The opening failed before the peer was heard: the connection could not be made.
    mutating func failUnheard(_ index: Int, _ error: StreamError) {
        endOpening(index)
        guard case .system(let refusal) = error else { return retryLater(index, .refused(error)) }
        openingFailed(index, refusal)
    }

    /// Something happened to a connection whose SYN has left with data. Says whether its opening
    /// goes on.
    @inline(never)
    mutating func hear(_ index: Int) -> Bool {
        // SAFETY: `link` checks that the connection has one.
        let link = unsafe table.link(index)
        let opening = unsafe kernel.opening(of: link.pointee.descriptor)
        switch opening.state {
        case .underWay: return false
        case .done: break
        case .ended:
            do throws(SystemError) {
                try unsafe kernel.connectOutcome(of: link.pointee.descriptor)
            } catch {
                // What stood before it was reset shows to the next receive that it is over.
                if !error.isReset {
                    failUnheard(index, .system(error))
                    return false
                }
            }
        }
        note(.settled, index)
        noteFastOpen(carriedData: opening.carriedData)
        return true
    }

    /// The connection that showed before the load that others can be made has done its work.
    mutating func closeFirst() {
        while waiting.pop() != nil {}
        for index in 0..<table.count where table[index].state != .closed {
            if table[index].isOpen { close(index) } else { endOpening(index) }
        }
    }

    /// Opens the connections that `opensLate` kept for the load, a few at a time.
    mutating func openLate() {
        if upkeep.hasOpenedLate { return }
        upkeep.hasOpenedLate = true
        for index in 0..<table.count where table[index].state == .closed {
            now = time.now
            open(index)
            while upkeep.opening >= Limit.connectsInProgress, !upkeep.isStopped { turn() }
        }
    }
}
