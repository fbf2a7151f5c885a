package import Wire

/// What a peer did that is not of the protocol, and where in the bytes that were being read.
package struct Violation: BitwiseCopyable, Equatable, Sendable {
    /// What kind of fault it is.
    package enum Kind: BitwiseCopyable, Equatable, Sendable {
        case malformed(HTTP1.ResponseFailure)
        /// Frames that break a rule of HTTP/2.
        case frames(HTTP2.Failure)
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
        case .otherProtocol:
            "the server answers HTTP/2 in HTTP/1.1; ask without --protocol h2"
        case .unasked: "the server sent what no request had asked for"
        case .switched: "the server changed the protocol (101) without being asked"
        case .endless: "an answer does not end within \(Limit.heldBytes) bytes"
        }
    }
}
