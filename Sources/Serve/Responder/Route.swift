import Basis
import Wire

/// What a request asks for, whatever protocol brought it.
enum Route: Equatable, BitwiseCopyable, Sendable {
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
    case payments
    /// `OPTIONS *` (RFC 9110 §9.3.7).
    case serverOptions

    case notFound
    case methodNotAllowed(AllowedMethods)
    case methodNotImplemented
    /// A path that is known with a number that is not.
    case badParameter

    enum AllowedMethods: Equatable, BitwiseCopyable, Sendable { case get, post }

    /// Whether the route wants the request's idempotency key.
    var wantsKey: Bool {
        if case .payments = self { true } else { false }
    }

    /// Whether the route wants the request's payload kept.
    var wantsBody: Bool {
        switch self {
        case .echo, .payments: true
        default: false
        }
    }
}

extension Route {
    /// Finds the route of a request head that was parsed from `input`.
    ///
    /// Hot: once a request.
    init(_ head: HTTP1.RequestHead, in input: Span<UInt8>) {
        if head.method == .other {
            self = .methodNotImplemented
            return
        }
        let path = head.path.bytes(of: input)
        guard let resource = Resource(path) else {
            let isServerWide = head.method == .options && head.path.isEmpty
            self = isServerWide ? .serverOptions : .notFound
            return
        }
        switch (resource.method, head.method) {
        case (.get, .get), (.get, .head), (.post, .post): break
        case (let allowed, _):
            self = .methodNotAllowed(allowed)
            return
        }
        self = resource.route(path: path, query: head.query.bytes(of: input))
    }

    private enum Resource {
        case plaintext, json, bytes, echo, work, block, wait, payments

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
            case 8... where path.extracting(first: 7).equals("/bytes/"): self = .bytes
            default: return nil
            }
        }

        var method: AllowedMethods {
            switch self {
            case .echo, .payments: .post
            case .plaintext, .json, .bytes, .work, .block, .wait: .get
            }
        }

        @inline(always)
        func route(path: Span<UInt8>, query: Span<UInt8>) -> Route {
            switch self {
            case .plaintext: return .plaintext
            case .json: return .json
            case .echo: return .echo
            case .payments: return .payments
            case .bytes:
                let count = path.extracting(droppingFirst: 7).decimal(upTo: Limit.fillerBytes)
                return count.map(Route.bytes) ?? .badParameter
            case .work: return timed(query, Route.work)
            case .block: return timed(query, Route.block)
            case .wait: return timed(query, Route.wait)
            }
        }

        private func timed(_ query: Span<UInt8>, _ make: (Nanoseconds) -> Route) -> Route {
            guard query.count > 3, query.extracting(first: 3).equals("us=") else {
                return .badParameter
            }
            let limit = Int(Limit.handlerTime.raw / 1_000)
            let count = query.extracting(droppingFirst: 3).decimal(upTo: limit)
            return count.map { make(.microseconds($0)) } ?? .badParameter
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
}
