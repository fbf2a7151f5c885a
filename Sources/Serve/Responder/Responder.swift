import Basis
import Platform
import Wire

/// Answers messages. One a thread; what is shared lies in the ledger and in the topics.
struct Responder {
    private let ledger: PaymentLedger
    private let topics: Topics

    init(ledger: PaymentLedger, topics: Topics = Topics()) {
        self.ledger = ledger
        self.topics = topics
    }

    /// Decides the reply, doing the route's work on the calling thread.
    ///
    /// Hot: once a request.
    /// - Parameter body: the idempotency key, `message.keyCount` bytes, and the payload behind it.
    func respond(to message: Message, body: Span<UInt8>) -> Reply {
        switch message.route {
        case .plaintext:
            return .now(Content(status: .ok, payload: .text("Hello, World!")))
        case .json:
            return .now(Content(status: .ok, payload: .greeting("Hello, World!")))
        case .bytes(let count):
            return .now(Content(status: .ok, payload: .filler(count)))
        case .echo:
            return .now(Content(status: .ok, payload: .request))
        case .call(let call):
            return CallHandler.respond(to: call, body: body)
        default:
            return respondUncommonly(to: message, body: body)
        }
    }

    /// In a place of its own, so that the registers it needs cost the usual requests nothing.
    @inline(never)
    private func respondUncommonly(to message: Message, body: Span<UInt8>) -> Reply {
        switch message.route {
        case .index:
            return .now(Content(status: .ok, payload: .text(Self.index)))
        case .work(let span):
            Self.burn(span)
            return .afterWork(Content(status: .ok, payload: .text("worked\n")))
        case .block(let span):
            blockThread(for: span)
            return .afterWork(Content(status: .ok, payload: .text("blocked\n")))
        case .wait(let span):
            return .after(span, message.route)
        case .payments where message.shape.contains(.early),
            .publish where message.shape.contains(.early):
            // RFC 8470 §5.2: what may be a replay must have no effect.
            return .now(Content(status: .tooEarly, payload: .problem("ask again, not so early")))
        case .payments(let span): return pay(message, body: body, for: span)
        case .effects: return .now(ledger.effects)
        case .paid(let number): return .now(PaymentLedger.receipt(number))
        case .tokens, .events:
            return .inTime(message.route)
        case .subscribe, .publish, .published:
            return PushHandler.respond(to: message, body: body, topics)
        case .notCall:
            let reason: StaticString = "a method of gRPC takes application/grpc over HTTP/2"
            return .now(Content(status: .unsupportedMediaType, payload: .problem(reason)))
        case .serverOptions:
            return .now(Content(status: .noContent, payload: .none))
        case .webSocket(let refusal):
            return .now(Content(status: refusal.status, payload: .upgrade(refusal)))
        case .webSocketTopic:
            let refusal = WebSocket.HandshakeRefusal.notOffered
            return .now(Content(status: refusal.status, payload: .upgrade(refusal)))
        case .notFound:
            return .now(Content(status: .notFound, payload: .problem("no such path")))
        case .methodNotAllowed(let allowed):
            return .now(Content(status: .methodNotAllowed, payload: .allow(allowed)))
        case .methodNotImplemented:
            return .now(
                Content(
                    status: .notImplemented, payload: .problem("the method is not implemented here")
                ))
        case .badParameter(.size):
            let reason: StaticString = "/bytes/N takes a whole number N of bytes up to 1073741824"
            return .now(Content(status: .badRequest, payload: .problem(reason)))
        case .badParameter(.events): return .now(PushHandler.badQuery)
        case .badParameter(.span):
            let reason: StaticString =
                "us=N is needed once: a whole number N of microseconds up to 60000000"
            return .now(Content(status: .badRequest, payload: .problem(reason)))
        case .plaintext, .json, .bytes, .echo, .call:
            preconditionFailure("a usual route")
        }
    }

    /// Pays at once; what takes time is the reply.
    private func pay(_ message: Message, body: Span<UInt8>, for span: Nanoseconds) -> Reply {
        let content = ledger.pay(
            field: body.extracting(first: Int(message.keyCount)),
            order: body.extracting(droppingFirst: Int(message.keyCount)), for: span)
        guard case .receipt(let number) = content.payload else { return .now(content) }
        var delay = span
        if message.fault == .delay, let faults = ledger.faults { delay = delay + faults.plan.delay }
        return delay == .zero ? .now(content) : .after(delay, .paid(number))
    }

    /// What a reply says that was not to be made before its time.
    static func late(_ message: Message) -> Content {
        if case .call(.late(let bytes)) = message.route {
            return CallHandler.content(.payload(bytes))
        }
        if case .paid(let number) = message.route { return PaymentLedger.receipt(number) }
        return Content(status: .ok, payload: .text("waited\n"))
    }

    /// What is said to who waits no longer.
    static var overdue: Content { CallHandler.content(.failed(.overdue)) }

    /// What `/` says.
    private static let index: StaticString = """
        GET  /plaintext      Hello, World!
        GET  /json           the same as an object
        GET  /bytes/{n}      n bytes, up to 1073741824
        POST /echo           the request's body
        GET  /work?us=N      burns N microseconds of CPU, up to 60000000
        GET  /block?us=N     sleeps N microseconds while holding its thread
        GET  /wait?us=N      answers after N microseconds, holding nothing
        POST /payments       pays once for each Idempotency-Key; ?us=N takes N microseconds
        GET  /payments/effects              how many payments were made
        GET  /ws             a WebSocket that echoes its messages
        GET  /sse?tokens=N&interval_ms=M    N server-sent events, M milliseconds apart
        GET  /sse?topic=T                   the events of a topic, as they come
        GET  /poll?topic=T                  those behind Last-Event-ID
        GET  /long-poll?topic=T             the same, once there is one
        GET  /ws/topic/T                    a WebSocket that publishes and subscribes
        POST /topic/T                       publishes the body
        (a topic such as tick-10ms or tick-10ms-125 has events every 10 ms, of 125 bytes)

        """

    /// Uses `span` of this thread's CPU time, however often the thread is preempted.
    static func burn(_ span: Nanoseconds) {
        let end = CPUClock.thisThread + span
        while CPUClock.thisThread < end {}
    }
}
