import Basis
import Testing
import Wire

@testable import Serve

/// Parses one whole request head and lends it with its bytes.
func withHead<Result>(
    _ text: String, _ body: (HTTP1.RequestHead, Span<UInt8>) throws -> Result
) throws -> Result {
    let bytes = Array(text.utf8)
    var parser = HTTP1.RequestParser()
    var head = HTTP1.RequestHead()
    guard case .head = parser.next(bytes.span, from: 0, into: &head) else {
        throw BadHead(text: text)
    }
    return try body(head, bytes.span)
}

/// The route of a head that was parsed from `input`.
func chosenRoute(of head: HTTP1.RequestHead, in input: Span<UInt8>) -> Route {
    Route(head.method, path: head.path.bytes(of: input), query: head.query.bytes(of: input))
}

struct BadHead: Error { let text: String }

/// The bytes of a queue as text.
func text(_ queue: borrowing ByteQueue) -> String {
    let bytes = queue.bytes
    return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
}
