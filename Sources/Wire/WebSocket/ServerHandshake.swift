package import Basis

extension WebSocket {
    /// Why a request opens no WebSocket, RFC 6455 §4.2.1.
    package enum HandshakeRefusal: UInt8, BitwiseCopyable, CaseIterable, Sendable {
        case badMethod, notOffered, hasPayload, unknownVersion, badKey

        /// The status of the answer.
        package var status: HTTP.Status {
            switch self {
            case .badMethod: .methodNotAllowed
            case .notOffered, .unknownVersion: .upgradeRequired
            case .hasPayload, .badKey: .badRequest
            }
        }

        /// One line that tells the peer's author what to mend.
        package var reason: StaticString {
            switch self {
            case .badMethod: "a WebSocket is opened with GET"
            case .notOffered: "a WebSocket is opened in HTTP/1.1 with Upgrade and Connection"
            case .hasPayload: "a request that opens a WebSocket has no body"
            case .unknownVersion: "the version of the WebSocket protocol is 13, given once"
            case .badKey: "Sec-WebSocket-Key is the Base64 of 16 bytes, given once"
            }
        }
    }

    /// The server's side of the opening handshake, RFC 6455 §4.2.
    ///
    /// Extensions and subprotocols that a client offers are left out of the answer, which declines
    /// them (§4.2.2, §9.1).
    package enum ServerHandshake {
        /// What the server makes of a request: Sec-WebSocket-Accept, or a refusal.
        package enum Verdict: BitwiseCopyable, Sendable {
            case accept(InlineArray<28, UInt8>)
            case refuse(HandshakeRefusal)
        }

        /// Judges a request whose bytes are those of `input`, from which `head` was parsed; that it
        /// has a Host and is well-formed was seen then.
        package static func judge(
            _ head: HTTP1.RequestHead, in input: Span<UInt8>
        ) -> Verdict {
            if head.method != .get { return .refuse(.badMethod) }
            if !head.offersWebSocket { return .refuse(.notOffered) }
            // RFC 9110 §7.8: the new protocol begins behind the whole request.
            if head.framing != .none { return .refuse(.hasPayload) }
            // §11.3.1 and §11.3.5: both fields come once.
            var keys = 0
            var versions = 0
            head.forEachField(in: input) { name, _ in
                if input.equalsFolded("sec-websocket-key", name) { keys += 1 }
                if input.equalsFolded("sec-websocket-version", name) { versions += 1 }
            }
            let version = head.webSocketVersion.bytes(of: input)
            guard versions == 1, version.count == 2, version.has("13", at: 0) else {
                return .refuse(.unknownVersion)
            }
            let key = head.webSocketKey.bytes(of: input)
            guard keys == 1, Base64.isSixteenBytes(key) else { return .refuse(.badKey) }
            return .accept(HandshakeKey.acceptance(of: key))
        }

        /// Writes the answer that opens the WebSocket, §4.2.2. What the client sends behind its
        /// request is its first frame.
        package static func write(
            acceptance: InlineArray<28, UInt8>, date: borrowing HTTPDate,
            to output: inout ByteQueue
        ) {
            var encoder = HTTP1.ReplyEncoder(version: .http11, isHead: false, keepAlive: true)
            encoder.beginHead(.switchingProtocols, date: date, to: &output)
            encoder.field("Upgrade", "websocket", to: &output)
            encoder.field("Connection", "Upgrade", to: &output)
            encoder.field("Sec-WebSocket-Accept", acceptance.span, to: &output)
            encoder.endHead(.none, to: &output)
        }

        /// Answers the request that `encoder` was made for with `refusal`. The connection stays in
        /// HTTP.
        package static func write(
            _ refusal: HandshakeRefusal, with encoder: inout HTTP1.ReplyEncoder,
            date: borrowing HTTPDate, to output: inout ByteQueue
        ) {
            encoder.beginHead(refusal.status, date: date, to: &output)
            switch refusal {
            case .badMethod:
                // RFC 9110 §15.5.6.
                encoder.field("Allow", "GET", to: &output)
            case .notOffered, .unknownVersion:
                // RFC 9110 §15.5.22 and §7.8; RFC 6455 §4.4.
                encoder.field("Upgrade", "websocket", to: &output)
                encoder.field("Connection", "Upgrade", to: &output)
                encoder.field("Sec-WebSocket-Version", "13", to: &output)
            case .hasPayload, .badKey:
                break
            }
            let reason = refusal.reason
            encoder.field("Content-Type", "text/plain", to: &output)
            encoder.endHead(.length(UInt64(reason.utf8CodeUnitCount + 1)), to: &output)
            if encoder.isHead { return }
            output.append(reason)
            output.append(.lineFeed)
        }
    }
}
