extension HTTP1 {
    /// How the payload of a response is delimited, RFC 9112 §6.3.
    package enum ResponseFraming: BitwiseCopyable, Equatable, Sendable {
        case none
        case length(UInt64)
        case chunked
        case untilClose
    }

    /// A whole, checked response head. The runs point into the span it was parsed from; a value
    /// that was folded (RFC 9112 §5.2) still holds its line ends.
    package struct ResponseHead: BitwiseCopyable, Equatable, Sendable {
        package internal(set) var status = HTTP.Status(0)
        package internal(set) var version = Version.http11
        /// Whether the connection may carry another request after this response.
        package internal(set) var keepAlive = false
        package internal(set) var framing = ResponseFraming.none
        package internal(set) var contentType = Run()
        /// RFC 9110 §10.2.2.
        package internal(set) var location = Run()
        /// RFC 6455 §4.2.2.
        package internal(set) var webSocketAccept = Run()

        package init() {}

        /// What follows from all fields together. `answersHead` is whether the request was HEAD.
        mutating func conclude(_ facts: FieldFacts, answersHead: Bool) throws(Refusal) {
            framing = try facts.responseFraming(isBodyless: answersHead || status.isBodyless)
            // RFC 9112 §6.1: HTTP/1.0 with a transfer coding closes after the message.
            let isMixed = version == .http10 && facts.flags.contains(.transferEncoding)
            keepAlive = framing != .untilClose && !isMixed && facts.persists(in: version)
        }
    }
}

extension HTTP1.ResponseHead: HTTP1.FieldSection {
    /// Reads the status line at `start` (RFC 9112 §4) as it is usually written, and returns where
    /// the next line begins; nil when it is unfinished or must be read tolerantly.
    @inline(never)
    mutating func noteStatusLine(at start: Int, in head: Span<UInt8>) -> Int? {
        var end = head.firstIndex(of: ControlByte(), from: start)
        while end < head.count, head[end] == .tab {
            end = head.firstIndex(of: ControlByte(), from: end &+ 1)
        }
        guard end &+ 1 < head.count, head[end] == .carriageReturn,
            head[end &+ 1] == .lineFeed, end &- start >= 12, head.has("HTTP/1.", at: start),
            head[start &+ 7].isDigit, head[start &+ 8] == .space,
            end &- start == 12 || head[start &+ 12] == .space,
            let code = head.statusCode(at: start &+ 9)
        else { return nil }
        version = head[start &+ 7] == .zero ? .http10 : .http11
        status = code
        return end &+ 2
    }

    /// Reads the status line `start..<end` in whatever form a person would understand: blanks for
    /// the one space, any case of letters, no space before a reason (RFC 9112 §4 allows the first).
    mutating func noteTolerantStatusLine(
        from start: Int, to end: Int, in head: Span<UInt8>
    ) throws(HTTP1.Refusal) {
        guard end &- start > 7, head[start &+ 5].isDigit else { throw .badStatusLine }
        guard head.has("1.", at: start &+ 5), head[start &+ 7].isDigit else {
            throw .unsupportedVersion
        }
        version = head[start &+ 7] == .zero ? .http10 : .http11
        var at = start &+ 8
        while at < end, head[at].isWhite { at &+= 1 }
        guard at > start &+ 8, end &- at >= 3, let code = head.statusCode(at: at) else {
            throw .badStatusLine
        }
        if at &+ 3 < end, head[at &+ 3].isDigit { throw .badStatusLine }
        status = code
    }

    /// Takes note of one field. A further field of interest is one more line. What is wrong with a
    /// value that may not matter is decided when all fields are known.
    @inline(never)
    mutating func note(
        name: HTTP1.Run, value: HTTP1.Run, in head: Span<UInt8>, facts: inout HTTP1.FieldFacts
    ) throws(HTTP1.Refusal) {
        switch name.count {
        case 8 where head.equalsFolded("location", name):
            location.setOnce(value)
        case 10 where head.equalsFolded("connection", name):
            facts.noteConnection(value, in: head)
        case 12 where head.equalsFolded("content-type", name):
            contentType.setOnce(value)
        case 14 where head.equalsFolded("content-length", name):
            facts.noteResponseLength(value, in: head)
        case 17 where head.equalsFolded("transfer-encoding", name):
            facts.noteResponseCodings(value, in: head)
        case 20 where head.equalsFolded("sec-websocket-accept", name):
            webSocketAccept.setOnce(value)
        default:
            break
        }
    }
}

