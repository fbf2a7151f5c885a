// Hot path
import Wire

/// What the streams of a connection ask: the same each, or one of several kinds.
///
/// What is drawn stands apart from it, in a choice: what is constant is lent without being copied.
package protocol HTTP2Requests: Sendable {
    associatedtype Choice: Sendable

    /// Whether there are several kinds, whose latencies are told apart.
    static var hasKinds: Bool { get }

    /// How many kinds there are; 0 where they are not told apart.
    var kinds: Int { get }

    /// Whether answers have no payload, be the request of whatever kind.
    var answersHead: Bool { get }

    /// Before anything is drawn.
    var firstChoice: Choice { get }

    /// Draws the kind of the next one.
    static func draw(_ choice: inout Choice) -> UInt8

    /// The kind of the last one that was drawn.
    static func lastKind(_ choice: Choice) -> Int

    func request(of kind: UInt8) -> HTTP2Request
}

extension HTTP2Request: HTTP2Requests {
    @inline(always)
    package static var hasKinds: Bool { false }
    package var kinds: Int { 0 }
    @inline(always)
    package var firstChoice: Void { () }

    @inline(always)
    package static func draw(_ choice: inout Void) -> UInt8 { 0 }
    @inline(always)
    package static func lastKind(_ choice: Void) -> Int { 0 }

    @inline(always)
    package func request(of kind: UInt8) -> HTTP2Request { self }
}

/// Several kinds of requests by their numbers, none of them of HEAD.
package struct MixedHTTP2Requests: HTTP2Requests {
    /// What draws, and what it drew last.
    package struct Choice: Sendable {
        fileprivate var chooser: KindChooser
        fileprivate var last = 0
    }

    private let all: [HTTP2Request]
    package let firstChoice: Choice

    package init(_ requests: [HTTP2Request], chooser: KindChooser) {
        precondition((1...KindChooser.most).contains(requests.count), "some kinds")
        all = requests
        firstChoice = Choice(chooser: chooser)
    }

    @inline(always)
    package static var hasKinds: Bool { true }
    package var kinds: Int { all.count }

    @inline(always)
    package var answersHead: Bool { false }

    @inline(always)
    package static func draw(_ choice: inout Choice) -> UInt8 {
        choice.last = choice.chooser.next()
        return UInt8(truncatingIfNeeded: choice.last)
    }

    @inline(always)
    package static func lastKind(_ choice: Choice) -> Int { choice.last }

    @inline(always)
    package func request(of kind: UInt8) -> HTTP2Request { all[Int(kind)] }
}
