import Basis
import Wire

/// What a request asks for, whatever protocol brought it.
enum Route: Equatable, BitwiseCopyable, Sendable {
    /// The list of the others.
    case index
    case plaintext
    case json
    case bytes(Int)
    case echo
    /// Burns CPU.
    case work(Nanoseconds)
    /// Sleeps while holding its thread.
    case block(Nanoseconds)
    /// Answers later, holding nothing.
    case wait(Nanoseconds)
    /// Pays; the reply comes after this time.
    case payments(Nanoseconds)
    /// A payment that has been made and whose reply is due later.
    case paid(UInt64)
    /// How much was paid.
    case effects
    /// `/ws`, asked for without all that opens a WebSocket. A request that has it is no message:
    /// its connection changes the protocol.
    case webSocket(WebSocket.HandshakeRefusal)
    /// `/ws/topic/NAME`, where the name lies in the path.
    case webSocketTopic(TextPlace)
    /// `/sse?tokens=N`.
    case tokens(TokenSchedule)
    /// Events of a topic whose name lies in the query, and once that is known, of it.
    case subscribe(Subscription, TextPlace)
    case events(Subscription, TopicID)
    /// Publishes the payload to the topic whose name lies in the path, and once that is known, to
    /// it.
    case publish(TextPlace)
    case published(TopicID)
    /// A method of gRPC.
    case call(Call)
    /// A method of gRPC, asked for in another way.
    case notCall
    /// `OPTIONS *` (RFC 9110 §9.3.7).
    case serverOptions

    case notFound
    case methodNotAllowed(AllowedMethods)
    case methodNotImplemented
    /// A path that is known with a number that is not.
    case badParameter(Parameter)

    /// The numbers that routes take.
    enum Parameter: Equatable, BitwiseCopyable, Sendable { case size, span, events }

    enum AllowedMethods: Equatable, BitwiseCopyable, Sendable { case get, post }

    /// Where in a path or a query a text lies.
    struct TextPlace: Equatable, BitwiseCopyable, Sendable {
        let start: UInt16
        let count: UInt16

        /// The place in what begins `offset` bytes before the path or the query.
        func range(behind offset: Int) -> Range<Int> {
            offset + Int(start)..<offset + Int(start) + Int(count)
        }
    }

    /// Whether the reply may be held back.
    var mayDelay: Bool {
        switch self {
        case .wait, .tokens, .subscribe, .events, .payments: true
        default: false
        }
    }

    /// Whether to answer is to hold the thread for a time that the request says.
    @inline(always)
    var holdsThread: Bool {
        switch self {
        case .work, .block: true
        default: false
        }
    }

    /// Whether more of the request than its path and query decides.
    @inline(always)
    var isUnfinished: Bool {
        switch self {
        case .webSocket, .webSocketTopic, .subscribe, .publish: true
        default: false
        }
    }

    /// Whether the route wants the request's idempotency key.
    var wantsKey: Bool {
        if case .payments = self { true } else { false }
    }

    /// Whether the route wants the request's payload kept.
    var wantsBody: Bool {
        switch self {
        case .echo, .payments, .call, .publish, .published: true
        default: false
        }
    }
}

extension Route {
    /// Finds the route of a request.
    ///
    /// Hot: once a request.
    /// - Parameters:
    ///   - path: begins with `/`; empty where the target has none.
    ///   - query: what follows the path's `?`.
    init(_ method: HTTP.Method, path: Span<UInt8>, query: Span<UInt8>) {
        if method == .other {
            self = .methodNotImplemented
        } else if let resource = Resource(path) {
            self = resource.route(method, path: path, query: query)
        } else {
            self = Self.uncommon(method, path: path, query: query)
        }
    }

    /// The route of what is not the path of a resource as it is usually written.
    @inline(never)
    private static func uncommon(
        _ method: HTTP.Method, path: Span<UInt8>, query: Span<UInt8>
    ) -> Route {
        // This is no proxy.
        if method == .connect { return .methodNotImplemented }
        if method == .options, path.isEmpty { return .serverOptions }
        if GRPC.Method(path: path) != nil {
            return method == .post ? .notCall : .methodNotAllowed(.post)
        }
        let plain = path.withoutNeedlessEscapes()
        guard plain.bytes.count < path.count, let resource = Resource(plain.bytes),
            !resource.isNamed
        else { return .notFound }
        return resource.route(method, path: plain.bytes, query: query)
    }

    private enum Resource {
        case index, plaintext, json, bytes, echo, work, block, wait, payments, effects, webSocket
        case sse, poll, longPoll, topic, webSocketTopic

