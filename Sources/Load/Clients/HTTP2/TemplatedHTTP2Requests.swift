// Hot path
import Basis
import Wire

/// Requests of HTTP/2 with places that are filled for each. What does not depend on a connection's
/// tables is made before it is due: the literals of fields that differ, which no table would find
/// again, and payloads.
struct TemplatedHTTP2Requests: HTTP2Kinds, ~Copyable {
    /// What the requests of one kind say that others of it don't.
    private struct Kind {
        /// Of each field what stands before its value, and the value.
        let fields: [(name: RequestTexts.Text, value: RequestTexts.Text)]
        let body: RequestTexts.Text?
    }

    let all: [HTTP2Request]
    private let own: [Kind]
    private var chooser: KindChooser
    private var filler: RequestFiller
    private var ready = ReadyRequests()
    /// The payload and the value that are being made.
    private var body = ByteQueue()
    private var value = ByteQueue()
    private(set) var lastKind = 0

    /// - Parameters:
    ///   - all: one of each kind.
    ///   - mix: the same kinds, with what fills their places.
    ///   - filler: makes this thread's filler out of the texts.
    init(
        _ all: [HTTP2Request], _ mix: [MixedRequest], _ texts: RequestTexts, chooser: KindChooser,
        filler: (RequestTexts) -> RequestFiller
    ) {
        var texts = texts
        own = zip(all, mix).map { request, kind in
            let fields = request.fields.filter(\.isFilled).map { field in
                let name = texts.add(constant: Self.beginning(of: field))
                let value =
                    field.isLength
                    ? texts.add([], [], lengthAnd: []) : texts.add(field.value, kind.fillings)
                return (name: name, value: value)
            }
            return Kind(
                fields: fields,
                body: request.fillsBody ? texts.add(request.body, kind.fillings) : nil)
        }
        self.all = all
        self.chooser = chooser
        self.filler = filler(texts)
    }

    /// A literal that no table keeps, up to its value (RFC 7541 §6.2.2, and §6.2.3 for secrets).
    private static func beginning(of field: HTTP2Request.Field) -> [UInt8] {
        var bytes = ByteQueue()
        HPACKEncoder.beginLiteral(
            name: field.name.span, indexing: field.isSecret ? .never : .none, to: &bytes)
        return Array(copying: bytes.bytes)
    }

    @inline(always)
    static var preparesAhead: Bool { true }

    mutating func prepare() {
        while !ready.isFull { makeOne() }
    }

    private mutating func makeOne() {
        let kind = chooser.next()
        let texts = own[kind]
        let start = ready.begin(kind: kind)
        var body = ByteQueue()
        var value = ByteQueue()
        swap(&body, &self.body)
        swap(&value, &self.value)
        body.removeAll()
        if let text = texts.body { filler.append(text, to: &body) }
        for field in texts.fields {
            value.removeAll()
            filler.append(field.value, bodyBytes: body.count, to: &value)
            let start = ready.bytes.count
            ready.bytes.append(bigEndian: UInt32(0))
            filler.append(field.name, to: &ready.bytes)
            HPACKInteger.append(value.count, prefix: 7, pattern: 0, to: &ready.bytes)
            ready.bytes.append(value.bytes)
            let length = ready.bytes.count &- start &- 4
            ready.bytes.overwrite(bigEndian: UInt32(truncatingIfNeeded: length), at: start)
        }
        ready.bytes.append(body.bytes)
        ready.end(start)
        swap(&body, &self.body)
        swap(&value, &self.value)
        filler.advance()
    }

    mutating func begin(on connection: inout HTTP2ClientConnection<HTTPExchange>) -> Int {
        if ready.isEmpty { makeOne() }
        lastKind = ready.kind
        let slot = begin(all[lastKind], own[lastKind].fields.count, on: &connection)
        ready.removeOldest()
        return slot
    }

    /// Begins the oldest that is ready.
    ///
    /// - Parameter filled: how many fields are its own.
    @inline(always)
    private func begin(
        _ request: HTTP2Request, _ filled: Int,
        on connection: inout HTTP2ClientConnection<HTTPExchange>
    ) -> Int {
        let oldest = ready.oldest
        var end = 0
        for _ in 0..<filled { end &+= 4 &+ Int(oldest.bigEndian(UInt32.self, at: end)) }
        return connection.begin(
            request, kind: UInt8(truncatingIfNeeded: lastKind), fields: oldest,
            body: request.fillsBody ? oldest.extracting(end..<oldest.count) : request.body.span)
    }
}
