/// HTTP/1.1 (RFC 9112, semantics RFC 9110) without input or output: bytes in, verdicts out, both
/// roles.
///
/// Nothing here allocates once built, and no parse result owns memory: a `Run` points into the span
/// that was parsed and is valid for that span only.
package enum HTTP1 {}

extension HTTP1 {
    /// A piece of the parsed span, relative to the span's first byte. Empty also means absent.
    package struct Run: BitwiseCopyable, Equatable, Sendable {
        package var start: UInt32
        package var count: UInt32

        @inline(always)
        package init() {
            start = 0
            count = 0
        }

        @inline(always)
        init(_ lower: Int, _ upper: Int) {
            start = UInt32(truncatingIfNeeded: lower)
            count = UInt32(truncatingIfNeeded: upper &- lower)
        }

        @inline(always)
        package var isEmpty: Bool { count == 0 }
        @inline(always)
        package var range: Range<Int> { Int(start)..<Int(start) &+ Int(count) }
        @inline(always)
        var lower: Int { Int(start) }
        @inline(always)
        var upper: Int { Int(start) &+ Int(count) }
        @inline(always)
        var length: Int { Int(count) }

        /// The bytes this run names; `span` is the one that was parsed.
        @_lifetime(copy span)
        @inline(always)
        package func bytes(of span: Span<UInt8>) -> Span<UInt8> { span.extracting(range) }
    }

    /// The bounds of what one message may cost. The span that carries a message must be able to
    /// hold `headBytes`: an unfinished head stays with the caller until it is whole.
    package enum Limit {
        /// Start line and header fields, empty lines before them included. Servers of the field
        /// allow 8 to 64 KiB.
        package static let headBytes = 16 * 1_024
        /// The request line with its line end. RFC 9112 §3 asks for 8000 at least.
        package static let requestLineBytes = 8 * 1_024
        /// Field lines in a head.
        package static let fieldLines = 100
        /// Empty lines before a start line. RFC 9112 §2.2 asks for one at least.
        package static let leadingEmptyLines = 4
        /// Payload of one request unless the caller says otherwise.
        package static let bodyBytes: UInt64 = 16 * 1_024 * 1_024
        /// Hexadecimal digits of a chunk size: what fits 64 bits.
        package static let chunkSizeDigits = 16
        /// One chunk-size line: digits, extensions, line end.
        package static let chunkLineBytes = 512
        /// Framing in excess of 16 bytes and twice the payload a chunk, summed over a message.
        /// One-byte chunks pass, bodies that are mostly extensions do not (CVE-2023-39326,
        /// CVE-2024-22019).
        package static let chunkOverheadBytes: UInt32 = 16 * 1_024
        /// Start line and fields of one response, of the trailers behind it, or one chunk-size line
        /// of it: what curl takes, which no server that people use exceeds.
        package static let responseHeadBytes = 300 * 1_024
        /// Interim responses (1xx) before a final one. RFC 9110 §15.2 sets no bound; a client that
        /// waits needs one.
        package static let interimResponses: UInt16 = 4_096
        /// The longest response head that is remembered to be compared with the next one.
        package static let predictedHeadBytes = 1_024
        /// The trailer section with the last chunk's line.
        package static let trailerBytes = 8 * 1_024
    }

    /// How the payload of a request is delimited, RFC 9112 §6.3.
    package enum RequestFraming: BitwiseCopyable, Equatable, Sendable {
        /// No payload; a `Content-Length` of zero is this too.
        case none
        case length(UInt64)
        case chunked

        /// Bytes of payload that are announced; 0 where none are.
        package var knownLength: Int {
            if case .length(let length) = self { Int(clamping: length) } else { 0 }
        }
    }
}

extension HTTP1 {
    /// `needMore` as long as what has come is a beginning of the preface.
    package enum PrefaceVerdict: BitwiseCopyable, Sendable { case no, needMore, yes }

    /// Whether a connection opens with the HTTP/2 preface, RFC 9113 §3.4.
    ///
    /// Judged by the first line only, which no HTTP/1 request can begin with: a server can choose
    /// its protocol before all 24 bytes have come.
    package static func looksLikeHTTP2Preface(_ input: Span<UInt8>) -> PrefaceVerdict {
        let preface: InlineArray<16, UInt8> = [
            0x50, 0x52, 0x49, 0x20, 0x2A, 0x20, 0x48, 0x54, 0x54, 0x50, 0x2F, 0x32, 0x2E, 0x30,
            0x0D, 0x0A,
        ]
        for index in 0..<min(input.count, preface.count) where input[index] != preface[index] {
            return .no
        }
        return input.count < preface.count ? .needMore : .yes
    }
}
