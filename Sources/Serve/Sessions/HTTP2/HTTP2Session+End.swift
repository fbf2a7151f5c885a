import Basis
import Wire

/// How streams and connections end before their time, and in order.
extension HTTP2Session {
    /// What our ping says that goes along with the first GOAWAY of a stop.
    static var farewell: UInt64 { 0x7377_6974_6368_6F66 }

    /// Ends what a failure is about: a stream with RST_STREAM, or all with GOAWAY (RFC 9113 §5.4).
    @inline(never)
    mutating func fail(
        _ failure: HTTP2.Failure, next: Int, output: inout ByteQueue
    ) -> Step {
        guard case .stream(let id) = failure.scope else { return endAll(failure) }
        // Whatever a peer makes us reset counts, also where nothing was begun (CVE-2025-8671).
        do throws(HTTP2.Failure) {
            try budget.resetCaused()
        } catch {
            return endAll(error)
        }
        // A request that is refused has been begun, as far as its number goes.
        lastID = max(lastID, id)
        HTTP2.FrameWriter.resetStream(id, failure.code, to: &output)
        if let slot = streams.find(id) {
            drop(slot, .resetByUs)
        } else {
            closed.note(id, .resetByUs)
        }
        return .handled(next: next)
    }

    mutating func endAll(_ failure: HTTP2.Failure) -> Step {
        self.failure = failure
        ending = .due
        streams = HTTP2StreamTable()
        (replying, holdingBack, refusing, receiving, holding) = (0, 0, 0, 0, 0)
        nextDue = .distantFuture
        block.releaseStorage()
        endsNext = nil
        return .refused
    }

    /// Ends a stream. Where a worker has its message, the slot waits for that.
    mutating func drop(_ slot: Int, _ kind: HTTP2ClosedStreams.Kind) {
        let id = streams[slot].id
        if endsNext == id { endsNext = nil }
        if case .withWorker = streams[slot].state {
            streams[slot].state = .abandoned
            return
        }
        switch streams[slot].state {
        case .receiving: receiving -= 1
        case .held: holdingBack -= 1
        case .refused, .failed: refusing -= 1
        case .replying: replying -= 1
        case .free, .asked, .withWorker, .abandoned, .pausing, .listening: break
        }
        holding -= streams[slot].body.count + streams[slot].data.count
        closed.note(id, kind)
        streams.remove(slot)
    }

    // MARK: in order

    mutating func reject(_ reason: Rejection, stream: UInt32, input: Span<UInt8>) {
        switch reason {
        case .noRoomForBody:
            guard let slot = streams.find(stream) else { return }
            if streams[slot].call == .bidi {
                breakOff(slot, .noRoom)
            } else {
                refuse(slot, .serviceUnavailable, .noRoom)
            }
        case .timedOut:
            if frames.isInBlock {
                _ = endAll(
                    HTTP2.Failure(
                        .enhanceYourCalm, .connection, "a field block did not end in time"))
            }
            for slot in streams.indices {
                if case .receiving = streams[slot].state {
                    refuse(slot, .requestTimeout, .tooSlow)
                }
            }
        }
    }

    /// What the peer had sent before it knew of a stop has come by now.
    mutating func notePeerEnd() {
        endEvents()
        if ending == .announced { ending = .due }
    }

    mutating func end() {
        if ending == .open || ending == .announced { ending = .due }
    }

    /// RFC 9113 §6.8: first a GOAWAY that excludes nothing, then, when what the peer had sent
    /// before it knew has come, one that names the last stream that is served.
    mutating func noteStop(isClear: Bool, owes: Bool, expects: Bool, output: inout ByteQueue) {
        guard ending == .open else { return }
        ending = .announced
        HTTP2.FrameWriter.goAway(
            lastStream: HTTP2.Limit.streamID, .none, debug: "the server ends", to: &output)
        HTTP2.FrameWriter.ping(Self.farewell, isAck: false, to: &output)
        endEvents()
    }

    mutating func sayGoodbye(_ output: inout ByteQueue) {
        ending = .said
        HTTP2.FrameWriter.goAway(
            lastStream: lastID, failure?.code ?? .none, debug: failure?.reason ?? "",
            to: &output)
    }
}
