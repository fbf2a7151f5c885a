// Hot path
package import Basis

/// One request over and over, each with an `Idempotency-Key` of its own
/// (draft-ietf-httpapi-idempotency-key-header-07). A request that is begun again with the same due
/// time has the same key.
package struct KeyedRequests: HTTP1Requests {
    /// Hexadecimal digits of a word. A key has two: of the run and the thread, and of the request.
    private static let digits = 16

    /// What a request has in the place of its key: a quoted string.
    package static let placeholder = "\"" + String(repeating: "0", count: 2 * digits) + "\""

    private let request: [UInt8]
    /// Where in the request the digits of the due time begin.
    private let name: Int

    /// - Parameters:
    ///   - request: all bytes of one request, with `placeholder` in it.
    ///   - run: tells this thread of this run from all others.
    init(request: [UInt8], run: UInt64) {
        guard let key = request.firstRange(of: Array(Self.placeholder.utf8)) else {
            preconditionFailure("the request has room for a key")
        }
        var bytes = request
        let start = key.lowerBound + 1
        var digits = ByteQueue()
        digits.append(hexadecimal: run)
        bytes.replaceSubrange(start..<(start + Self.digits), with: Array(copying: digits.bytes))
        self.request = bytes
        name = start + Self.digits
    }

    @inline(always)
    package mutating func compose(due: Instant, to output: inout ByteQueue) {
        output.append(request.span.extracting(first: name))
        output.append(hexadecimal: UInt64(bitPattern: due.raw))
        output.append(request.span.extracting(droppingFirst: name + Self.digits))
    }
}

extension ComposedHTTP1Client where Requests == KeyedRequests {
    /// - Parameters:
    ///   - request: all bytes of one request, with `KeyedRequests.placeholder` in it.
    ///   - run: tells this thread of this run from all others.
    package init(request: [UInt8], run: UInt64, answersHead: Bool, pipeline: Int) {
        self.init(
            KeyedRequests(request: request, run: run), like: request, answersHead: answersHead,
            pipeline: pipeline)
    }
}
