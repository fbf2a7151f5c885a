package import Wire

/// What a peer did that is not of the protocol, and where in the bytes that were being read.
package struct Violation: BitwiseCopyable, Equatable, Sendable {
    /// What kind of fault it is.
    package enum Kind: BitwiseCopyable, Equatable, Sendable {
        case malformed(HTTP1.ResponseFailure)
        /// Frames that break a rule of HTTP/2.
        case frames(HTTP2.Failure)
        /// Frames that break a rule of WebSocket.
        case webSocket(WebSocket.Failure)
        /// The server opens no WebSocket, as its status says.
        case notUpgraded(HTTP.Status)
        /// It says that it does, and does not.
        case handshake(WebSocket.HandshakeFault)
        /// A message came back with more or less than the payload that was sent.
        case otherEcho(sent: UInt32)
        /// An event stream beyond the limits.
        case eventStream(EventStream.Failure)
        /// The server streams no events, as its status says.
        case notSubscribed(HTTP.Status)
        /// An answer with status 200 that is no event stream.
        case otherType
        /// An event stream that ends within an event.
        case cutEvent
        /// An event that does not tell when it was due.
        case untimed
        /// An event's id that is too long for a Last-Event-ID.
        case longID
        /// An answer in HTTP/1.1 to HTTP/2.
        case otherProtocol
        /// Bytes that answer nothing: before the first request or behind the last answer.
        case unasked
        /// 101, which nobody asked for.
        case switched
        /// More bytes without an end than a connection may hold back.
        case endless
    }

    package let kind: Kind
    /// Where the line at fault begins, from the first byte of the input.
    package let at: Int

    package init(_ kind: Kind, at: Int) {
        self.kind = kind
        self.at = at
    }

    /// One line that tells the server's author what to mend.
    package var reason: String {
        switch kind {
        case .malformed(let failure): failure.reason
        case .frames(let failure): "\(failure.code.text): \(failure.reason)"
        case .webSocket(let failure): "\(failure.code.code): \(failure.reason)"
        case .notUpgraded(let status):
            "the server opens no WebSocket there, but answers with status \(status.code)"
        case .handshake(let fault): "the server's answer opens no WebSocket: \(fault.reason)"
        case .otherEcho(let sent): "a message did not come back with the \(sent) bytes it had"
        case .eventStream(let failure): "\(failure.reason)"
        case .notSubscribed(let status):
            "the server streams no events there, but answers with status \(status.code)"
        case .otherType: "the answer's Content-Type is not \(EventStream.mediaType)"
        case .cutEvent: "the answer ended within an event"
        case .untimed:
            "an event carries no time: its text does not begin with the \(Stamp.digits) digits of"
                + " the nanoseconds since 1970"
        case .longID: "an event's id is over \(Limit.eventIDBytes) bytes, the limit here"
        case .otherProtocol:
            "the server answers HTTP/2 in HTTP/1.1; ask without --protocol h2"
        case .unasked: "the server sent what no request had asked for"
        case .switched: "the server changed the protocol (101) without being asked"
        case .endless: "an answer does not end within \(Limit.heldBytes) bytes"
        }
    }
}
