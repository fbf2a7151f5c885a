import Basis
import Wire

/// Frames that are about the connection or about streams that are under way.
extension HTTP2Session {
    /// What a server begins with: its settings, and a window of the connection that lets every
    /// stream use its own.
    mutating func greet(window: UInt32, _ output: inout ByteQueue) {
        streams.window = window
        let settings: [3 of HTTP2.Setting] = [
            HTTP2.Setting(.maxConcurrentStreams, UInt32(Limit.http2Streams)),
            HTTP2.Setting(.initialWindowSize, window),
            HTTP2.Setting(.maxHeaderListSize, UInt32(HTTP2.Limit.listBytes)),
        ]
        HTTP2.FrameWriter.settings(settings.span, to: &output)
        let whole = min(Limit.http2StreamsInWindow * window, UInt32(Int32.max))
        // It can only grow from what a connection begins with.
        if whole <= HTTP2.Limit.initialWindow { return }
        let more = whole - HTTP2.Limit.initialWindow
        HTTP2.FrameWriter.windowUpdate(stream: 0, increment: more, to: &output)
        receiveWindow.shift(by: Int64(more))
    }

    /// A frame of a stream that is not under way: true where it is to be passed over.
    func isLate(
        _ id: UInt32, _ reason: StaticString
    ) throws(HTTP2.Failure) -> Bool {
        // §5.1: of an idle stream only HEADERS and PRIORITY are known.
        if id > lastID || id & 1 == 0 {
            throw HTTP2.Failure(.protocol, .connection, reason)
        }
        return closed.kind(of: id) != .ended
    }

    mutating func takeReset(_ id: UInt32) throws(HTTP2.Failure) {
        guard let slot = streams.find(id) else {
            _ = try isLate(id, "RST_STREAM for a stream that was never begun (RFC 9113 5.1)")
            return
        }
        try budget.resetCaused()
        drop(slot, .ended)
    }

    mutating func takeSettings(
        _ parameters: Span<UInt8>, output: inout ByteQueue
    ) throws(HTTP2.Failure) {
        let change = try peer.apply(parameters)
        if let smallest = change.smallestTableSize {
            replies.peerAllows(tableBytes: smallest)
            replies.peerAllows(tableBytes: peer.headerTableSize)
        }
        // §6.9.2: the windows of all streams move by the difference, and may be below zero then.
        if change.windowDelta != 0 {
            for slot in streams.indices where streams[slot].id != 0 {
                try streams[slot].sendWindow.shift(by: change.windowDelta)
            }
        }
        try budget.count(overhead: parameters.count)
        HTTP2.FrameWriter.settingsAck(to: &output)
    }

    mutating func takeWindowUpdate(_ id: UInt32, _ increment: UInt32) throws(HTTP2.Failure) {
        if id == 0 {
            try sendWindow.widen(by: increment, .connection)
        } else if let slot = streams.find(id) {
            try streams[slot].sendWindow.widen(by: increment, .stream(id))
        } else {
            _ = try isLate(
                id, "WINDOW_UPDATE for a stream that was never begun (RFC 9113 5.1)")
        }
    }

    /// Takes note of payload, whatever it is for: all of it counts for the connection, and is given
    /// back at once, as what we hold of it has bounds of its own (§6.9).
    mutating func takeFlow(_ bytes: UInt32, output: inout ByteQueue) throws(HTTP2.Failure) {
        try receiveWindow.take(bytes, .connection)
        receiveWindow.giveBack(bytes)
        if let increment = receiveWindow.update() {
            HTTP2.FrameWriter.windowUpdate(stream: 0, increment: increment, to: &output)
        }
    }

    /// A frame that ends its stream by its form alone.
    mutating func pass(
        _ failure: HTTP2.Failure, _ flowBytes: UInt32, next: Int, output: inout ByteQueue
    ) -> Step {
        do throws(HTTP2.Failure) {
            if flowBytes > 0 { try takeFlow(flowBytes, output: &output) }
            if case .stream(let id) = failure.scope, streams.find(id) == nil {
                // Of a stream that was never begun such a frame ends everything (§5.1); of one
                // that has ended it means nothing.
                _ = try isLate(id, "a faulty frame of a stream that was never begun")
                return .handled(next: next)
            }
        } catch {
            return fail(error, next: next, output: &output)
        }
        return fail(failure, next: next, output: &output)
    }
}
