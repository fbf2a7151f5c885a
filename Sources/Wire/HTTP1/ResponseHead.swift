extension HTTP1 {
    /// How the payload of a response is delimited, RFC 9112 §6.3.
    package enum ResponseFraming: BitwiseCopyable, Equatable, Sendable {
        case none
        case length(UInt64)
        case chunked
        case untilClose
    }

    /// A whole, checked response head. The runs point into the span it was parsed from.
    package struct ResponseHead: BitwiseCopyable, Equatable, Sendable {
        package internal(set) var status = Status(0)
        package internal(set) var version = Version.http11
        /// Whether the connection may carry another request after this response.
        package internal(set) var keepAlive = false
        package internal(set) var framing = ResponseFraming.none
        package internal(set) var contentType = Run()
        /// RFC 6455 §4.2.2.
        package internal(set) var webSocketAccept = Run()

        package init() {}

        /// What follows from all fields together. `answersHead` is whether the request was HEAD.
        mutating func conclude(_ facts: FieldFacts, answersHead: Bool) throws(Refusal) {
            framing = try facts.responseFraming(
                version: version, isBodyless: answersHead || status.isBodyless)
            keepAlive = framing != .untilClose && facts.persists(in: version)
        }
    }
}

extension HTTP1.ResponseHead: HTTP1.MessageHead {
    static var startLineLimit: Int { HTTP1.Limit.headBytes }
    static var startLineFault: HTTP1.Refusal { .headTooLarge }
    static var mayFollowEmptyLines: Bool { false }
    static func canBegin(with byte: UInt8) -> Bool { byte == 0x48 }

    /// The status line, RFC 9112 §4. The space before an empty reason may be missing: some servers
    /// forget it, and nothing else can be meant.
    @inline(never)
    mutating func noteStartLine(
        at start: Int, in head: Span<UInt8>
    ) throws(HTTP1.Refusal) -> Int? {
        var end = head.firstIndex(of: ControlByte(), from: start)
        while end < head.count, head[end] == .tab {
            end = head.firstIndex(of: ControlByte(), from: end &+ 1)
        }
        guard end < head.count else { return nil }
        guard head[end] == .carriageReturn else {
            throw head[end] == .lineFeed ? .bareLineFeed : .badStatusLine
        }
        guard end &+ 1 < head.count else { return nil }
        guard head[end &+ 1] == .lineFeed else { throw .bareCarriageReturn }
        guard end &- start >= 12, head.has("HTTP/", at: start) else { throw .badStatusLine }
        guard head.has("1.", at: start &+ 5), head[start &+ 7].isDigit else {
            throw .unsupportedVersion
        }
        version = head[start &+ 7] == .zero ? .http10 : .http11
        let hundreds = head[start &+ 9] &- .zero
        let tens = head[start &+ 10] &- .zero
        let ones = head[start &+ 11] &- .zero
        guard head[start &+ 8] == .space, hundreds >= 1, hundreds < 10, tens < 10, ones < 10,
            end &- start == 12 || head[start &+ 12] == .space
        else { throw .badStatusLine }
        status = HTTP1.Status(UInt16(hundreds) &* 100 &+ UInt16(tens) &* 10 &+ UInt16(ones))
        return end &+ 2
    }

    /// Takes note of one field. A further field of interest is one more line.
    @inline(never)
    mutating func note(
        name: HTTP1.Run, value: HTTP1.Run, in head: Span<UInt8>, facts: inout HTTP1.FieldFacts
    ) throws(HTTP1.Refusal) {
        switch name.count {
        case 10 where head.equalsFolded("connection", name):
            facts.noteConnection(value, in: head)
        case 12 where head.equalsFolded("content-type", name):
            contentType.setOnce(value)
        case 14 where head.equalsFolded("content-length", name):
            try facts.noteContentLength(value, in: head)
        case 17 where head.equalsFolded("transfer-encoding", name):
            try facts.noteTransferEncoding(value, in: head)
        case 20 where head.equalsFolded("sec-websocket-accept", name):
            webSocketAccept.setOnce(value)
        default:
            break
        }
    }
}

extension HTTP1.FieldFacts {
    /// The response's verdict on Transfer-Encoding and Content-Length, RFC 9112 §6.3.
    func responseFraming(
        version: HTTP1.Version, isBodyless: Bool
    ) throws(HTTP1.Refusal) -> HTTP1.ResponseFraming {
        // Item 1 comes before all that the fields say: to HEAD and with 304 they describe another
        // message.
        if isBodyless { return .none }
        if flags.contains(.transferEncoding) {
            if flags.contains(.contentLength) { throw .conflictingFraming }
            if version == .http10 || flags.contains(.chunkedEarlier) {
                throw .badTransferEncoding
            }
            return flags.contains(.chunkedLast) ? .chunked : .untilClose
        }
        return flags.contains(.contentLength) ? .length(contentLength) : .untilClose
    }
}