extension Span where Element == UInt8 {
    /// The three digits at `at`; nil where they are none. RFC 9110 §15 has a client take a code
    /// outside of 100...599 for one of class 5xx; those below 100 become 500, for a code below 200
    /// announces that another response follows.
    fileprivate func statusCode(at: Int) -> HTTP.Status? {
        let hundreds = self[at] &- .zero
        let tens = self[at &+ 1] &- .zero
        let ones = self[at &+ 2] &- .zero
        guard hundreds < 10, tens < 10, ones < 10 else { return nil }
        if hundreds == 0 { return .internalServerError }
        return HTTP.Status(UInt16(hundreds) &* 100 &+ UInt16(tens) &* 10 &+ UInt16(ones))
    }
}

extension HTTP1.FieldFacts {
    /// Content-Length, RFC 9110 §8.6: a number, or the same number again and again (RFC 9112 §6.3,
    /// item 5).
    @inline(never)
    fileprivate mutating func noteResponseLength(_ value: HTTP1.Run, in head: Span<UInt8>) {
        var at = value.lower
        var isNumber = false
        while at <= value.upper {
            let element = head.listElement(at: &at, until: value.upper)
            if element.isEmpty { continue }
            isNumber = true
            do throws(HTTP1.Refusal) {
                let length = try head.decimal(element)
                if flags.contains(.contentLength), length != contentLength {
                    flags.insert(.badLength)
                }
                flags.insert(.contentLength)
                contentLength = length
            } catch {
                flags.insert(error == .bodyTooLarge ? .hugeLength : .badLength)
            }
        }
        if !isNumber { flags.insert(.badLength) }
    }

    /// Transfer-Encoding, RFC 9112 §6.1. Empty elements (RFC 9110 §5.6.1.2) and `identity`, which
    /// was a name for no coding (RFC 2616 §3.6), say nothing; `chunked` said twice is a server and
    /// its gateway that both say it.
    @inline(never)
    fileprivate mutating func noteResponseCodings(_ value: HTTP1.Run, in head: Span<UInt8>) {
        var at = value.lower
        while at <= value.upper {
            let coding = head.listElement(at: &at, until: value.upper)
            if coding.isEmpty || head.equalsFolded("identity", coding) { continue }
            flags.insert(.transferEncoding)
            if head.equalsFolded("chunked", coding) {
                flags.insert(.chunkedLast)
            } else {
                flags.remove(.chunkedLast)
                flags.insert(.otherCoding)
                // RFC 9112 §7.1: chunked has no parameters; with some it is an error.
                let name = HTTP1.Run(coding.lower, min(coding.upper, coding.lower &+ 8))
                if head.equalsFolded("chunked;", name) { flags.insert(.badCoding) }
            }
        }
    }

    /// The response's verdict on Transfer-Encoding and Content-Length, RFC 9112 §6.3.
    fileprivate func responseFraming(
        isBodyless: Bool
    ) throws(HTTP1.Refusal) -> HTTP1.ResponseFraming {
        // Item 1 comes before all that the fields say: to HEAD and with 304 they describe another
        // message.
        if isBodyless { return .none }
        // Item 3: the coding overrides a length. Item 4: what does not end in chunked ends with the
        // connection.
        if flags.contains(.transferEncoding) {
            if flags.contains(.badCoding) { throw .badTransferEncoding }
            return flags.contains(.chunkedLast) ? .chunked : .untilClose
        }
        // Item 5: it is not known where the message ends.
        if flags.contains(.badLength) { throw .badContentLength }
        if flags.contains(.hugeLength) { throw .bodyTooLarge }
        return flags.contains(.contentLength) ? .length(contentLength) : .untilClose
    }
}
