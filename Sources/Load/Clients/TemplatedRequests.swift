// Hot path
package import Basis
import Wire

/// Requests of HTTP/1.1 with places that are filled for each, made ready before they are due.
package struct TemplatedRequests: HTTP1Requests, ~Copyable {
    /// What the requests of one kind say: all in one text, or a body and a head that tells its
    /// length.
    private struct Kind {
        let head: RequestTexts.Text
        let body: RequestTexts.Text?
    }

    private var chooser: KindChooser
    private var filler: RequestFiller
    private let all: [Kind]
    private var ready = ReadyRequests()
    /// The body of the request that is being made.
    private var body = ByteQueue()
    package private(set) var lastKind = 0

    /// - Parameters:
    ///   - mix: the kinds, some of them with places.
    ///   - filler: makes this thread's filler out of the texts.
    init(
        _ mix: [MixedRequest], _ texts: RequestTexts, chooser: KindChooser,
        filler: (RequestTexts) -> RequestFiller
    ) {
        precondition((1...KindChooser.most).contains(mix.count), "some kinds")
        var texts = texts
        all = mix.map { kind in
            let request = kind.request
            guard kind.isTemplated else {
                return Kind(head: texts.add(constant: request.bytes), body: nil)
            }
            guard request.body.contains(PlaceMarks.mark) else {
                let head = texts.add(request.bytes, kind.fillings)
                return Kind(head: head, body: nil)
            }
            // The head ends with the length of the body, which is another one now.
            let rest = Array("\r\n\r\n".utf8)
            let length = rest.count + "\(request.body.count)".utf8.count
            let head = Array(request.bytes[..<(request.headBytes - length)])
            return Kind(
                head: texts.add(head, kind.fillings, lengthAnd: rest),
                body: texts.add(request.body, kind.fillings))
        }
        self.chooser = chooser
        self.filler = filler(texts)
    }

    @inline(always)
    package static var hasKinds: Bool { true }
    @inline(always)
    package static var preparesAhead: Bool { true }
    package var kinds: Int { all.count }

    package mutating func prepare() {
        while !ready.isFull { makeOne() }
    }

    private mutating func makeOne() {
        let kind = chooser.next()
        let texts = all[kind]
        let start = ready.begin(kind: kind)
        if let text = texts.body {
            var body = ByteQueue()
            swap(&body, &self.body)
            body.removeAll()
            filler.append(text, to: &body)
            filler.append(texts.head, bodyBytes: body.count, to: &ready.bytes)
            ready.bytes.append(body.bytes)
            swap(&body, &self.body)
        } else {
            filler.append(texts.head, to: &ready.bytes)
        }
        ready.end(start)
        filler.advance()
    }

    @inline(always)
    package mutating func compose(due: Instant, to output: inout ByteQueue) {
        if ready.isEmpty { makeOne() }
        lastKind = ready.kind
        output.append(ready.oldest)
        ready.removeOldest()
    }
}
