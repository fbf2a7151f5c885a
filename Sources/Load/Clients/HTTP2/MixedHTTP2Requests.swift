// Hot path
import Wire

/// Kinds of requests of HTTP/2, each drawn when it begins.
struct MixedHTTP2Requests: HTTP2Kinds {
    let all: [HTTP2Request]
    private var chooser: KindChooser
    private(set) var lastKind = 0

    init(_ all: [HTTP2Request], chooser: KindChooser) {
        self.all = all
        self.chooser = chooser
    }

    @inline(always)
    mutating func begin(on connection: inout HTTP2ClientConnection<HTTPExchange>) -> Int {
        lastKind = chooser.next()
        return connection.begin(all[lastKind], kind: UInt8(truncatingIfNeeded: lastKind))
    }
}
