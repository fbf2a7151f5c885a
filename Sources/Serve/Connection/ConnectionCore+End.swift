import Basis
import Platform

/// How connections end in order: behind their last reply, when they have been idle for too long,
/// and at a stop.
extension ConnectionCore where Desk: ~Copyable, S: ~Copyable {
    /// How long a lingering peer has before the next look. A drain waits for it no longer than the
    /// acknowledgement of all that was sent takes, which is enough (RFC 9112 §9.6).
    private var lingerInterval: Nanoseconds { isDraining ? Limit.tick : lingerTime }

    /// The sending half has ended: what the peer still sends is dropped.
    mutating func beginToLinger(_ connection: inout State) {
        connection.phase = .lingering
        connection.lingering = Lingering(at: now)
        connection.deadline = now + lingerInterval
        connection.input.releaseStorage()
        connection.output.releaseStorage()
        connection.session.end()
        account(&connection)
    }

    /// Whether a peer that has not ended its half in its time gets more of it.
    ///
    /// - Parameter unacknowledged: bytes that it has not acknowledged, its end included.
    mutating func mayLinger(_ connection: inout State, unacknowledged: Int) -> Bool {
        switch connection.lingering.look(
            unacknowledged: unacknowledged, at: now, interval: lingerInterval)
        {
        case .close: return false
        case .wait(let next):
            connection.deadline = next
            return true
        }
    }

    // MARK: at a stop

    /// Notes, when the stop is seen, what of a connection's requests has arrived: that is answered,
    /// the last of it as the last, and nothing that comes later. A message that has begun is that
    /// last one.
    ///
    /// - Parameter unread: bytes that have arrived and are still to be received.
    mutating func noteStop(_ connection: inout State, unread: Int) {
        if connection.phase == .lingering {
            connection.deadline = min(connection.deadline, now + lingerInterval)
            return
        }
        connection.arrived = connection.input.count + unread
        if connection.input.bytes.hasOnlyLineEnds(from: 0, to: connection.arrived) {
            connection.arrived = 0
        }
        connection.session.noteStop(
            isClear: connection.inFlight == 0, owes: connection.owesReply,
            expects: connection.arrived > 0, output: &output)
        if connection.hasPeerFinished { connection.session.notePeerEnd() }
    }

    /// Whether the message that ends at `end` of `input` is the last that had arrived when the stop
    /// was seen: at most empty lines lie behind it, which a client may send (RFC 9112 §2.2).
    @inline(never)
    func isLastArrived(
        _ input: Span<UInt8>, endingAt end: Int, of connection: borrowing State
    ) -> Bool {
        end >= connection.arrived || input.hasOnlyLineEnds(from: end, to: connection.arrived)
    }

    /// What a drain does with an idle connection: goes on with it where requests that had arrived
    /// are still to be received (true), or ends it.
    mutating func drain(
        _ connection: inout State, _ reference: ConnectionReference
    ) -> Bool {
        if connection.arrived > connection.input.count {
            list(&connection, reference)
            return true
        }
        connection.session.end()
        return false
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
