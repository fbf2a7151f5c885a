import Basis

extension HTTP2 {
    /// What extended CONNECT asks for, RFC 8441 §4.
    package enum ConnectProtocol: BitwiseCopyable, Equatable, Sendable {
        case none, webSocket
        /// A protocol that is not spoken here: 501 (RFC 9220 §3 says so for what RFC 8441 leaves
        /// open).
        case other
    }

    /// The field section of a request, checked as RFC 9113 §8.1 to §8.3 want it, and what of it
    /// decides about the answer.
    ///
    /// One serves any number of requests, one after the other: it keeps its memory. What it holds
    /// of a request is there until the next `begin`.
    package struct RequestFields: ~Copyable, FieldVisitor {
        package private(set) var method = HTTP.Method.other
        package private(set) var connectProtocol = ConnectProtocol.none
        /// As announced; a number beyond 64 bits is the largest there is.
        package private(set) var contentLength: UInt64?
        /// `content-type: application/grpc`, with or without a format.
        package private(set) var isGRPC = false
        /// How long the client waits, clamped to 292 years.
        package private(set) var grpcTimeout: GRPCTimeout?
        /// The messages may be compressed, in a way that is not `identity`.
        package private(set) var mayCompress = false
        /// `te: trailers`, without which gRPC is not spoken.
        package private(set) var takesTrailers = false
        /// The client waits for an interim 100 before it sends the payload, RFC 9110 §10.1.1.
        package private(set) var expectsContinue = false
        /// Why a request that is well-formed is not taken; its status is the answer.
        package private(set) var refusal: HTTP1.Refusal?

        private var rules = FieldRules(.head)
        private var hasHost = false
        /// The copied values; runs point into it.
        private var text = ByteQueue()
        private var pathRun = Run()
        private var queryRun = Run()
        private var authorityRun = Run()
        private var hostRun = Run()
        private var contentTypeRun = Run()
        private var keyRun = Run()
        private var lastEventRun = Run()

        package init() {}

        /// Forgets the last request.
        package mutating func begin(_ section: Section) {
            // Swift resets a noncopyable value member by member only.
            method = .other
            connectProtocol = .none
            contentLength = nil
            isGRPC = false
            grpcTimeout = nil
            mayCompress = false
            takesTrailers = false
            expectsContinue = false
            refusal = nil
            rules = FieldRules(section)
            hasHost = false
            text.removeAll()
            pathRun = Run()
            queryRun = Run()
            authorityRun = Run()
            hostRun = Run()
            contentTypeRun = Run()
            keyRun = Run()
            lastEventRun = Run()
        }

        /// The path, which begins with `/`; empty for CONNECT and `*`.
        package var path: Span<UInt8> {
            @_lifetime(borrow self)
            get { pathRun.bytes(of: text.bytes) }
        }
        /// What follows the first `?`, without it.
        package var query: Span<UInt8> {
            @_lifetime(borrow self)
            get { queryRun.bytes(of: text.bytes) }
        }
        /// Host and port, from `:authority` or else from Host (§8.3.1).
        package var authority: Span<UInt8> {
            @_lifetime(borrow self)
            get { (rules.has(.authority) ? authorityRun : hostRun).bytes(of: text.bytes) }
        }
        package var contentType: Span<UInt8> {
            @_lifetime(borrow self)
            get { contentTypeRun.bytes(of: text.bytes) }
        }
        package var idempotencyKey: Span<UInt8> {
            @_lifetime(borrow self)
            get { keyRun.bytes(of: text.bytes) }
        }
        package var lastEventID: Span<UInt8> {
            @_lifetime(borrow self)
            get { lastEventRun.bytes(of: text.bytes) }
        }

        package mutating func visit(
            _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>, isSensitive: Bool
        ) {
            guard rules.admits(known, name: name, value: value) else { return }
            // RFC 9110 §6.5.1: what frames or routes a message means nothing in its trailers.
            if rules.section == .trailers { return }
            switch known {
            case .method: noteMethod(value)
            case .path: notePath(value)
            case .scheme: noteScheme(value)
            case .authority: authorityRun = keepAuthority(value)
            case .host: noteHost(value)
            case .protocol: connectProtocol = value.equalsFolded("websocket") ? .webSocket : .other
            case .status: rules.fail(":status in a request")
            case .contentLength: rules.noteLength(value, in: &contentLength)
            case .contentType:
                isGRPC = value.isGRPCType
                if contentTypeRun.isEmpty { contentTypeRun = keep(value) }
            case .te: takesTrailers = true
            case .expect: noteExpect(value)
            case .idempotencyKey: noteKey(value)
            case .lastEventID: if lastEventRun.isEmpty { lastEventRun = keep(value) }
            case .grpcTimeout: grpcTimeout = GRPCTimeout(value)
            case .grpcEncoding: mayCompress = !value.equalsFolded("identity")
            default: break
            }
        }

        /// What only the whole section shows.
        /// - Parameters:
        ///   - takesConnectProtocol: whether SETTINGS_ENABLE_CONNECT_PROTOCOL was announced.
        package mutating func conclude(
            stream: UInt32, takesConnectProtocol: Bool = false
        ) throws(Failure) {
            if rules.section == .head, rules.fault == nil {
                if method == .connect || rules.has(.protocol) {
                    concludeConnect(takesConnectProtocol)
                } else if !rules.has(.method) || !rules.has(.scheme) || !rules.has(.path) {
                    // §8.3.1.
                    rules.fail("a request without :method, :scheme or :path")
                } else if pathRun.isEmpty, method != .options {
                    rules.fail(":path is an asterisk, but the method is not OPTIONS")
                }
                if hasHost, rules.has(.authority), !isSameHost {
                    rules.fail("host differs from :authority")
                }
            }
            if let fault = rules.fault { throw Failure(.protocol, .stream(stream), fault) }
        }

        /// §8.5 and RFC 8441 §4.
        private mutating func concludeConnect(_ takesConnectProtocol: Bool) {
            if rules.has(.protocol) {
                if !takesConnectProtocol || method != .connect {
                    rules.fail(":protocol where it is not taken")
                } else if !rules.has(.scheme) || !rules.has(.path) || !rules.has(.authority) {
                    rules.fail("extended CONNECT without :scheme, :path or :authority")
                }
            } else if rules.has(.scheme) || rules.has(.path) || !rules.has(.authority) {
                rules.fail("CONNECT is :method and :authority alone")
            } else if !text.bytes.isAuthority(authorityRun, needsPort: true) {
                rules.fail("CONNECT without a port")
            }
        }

        private var isSameHost: Bool {
            let (authority, host) = (
                authorityRun.bytes(of: text.bytes), hostRun.bytes(of: text.bytes)
            )
            return authority.count == host.count
                && authority.indices.allSatisfy {
                    authority[$0].lowercasedLetter == host[$0].lowercasedLetter
                }
        }

        @inline(always)
        private mutating func keep(_ value: Span<UInt8>) -> Run {
            let start = text.count
            text.append(value)
            return Run(start, text.count)
        }

        @inline(always)
        private mutating func noteMethod(_ value: Span<UInt8>) {
            method = HTTP.Method(token: value)
            if method == .other, value.isEmpty || value.endOfName(from: 0) < value.count {
                rules.fail(":method is no token")
            }
        }

        @inline(always)
        private mutating func notePath(_ value: Span<UInt8>) {
            if value.count == 1, value[0] == .asterisk { return }
            let pathEnd = value.firstIndexInValue(of: PathStop())
            var end = pathEnd
            if end < value.count, value[end] == .questionMark {
                end = value.firstIndex(of: QueryStop(), from: end &+ 1)
            }
            // §8.3.1; RFC 3986 §3.3 and §3.4 for the characters.
            guard end == value.count, !value.isEmpty, value[0] == .slash else {
                rules.fail(":path is no path")
                return
            }
            let run = keep(value)
            pathRun = Run(run.lower, run.lower &+ pathEnd)
            if end > pathEnd { queryRun = Run(pathRun.upper &+ 1, run.upper) }
        }

        /// RFC 3986 §3.1.
        @inline(always)
        private mutating func noteScheme(_ value: Span<UInt8>) {
            if value.count == 4, value.has("http", at: 0) { return }
            checkScheme(value)
        }

        @inline(never)
        private mutating func checkScheme(_ value: Span<UInt8>) {
            let isScheme =
                !value.isEmpty && value[0].lowercasedLetter &- 0x61 < 26
                && value.indices.allSatisfy { ASCIISet.scheme.contains(value[$0]) }
            if !isScheme { rules.fail(":scheme is no scheme") }
        }

        /// §8.3.1: without user information.
        private mutating func keepAuthority(_ value: Span<UInt8>) -> Run {
            let run = keep(value)
            if !value.isEmpty, !value.isAuthority(Run(0, value.count), needsPort: false) {
                rules.fail("an authority that is no host with an optional port")
            }
            return run
        }

        /// RFC 9110 §7.2.
        private mutating func noteHost(_ value: Span<UInt8>) {
            if hasHost { rules.fail("more than one host field") }
            hasHost = true
            hostRun = keepAuthority(value)
        }

        private mutating func noteExpect(_ value: Span<UInt8>) {
            if value.equalsFolded("100-continue") {
                expectsContinue = true
            } else {
                refusal = refusal ?? .unknownExpectation
            }
        }

        /// A field of one value (RFC 9110 §5.5), as in HTTP/1.
        private mutating func noteKey(_ value: Span<UInt8>) {
            if !keyRun.isEmpty, !keyRun.bytes(of: text.bytes).equals(value) {
                refusal = refusal ?? .repeatedKey
            }
            keyRun = keep(value)
        }
    }
}
