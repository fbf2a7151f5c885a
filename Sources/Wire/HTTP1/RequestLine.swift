extension HTTP1 {
    /// Whether the request that begins at `offset` says HEAD, however the rest of it reads: what a
    /// refusal has to know of it.
    package static func saysHead(_ input: Span<UInt8>, from offset: Int) -> Bool {
        var line = offset
        // Empty lines that are refused are followed by no method.
        guard (try? input.skipEmptyLines(at: &line)) != nil else { return false }
        return input.has("HEAD ", at: line)
    }
}

extension HTTP1.RequestHead: HTTP1.MessageHead {
    static var startLineLimit: Int { HTTP1.Limit.requestLineBytes }
    static var startLineFault: HTTP1.Refusal { .targetTooLong }
    static var mayFollowEmptyLines: Bool { true }
    static func canBegin(with byte: UInt8) -> Bool { ASCIISet.token.contains(byte) }

    /// The request line, RFC 9112 §3.
    @inline(never)
    mutating func noteStartLine(
        at start: Int, in head: Span<UInt8>
    ) throws(HTTP1.Refusal) -> Int? {
        let targetStart: Int
        if head.has("GET ", at: start) {
            method = .get
            targetStart = start &+ 4
        } else {
            guard let end = try noteMethod(at: start, in: head) else { return nil }
            targetStart = end
        }
        let pathEnd = head.firstIndex(of: PathStop(), from: targetStart)
        var end = pathEnd
        if end < head.count, head[end] == .questionMark {
            end = head.firstIndex(of: QueryStop(), from: end &+ 1)
        }
        guard end < head.count else { return nil }
        guard head[end] == .space, end > targetStart else {
            throw head.faultOfTarget(stoppedAt: end)
        }
        let next: Int
        if head.has("HTTP/1.1\r\n", at: end &+ 1) {
            version = .http11
            next = end &+ 11
        } else {
            guard let lineEnd = try noteVersion(at: end &+ 1, in: head) else { return nil }
            next = lineEnd
        }
        target = HTTP1.Run(targetStart, end)
        if end > pathEnd { query = HTTP1.Run(pathEnd &+ 1, end) }
        if head[targetStart] == .slash, method != .connect {
            path = HTTP1.Run(targetStart, pathEnd)
        } else {
            try noteUncommonTarget(pathEnd: pathEnd, in: head)
        }
        return next
    }

    @inline(never)
    private mutating func noteMethod(
        at start: Int, in head: Span<UInt8>
    ) throws(HTTP1.Refusal) -> Int? {
        let end = head.endOfName(from: start)
        guard end < head.count else { return nil }
        guard head[end] == .space, end > start else {
            switch head[end] {
            case .lineFeed: throw .bareLineFeed
            default: throw .badMethod
            }
        }
        method = HTTP.Method(token: head.extracting(start..<end))
        return end &+ 1
    }

    /// Reads `HTTP/d.d` and the line end when it is not `HTTP/1.1`.
    @inline(never)
    private mutating func noteVersion(
        at start: Int, in head: Span<UInt8>
    ) throws(HTTP1.Refusal) -> Int? {
        let lineFeed = head.lineFeed(from: start)
        guard lineFeed < head.count else { return nil }
        guard head[lineFeed &- 1] == .carriageReturn else { throw .bareLineFeed }
        guard lineFeed &- start == 9, head.has("HTTP/", at: start), head[start &+ 5].isDigit,
            head[start &+ 6] == 0x2E, head[start &+ 7].isDigit
        else { throw .badVersion }
        guard head[start &+ 5] == .zero &+ 1 else { throw .unsupportedVersion }
        version = head[start &+ 7] == .zero ? .http10 : .http11
        return lineFeed &+ 1
    }

    /// The forms of a request target besides a plain path, RFC 9112 §3.2.2 to §3.2.4.
    @inline(never)
    private mutating func noteUncommonTarget(
        pathEnd: Int, in head: Span<UInt8>
    ) throws(HTTP1.Refusal) {
        if method == .connect {
            guard head.isAuthority(target, needsPort: true) else { throw .badTarget }
            return
        }
        if target.length == 1, head[target.lower] == 0x2A {
            guard method == .options else { throw .badTarget }
            return
        }
        let authorityStart: Int
        if head.hasFolded("http://", at: target.lower) {
            authorityStart = target.lower &+ 7
        } else if head.hasFolded("https://", at: target.lower) {
            authorityStart = target.lower &+ 8
        } else {
            throw .badTarget
        }
        var authorityEnd = authorityStart
        while authorityEnd < pathEnd, head[authorityEnd] != .slash { authorityEnd &+= 1 }
        // RFC 9110 §4.2.1: an empty host is invalid; §4.2.4: so is user information.
        guard head.isAuthority(HTTP1.Run(authorityStart, authorityEnd), needsPort: false) else {
            throw .badTarget
        }
        if authorityEnd < pathEnd {
            path = HTTP1.Run(authorityEnd, pathEnd)
        } else if method != .options || !query.isEmpty {
            // RFC 9110 §4.2.3: an empty path is `/`; the last slash of the scheme stands for it.
            // (For OPTIONS it is the asterisk, RFC 9112 §3.2.4.)
            path = HTTP1.Run(authorityStart &- 1, authorityStart)
        }
    }
}

extension Span where Element == UInt8 {
    /// Why a request target ended at `stop`, which is not the space it should be.
    @inline(never)
    func faultOfTarget(stoppedAt stop: Int) -> HTTP1.Refusal {
        switch self[stop] {
        case .lineFeed: return .bareLineFeed
        case .carriageReturn where stop &+ 1 < count && self[stop &+ 1] == .lineFeed:
            // HTTP/0.9 has no version, and is not spoken here.
            return .badVersion
        case .carriageReturn: return .bareCarriageReturn
        default: return .badTarget
        }
    }
}

extension HTTP1.RequestHead {
    /// Calls `body` with the name and the value of each field line, in order and as they were sent:
    /// what a proxy passes on.
    ///
    /// - Parameter input: the span that the head was parsed from.
    package func forEachField(
        in input: Span<UInt8>, _ body: (_ name: HTTP1.Run, _ value: HTTP1.Run) -> Void
    ) {
        // Behind the target stand a space, the version and the line end.
        var line = target.upper &+ 11
        while case .field(let name, let value, let next)? = try? input.fieldLine(at: line) {
            body(name, value)
            line = next
        }
    }
}
