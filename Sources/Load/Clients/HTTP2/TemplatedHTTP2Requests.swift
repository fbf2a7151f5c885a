// Hot path
import Basis
import Wire

/// Requests of HTTP/2 with places that are filled for each. What does not depend on a connection's
/// tables is made before it is due: the values of fields that differ, and payloads.
struct TemplatedHTTP2Requests: HTTP2Kinds, ~Copyable {
    /// What the requests of one kind say that others of it don't.
    private struct Kind {
        /// The values of fields, in `values`.
        let values: Range<Int>
        let body: RequestTexts.Text?
    }

    let all: [HTTP2Request]
    private let heads: HTTP2MixHeads
    private let own: [Kind]
    private let values: [RequestTexts.Text]
    private var chooser: KindChooser
    private var filler: RequestFiller
    private var ready = ReadyRequests()
    /// The payload that is being made.
    private var body = ByteQueue()
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
        var values: [RequestTexts.Text] = []
        own = zip(all, mix).map { request, kind in
            let first = values.count
            for field in request.fields where field.isFilled {
                values.append(
                    field.isLength
                        ? texts.add([], [], lengthAnd: []) : texts.add(field.value, kind.fillings))
            }
            return Kind(
                values: first..<values.count,
                body: request.fillsBody ? texts.add(request.body, kind.fillings) : nil)
        }
        self.values = values
        self.all = all
        heads = HTTP2MixHeads(all)
        self.chooser = chooser
        self.filler = filler(texts)
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
        swap(&body, &self.body)
        body.removeAll()
        if let text = texts.body { filler.append(text, to: &body) }
        for value in texts.values {
            let start = ready.bytes.count
            ready.bytes.append(bigEndian: UInt32(0))
            filler.append(values[value], bodyBytes: body.count, to: &ready.bytes)
            let length = ready.bytes.count &- start &- 4
            ready.bytes.overwrite(bigEndian: UInt32(truncatingIfNeeded: length), at: start)
        }
        ready.bytes.append(body.bytes)
        ready.end(start)
        swap(&body, &self.body)
        filler.advance()
    }

    mutating func begin(on connection: inout HTTP2ClientConnection<HTTPExchange>) -> Int {
        if ready.isEmpty { makeOne() }
        lastKind = ready.kind
        let slot = beginOldest(on: &connection)
        ready.removeOldest()
        return slot
    }

    @inline(always)
    private func beginOldest(
        on connection: inout HTTP2ClientConnection<HTTPExchange>
    ) -> Int {
        let oldest = ready.oldest
        let kind = own[lastKind]
        let isOwnBody = kind.body != nil
        var end = 0
        for _ in kind.values { end &+= 4 &+ Int(oldest.bigEndian(UInt32.self, at: end)) }
        return connection.begin(
            lastKind, of: heads, filled: oldest.extracting(..<end),
            body: isOwnBody ? oldest.extracting(end...) : heads.body(of: lastKind),
            isOwnBody: isOwnBody)
    }
}
