// Hot path
import Wire

/// What the streams of a connection ask: the same each, or one of several kinds.
protocol HTTP2Requests: Sendable {
    /// Whether answers have no payload, be the request of whatever kind.
    var answersHead: Bool { get }

    func request(of kind: UInt8) -> HTTP2Request
}

extension HTTP2Request: HTTP2Requests {
    @inline(always)
    func request(of kind: UInt8) -> HTTP2Request { self }
}

/// Kinds of requests by their numbers, none of them of HEAD.
struct HTTP2RequestKinds: HTTP2Requests {
    let all: [HTTP2Request]

    @inline(always)
    var answersHead: Bool { false }

    @inline(always)
    func request(of kind: UInt8) -> HTTP2Request { all[Int(kind)] }
}
