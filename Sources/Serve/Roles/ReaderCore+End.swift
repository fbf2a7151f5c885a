import Basis
import Platform
import Secure
import Wire

/// How connections end in order: behind their last reply, when they have been idle for too long,
/// and at a stop.
extension ReaderCore where Stream: ~Copyable, Desk: ~Copyable {
    /// How long a lingering peer has before the next look. A drain waits for it no longer than the
    /// acknowledgement of all that was sent takes, which is enough (RFC 9112 §9.6).
    private var lingerInterval: Nanoseconds { isDraining ? Limit.tick : lingerTime }

    /// Ends the connection behind what has been sent. It may be closed then, or be lingering.
    mutating func end(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) {
        connection.isLast = true
        settle(&connection, reference)
    }

    /// Ends the sending half and begins to linger.
    mutating func linger(_ connection: inout Connection<Stream>) {
        guard connection.phase != .lingering else { return }
        connection.stream!.finishSending(on: connection.descriptor!, with: &kernel)
        connection.phase = .lingering
        connection.lingering = Lingering(at: now)
        connection.deadline = now + lingerInterval
        connection.input.releaseStorage()
        connection.output.releaseStorage()
        connection.body.releaseStorage()
        account(&connection)
    }

    /// Decides whether a peer that has not ended its half in its time gets more of it.
    mutating func lookAtLingering(_ connection: inout Connection<Stream>) {
        let count = kernel.unacknowledged(on: connection.descriptor!)
        switch connection.lingering.look(
            unacknowledged: count, at: now, interval: lingerInterval)
        {
        case .close: close(&connection)
        case .wait(let next): connection.deadline = next
        }
    }

    // MARK: at a stop

    /// Notes, when the stop is seen, what of a connection's requests has arrived: that is answered,
    /// the last of it with `Connection: close`, and nothing that comes later. A message that has
    /// begun is that last one.
    mutating func noteStop(_ connection: inout Connection<Stream>) {
        if connection.phase == .lingering {
            connection.deadline = min(connection.deadline, now + lingerInterval)
            return
        }
        let unread =
            connection.hasPeerFinished ? 0 : kernel.unread(on: connection.descriptor!)
        connection.arrived = connection.input.count + unread
        if connection.input.bytes.hasOnlyLineEnds(from: 0, to: connection.arrived) {
            connection.arrived = 0
        }
        if connection.arrived > 0 || connection.isLast || connection.refusal != nil { return }
        // With nothing to parse, what is owed is the last.
        if connection.timed != nil {
            connection.message?.framing.endConnection()
        } else if connection.message != nil {
            return
        }
        connection.tellsEnd = connection.inFlight > 0
        connection.isLast = connection.owesReply
    }

    /// Whether the message that ends at `end` of `input` is the last that had arrived when the stop
    /// was seen: at most empty lines lie behind it, which a client may send (RFC 9112 §2.2).
    @inline(never)
    func isLastArrived(
        _ input: Span<UInt8>, endingAt end: Int, of connection: borrowing Connection<Stream>
    ) -> Bool {
        end >= connection.arrived || input.hasOnlyLineEnds(from: end, to: connection.arrived)
    }

    /// Goes on with an idle connection of which requests that had arrived are still to be received;
    /// false where none are.
    mutating func takeArrived(
        _ connection: inout Connection<Stream>, _ reference: ConnectionReference
    ) -> Bool {
        guard connection.arrived > connection.input.count else { return false }
        connection.hasUnreceived = true
        list(&connection, reference)
        return true
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes from `start` up to `end` are all here and all carriage returns or line
    /// feeds.
    fileprivate func hasOnlyLineEnds(from start: Int, to end: Int) -> Bool {
        guard end <= count else { return false }
        for index in start..<end where self[index] != 13 && self[index] != 10 { return false }
        return true
    }
}
