// Hot path
import Wire

/// Kinds of requests of HTTP/2, each drawn when it begins.
package struct MixedHTTP2Requests: HTTP2Kinds {
    package let all: [HTTP2Request]
    private var chooser: KindChooser
    package private(set) var lastKind = 0

    package init(_ all: [HTTP2Request], chooser: KindChooser) {
        self.all = all
        self.chooser = chooser
    }

    @inline(always)
    package static var preparesAhead: Bool { false }
    @inline(always)
    package mutating func prepare() {}

    @inline(always)
    package mutating func begin(on connection: inout HTTP2KindsConnection) -> Int {
        lastKind = chooser.next()
        return connection.state.begin(all[lastKind], kind: UInt8(truncatingIfNeeded: lastKind))
    }
}
