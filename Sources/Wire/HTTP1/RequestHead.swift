extension HTTP1 {
    /// The versions this project speaks. A higher minor version is treated as 1.1 (RFC 9110 §2.5).
    package enum Version: UInt8, BitwiseCopyable, Sendable { case http10, http11 }

    /// A whole, checked request head. The runs point into the span it was parsed from.
    package struct RequestHead: BitwiseCopyable, Equatable, Sendable {
        package internal(set) var method = HTTP.Method.other
        package internal(set) var version = Version.http11
        /// Whether the connection may carry another request after this one.
        package internal(set) var keepAlive = false
        /// The client waits for an interim 100 before it sends the payload, RFC 9110 §10.1.1.
        package internal(set) var expectsContinue = false
        package internal(set) var hasHost = false
        /// `Upgrade: websocket`, confirmed by the Connection field, RFC 6455 §4.2.1.
        package internal(set) var offersWebSocket = false
        /// `Upgrade: h2c`, confirmed by the Connection field. RFC 9113 §3.1 made it obsolete; a
        /// server may go on in HTTP/1.1.
        package internal(set) var offersHTTP2 = false
        package internal(set) var framing = RequestFraming.none

        /// The request target as sent, in whatever form, RFC 9112 §3.2.
        package internal(set) var target = Run()
        /// The path, which begins with `/`; empty for `CONNECT host:port` and `OPTIONS *`.
        package internal(set) var path = Run()
        /// What follows the first `?`, without it.
        package internal(set) var query = Run()
        /// The values of fields a responder may ask for; the first line counts.
        package internal(set) var contentType = Run()
        package internal(set) var idempotencyKey = Run()
        package internal(set) var lastEventID = Run()
        package internal(set) var webSocketKey = Run()
        package internal(set) var webSocketVersion = Run()

        package init() {}

        /// Takes note of one field. A further field of interest is one more line.
        @inline(never)
        mutating func note(
            name: Run, value: Run, in head: Span<UInt8>, facts: inout FieldFacts
        ) throws(Refusal) {
            switch name.count {
            case 4 where head.equalsFolded("host", name):
                try noteHost(value, in: head, facts: &facts)
            case 6 where head.equalsFolded("expect", name):
                try facts.noteExpect(value, in: head)
            case 7 where head.equalsFolded("upgrade", name):
                facts.noteUpgrade(value, in: head)
            case 10 where head.equalsFolded("connection", name):
                facts.noteConnection(value, in: head)
            case 12 where head.equalsFolded("content-type", name):
                contentType.setOnce(value)
            case 13 where head.equalsFolded("last-event-id", name):
                lastEventID.setOnce(value)
            case 14 where head.equalsFolded("content-length", name):
                try facts.noteContentLength(value, in: head)
            case 15 where head.equalsFolded("idempotency-key", name):
                try noteKey(value, in: head, facts: &facts)
            case 17 where head.equalsFolded("transfer-encoding", name):
                try facts.noteTransferEncoding(value, in: head)
            case 17 where head.equalsFolded("sec-websocket-key", name):
                webSocketKey.setOnce(value)
            case 21 where head.equalsFolded("sec-websocket-version", name):
                webSocketVersion.setOnce(value)
            default:
                break
            }
        }

        /// RFC 9112 §3.2: more than one Host field or an invalid one is answered with 400.
        @inline(always)
        private mutating func noteHost(
            _ value: Run, in head: Span<UInt8>, facts: inout FieldFacts
        ) throws(Refusal) {
            if facts.flags.contains(.host) { throw .repeatedHost }
            guard value.isEmpty || head.isAuthority(value, needsPort: false) else {
                throw .badHost
            }
            facts.flags.insert(.host)
        }

        /// A field of one value (RFC 9110 §5.5): of two that differ, whoever reads the first pays
        /// for another order than whoever reads the last.
        @inline(never)
        private mutating func noteKey(
            _ value: Run, in head: Span<UInt8>, facts: inout FieldFacts
        ) throws(Refusal) {
            if facts.flags.contains(.idempotencyKey) {
                let (first, second) = (idempotencyKey.bytes(of: head), value.bytes(of: head))
                guard first.count == second.count,
                    first.indices.allSatisfy({ first[$0] == second[$0] })
                else { throw .repeatedKey }
            }
            facts.flags.insert(.idempotencyKey)
            idempotencyKey = value
        }

        /// The checks that need the whole head, and what follows from all fields together.
        @inline(always)
        mutating func conclude(_ facts: FieldFacts, bodyLimit: UInt64) throws(Refusal) {
            hasHost = facts.flags.contains(.host)
            if version == .http11, !hasHost { throw .missingHost }
            framing = try facts.requestFraming(version: version, bodyLimit: bodyLimit)
            keepAlive = facts.persists(in: version)
            // HTTP/1.0 knows neither: RFC 9110 §10.1.1 and §7.8 say to ignore them there.
            if version == .http11 {
                expectsContinue = facts.flags.contains(.expectsContinue) && framing != .none
                if facts.flags.contains(.upgrade) {
                    offersWebSocket = facts.flags.contains(.webSocket)
                    offersHTTP2 = facts.flags.contains(.http2)
                }
            }
        }
    }
}

extension HTTP1.Run {
    @inline(always)
    mutating func setOnce(_ value: HTTP1.Run) {
        if isEmpty { self = value }
    }
}
