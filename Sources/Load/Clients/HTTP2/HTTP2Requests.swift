// Hot path
import Wire

/// What the streams of a connection ask: the same each, or one of several kinds.
package protocol HTTP2Requests: Sendable {
    /// Whether there are several kinds, whose latencies are told apart.
    static var hasKinds: Bool { get }

    /// How many kinds there are; 0 where they are not told apart.
    var kinds: Int { get }

    /// The kind of the last one that was drawn.
    var lastKind: Int { get }

    /// Whether answers have no payload, be the request of whatever kind.
    var answersHead: Bool { get }

    /// Draws the kind of the next one.
    mutating func draw() -> UInt8

    func request(of kind: UInt8) -> HTTP2Request
}

extension HTTP2Request: HTTP2Requests {
    @inline(always)
    package static var hasKinds: Bool { false }
    package var kinds: Int { 0 }
    @inline(always)
    package var lastKind: Int { 0 }

    @inline(always)
    package mutating func draw() -> UInt8 { 0 }

    @inline(always)
    package func request(of kind: UInt8) -> HTTP2Request { self }
}

/// Several kinds of requests by their numbers, none of them of HEAD.
package struct MixedHTTP2Requests: HTTP2Requests {
    private let all: [HTTP2Request]
    private var chooser: KindChooser
    package private(set) var lastKind = 0

    package init(_ requests: [HTTP2Request], chooser: KindChooser) {
        precondition((1...KindChooser.most).contains(requests.count), "some kinds")
        all = requests
        self.chooser = chooser
    }

    @inline(always)
    package static var hasKinds: Bool { true }
    package var kinds: Int { all.count }

    @inline(always)
    package var answersHead: Bool { false }

    @inline(always)
    package mutating func draw() -> UInt8 {
        lastKind = chooser.next()
        return UInt8(truncatingIfNeeded: lastKind)
    }

    @inline(always)
    package func request(of kind: UInt8) -> HTTP2Request { all[Int(kind)] }
}