        @inline(always)
        init?(_ path: Span<UInt8>) {
            switch path.count {
            case 10 where path.equals("/plaintext"): self = .plaintext
            case 5 where path.equals("/json"): self = .json
            case 5 where path.equals("/echo"): self = .echo
            case 5 where path.equals("/work"): self = .work
            case 5 where path.equals("/wait"): self = .wait
            case 6 where path.equals("/block"): self = .block
            case 9 where path.equals("/payments"): self = .payments
            case 17 where path.equals("/payments/effects"): self = .effects
            case 3 where path.equals("/ws"): self = .webSocket
            case 1: self = .index
            case 4 where path.equals("/sse"): self = .sse
            case 5 where path.equals("/poll"): self = .poll
            case 10 where path.equals("/long-poll"): self = .longPoll
            case 8... where path.extracting(first: 7).equals("/topic/"): self = .topic
            case 11... where path.extracting(first: 10).equals("/ws/topic/"):
                self = .webSocketTopic
            case 8... where path.extracting(first: 7).equals("/bytes/"): self = .bytes
            default: return nil
            }
        }

        var method: AllowedMethods {
            switch self {
            case .echo, .payments, .topic: .post
            case .index, .plaintext, .json, .bytes, .work, .block, .wait, .effects, .webSocket,
                .sse, .poll, .longPoll, .webSocketTopic:
                .get
            }
        }

        /// Whether the path ends in a name.
        var isNamed: Bool {
            switch self {
            case .topic, .webSocketTopic: true
            default: false
            }
        }

        @inline(always)
        func route(
            _ method: HTTP.Method, path: Span<UInt8>, query: Span<UInt8>
        ) -> Route {
            switch (self.method, method) {
            case (.get, .get), (.get, .head), (.post, .post): break
            case (let allowed, _): return .methodNotAllowed(allowed)
            }
            switch self {
            case .index: return .index
            case .plaintext: return .plaintext
            case .json: return .json
            case .echo: return .echo
            case .effects: return .effects
            case .payments where query.isEmpty: return .payments(.zero)
            case .webSocket: return .webSocket(.notOffered)
            case .bytes: return Self.bytes(path.extracting(droppingFirst: 7))
            case .sse: return .stream(query)
            case .poll: return .poll(query, .poll)
            case .longPoll: return .poll(query, .longPoll)
            case .topic: return .publish(TextPlace(in: path, from: 7))
            case .webSocketTopic: return .webSocketTopic(TextPlace(in: path, from: 10))
            case .work, .block, .wait, .payments:
                guard let span = Self.span(query) else { return .badParameter(.span) }
                if case .work = self { return .work(span) }
                if case .block = self { return .block(span) }
                if case .payments = self { return .payments(span) }
                return .wait(span)
            }
        }

        private static func bytes(_ text: Span<UInt8>) -> Route {
            let limit = Limit.fillerBytes
            let count =
                text.decimal(upTo: limit)
                ?? text.withoutNeedlessEscapes().bytes.decimal(upTo: limit)
            return count.map(Route.bytes) ?? .badParameter(.size)
        }

        /// Reads `us`, which stands once among the parameters, wherever.
        private static func span(_ query: Span<UInt8>) -> Nanoseconds? {
            let limit = Int(Limit.handlerTime.raw / 1_000)
            // As it is written by nearly all.
            if query.count > 3, query.extracting(first: 3).equals("us="),
                let count = query.extracting(droppingFirst: 3).decimal(upTo: limit)
            {
                return .microseconds(count)
            }
            let plain = query.withoutNeedlessEscapes()
            guard let count = plain.bytes.onlyParameter("us=")?.decimal(upTo: limit) else {
                return nil
            }
            return .microseconds(count)
        }
    }
}

extension Span where Element == UInt8 {
    @inline(always)
    func equals(_ text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount == count else { return false }
        for index in indices {
            // SAFETY: a literal's `utf8CodeUnitCount` bytes live for ever, and `count` equals it.
            let other = unsafe text.utf8Start[index]
            if self[index] != other { return false }
        }
        return true
    }

    /// The decimal number that the whole span spells, or nil when it is none or above `limit`.
    func decimal(upTo limit: Int) -> Int? {
        guard count > 0, count <= 18 else { return nil }
        var value = 0
        for index in indices {
            let digit = Int(self[index]) - 48
            guard digit >= 0, digit <= 9 else { return nil }
            value = value * 10 + digit
        }
        return value <= limit ? value : nil
    }

    /// What follows `name` in the one parameter of a query that begins with it; nil when none or
    /// several do.
    @_lifetime(copy self)
    fileprivate func onlyParameter(_ name: StaticString) -> Span<UInt8>? {
        guard let found = placeOfOnlyParameter(name) else { return nil }
        return extracting(found)
    }

    func placeOfOnlyParameter(_ name: StaticString) -> Range<Int>? {
        var found: Range<Int>?
        var start = 0
        while start <= count {
            var end = start
            while end < count, self[end] != UInt8(ascii: "&") { end &+= 1 }
            let value = start &+ name.utf8CodeUnitCount
            if value <= end, extracting(start..<value).equals(name) {
                if found != nil { return nil }
                found = value..<end
            }
            start = end &+ 1
        }
        return found
    }
}
