// Hot path
import Basis
import Wire

/// Kinds of requests of HTTP/2, each drawn when it begins.
struct MixedHTTP2Requests: HTTP2Kinds {
    let all: [HTTP2Request]
    private let heads: HTTP2MixHeads
    private var chooser: KindChooser
    private(set) var lastKind = 0

    init(_ all: [HTTP2Request], chooser: KindChooser) {
        self.all = all
        heads = HTTP2MixHeads(all)
        self.chooser = chooser
    }

    @inline(always)
    mutating func begin(on connection: inout HTTP2ClientConnection<HTTPExchange>) -> Int {
        lastKind = chooser.next()
        return connection.begin(
            lastKind, of: heads, filled: Span(), body: heads.body(of: lastKind), isOwnBody: false)
    }
}
