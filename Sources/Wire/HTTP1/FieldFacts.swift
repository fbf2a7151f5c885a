extension HTTP1 {
    /// What the fields of one head say about its framing and its connection, gathered line by line.
    struct FieldFacts: BitwiseCopyable {
        /// An option set without the protocol, whose generic operations cost calls in a large
        /// function.
        struct Flags: BitwiseCopyable {
            private(set) var rawValue: UInt16

            @inline(always)
            func contains(_ other: Flags) -> Bool { rawValue & other.rawValue != 0 }
            @inline(always)
            mutating func insert(_ other: Flags) { rawValue |= other.rawValue }
            @inline(always)
            mutating func remove(_ other: Flags) { rawValue &= ~other.rawValue }

            static let host = Flags(rawValue: 1 << 0)
            static let contentLength = Flags(rawValue: 1 << 1)
            static let transferEncoding = Flags(rawValue: 1 << 2)
            /// The last transfer coding named so far is `chunked`.
            static let chunkedLast = Flags(rawValue: 1 << 3)
            /// `chunked` was followed by something, RFC 9112 §6.1 forbids it.
            static let chunkedEarlier = Flags(rawValue: 1 << 4)
            static let otherCoding = Flags(rawValue: 1 << 5)
            static let close = Flags(rawValue: 1 << 6)
            static let keepAlive = Flags(rawValue: 1 << 7)
            static let upgrade = Flags(rawValue: 1 << 8)
            static let expectsContinue = Flags(rawValue: 1 << 9)
            static let webSocket = Flags(rawValue: 1 << 10)
            static let http2 = Flags(rawValue: 1 << 11)
            /// A response's Content-Length that is no number, or more than one.
            static let badLength = Flags(rawValue: 1 << 12)
            /// A response's Content-Length beyond 64 bits.
            static let hugeLength = Flags(rawValue: 1 << 13)
            /// A response's `chunked` with parameters.
            static let badCoding = Flags(rawValue: 1 << 14)
            static let idempotencyKey = Flags(rawValue: 1 << 15)
        }

        var contentLength: UInt64 = 0
        var flags = Flags(rawValue: 0)
        var lines: UInt8 = 0

        /// Counts a field line against `Limit.fieldLines`.
        @inline(always)
        mutating func countLine() throws(Refusal) {
            guard lines < Limit.fieldLines else { throw .headTooLarge }
            lines &+= 1
        }

        /// Connection, RFC 9110 §7.6.1.
        @inline(always)
        mutating func noteConnection(_ value: Run, in head: Span<UInt8>) {
            if head.equalsFolded("keep-alive", value) {
                flags.insert(.keepAlive)
            } else if head.equalsFolded("close", value) {
                flags.insert(.close)
            } else {
                noteConnectionList(value, in: head)
            }
        }

        @inline(never)
        private mutating func noteConnectionList(_ value: Run, in head: Span<UInt8>) {
            var at = value.lower
            while at <= value.upper {
                let option = head.listElement(at: &at, until: value.upper)
                if head.equalsFolded("keep-alive", option) { flags.insert(.keepAlive) }
                if head.equalsFolded("close", option) { flags.insert(.close) }
                if head.equalsFolded("upgrade", option) { flags.insert(.upgrade) }
            }
        }

        /// Content-Length, RFC 9110 §8.6: a number, or the same number again and again (RFC 9112
        /// §6.3, item 5).
        @inline(never)
        mutating func noteContentLength(
            _ value: Run, in head: Span<UInt8>
        ) throws(Refusal) {
            var at = value.lower
            while at <= value.upper {
                let length = try head.decimal(head.listElement(at: &at, until: value.upper))
                if flags.contains(.contentLength), length != contentLength {
                    throw .badContentLength
                }
                flags.insert(.contentLength)
                contentLength = length
            }
        }

        /// Transfer-Encoding, RFC 9112 §6.1. Empty list elements are not forgiven as RFC 9110
        /// §5.6.1.2 has it elsewhere: two readings of this field are two messages.
        @inline(never)
        mutating func noteTransferEncoding(
            _ value: Run, in head: Span<UInt8>
        ) throws(Refusal) {
            flags.insert(.transferEncoding)
            var at = value.lower
            while at <= value.upper {
                let coding = head.listElement(at: &at, until: value.upper)
                if coding.isEmpty { throw .badTransferEncoding }
                if flags.contains(.chunkedLast) {
                    flags.remove(.chunkedLast)
                    flags.insert(.chunkedEarlier)
                }
                if head.equalsFolded("chunked", coding) {
                    flags.insert(.chunkedLast)
                } else {
                    flags.insert(.otherCoding)
                }
            }
        }

        /// Expect, RFC 9110 §10.1.1.
        @inline(never)
        mutating func noteExpect(_ value: Run, in head: Span<UInt8>) throws(Refusal) {
            var at = value.lower
            while at <= value.upper {
                let expectation = head.listElement(at: &at, until: value.upper)
                if expectation.isEmpty { continue }
                guard head.equalsFolded("100-continue", expectation) else {
                    throw .unknownExpectation
                }
                flags.insert(.expectsContinue)
            }
        }

        /// Upgrade, RFC 9110 §7.8: the protocols this project can change to.
        @inline(never)
        mutating func noteUpgrade(_ value: Run, in head: Span<UInt8>) {
            var at = value.lower
            while at <= value.upper {
                let name = head.listElement(at: &at, until: value.upper)
                if head.equalsFolded("websocket", name) { flags.insert(.webSocket) }
                if head.equalsFolded("h2c", name) { flags.insert(.http2) }
            }
        }

        /// The request's verdict on Transfer-Encoding and Content-Length, RFC 9112 §6.3.
        @inline(always)
        func requestFraming(
            version: Version, bodyLimit: UInt64
        ) throws(Refusal) -> RequestFraming {
            if flags.contains(.transferEncoding) {
                try checkTransferEncoding(version: version)
                return .chunked
            }
            if contentLength == 0 { return .none }
            guard contentLength <= bodyLimit else { throw .bodyTooLarge }
            return .length(contentLength)
        }

        @inline(never)
        private func checkTransferEncoding(version: Version) throws(Refusal) {
            // §6.3 item 3: an attempt at smuggling or a mistake, which "ought to be handled as an
            // error".
            if flags.contains(.contentLength) { throw .conflictingFraming }
            // §6.1: in HTTP/1.0 the framing is to be treated as faulty.
            if version == .http10 { throw .badTransferEncoding }
            // §6.3 item 4: not chunked at last, so where it ends is unknown; §6.1: chunked once
            // only.
            if !flags.contains(.chunkedLast) || flags.contains(.chunkedEarlier) {
                throw .badTransferEncoding
            }
            // §6.1: a coding that is not understood is answered with 501.
            if flags.contains(.otherCoding) { throw .unknownTransferCoding }
        }

        /// Whether the connection stays open for another message, RFC 9112 §9.3.
        @inline(always)
        func persists(in version: Version) -> Bool {
            if flags.contains(.close) { return false }
            return version == .http11 || flags.contains(.keepAlive)
        }
    }
}

extension Span where Element == UInt8 {
    /// The value of `digits`, which must be decimal digits and nothing else.
    func decimal(_ digits: HTTP1.Run) throws(HTTP1.Refusal) -> UInt64 {
        if digits.isEmpty { throw .badContentLength }
        var value: UInt64 = 0
        var overflows = false
        for index in digits.range {
            let digit = self[index] &- .zero
            guard digit < 10 else { throw .badContentLength }
            let (product, overflow1) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(UInt64(digit))
            value = sum
            overflows = overflows || overflow1 || overflow2
        }
        // RFC 9110 §8.6: a number of any length is well-formed; this one is only too large.
        if overflows { throw .bodyTooLarge }
        return value
    }
}
