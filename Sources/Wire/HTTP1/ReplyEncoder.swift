package import Basis

extension HTTP1 {
    /// How the payload of a reply is delimited.
    package enum ReplyContent: BitwiseCopyable, Sendable {
        /// The status allows none, or the reply is an upgrade.
        case none
        case length(UInt64)
        /// Of unknown length: chunked, or up to the close for an HTTP/1.0 client.
        case stream
    }

    /// Writes the reply to one request, piece by piece, behind what is queued.
    ///
    /// It remembers what the request decides about its reply: whether a payload may follow the head
    /// (never for HEAD), how a stream is framed and whether the connection lives on. It is small
    /// enough to stay with a connection while a streamed reply lasts.
    package struct ReplyEncoder: BitwiseCopyable, Sendable {
        private let version: Version
        package let isHead: Bool
        private var isChunked = false
        /// Whether the connection may carry another request after this reply; final once the head
        /// is written.
        package private(set) var keepAlive: Bool

        /// - Parameters:
        ///   - version: what the client speaks.
        ///   - isHead: whether the method is HEAD.
        ///   - keepAlive: whether the connection is to carry another request.
        @inline(always)
        package init(version: Version, isHead: Bool, keepAlive: Bool) {
            self.version = version
            self.isHead = isHead
            self.keepAlive = keepAlive
        }

        @inline(always)
        package init(answering head: RequestHead) {
            self.init(
                version: head.version, isHead: head.method == .head, keepAlive: head.keepAlive)
        }

        /// Writes a whole reply, without the payload where HTTP forbids it.
        ///
        /// Hot: once a request.
        package mutating func write(
            _ status: HTTP.Status, contentType: StaticString, content: Span<UInt8>,
            date: borrowing HTTPDate, to output: inout ByteQueue
        ) {
            output.reserve(Self.usualHeadBytes + content.count)
            beginHead(status, date: date, to: &output)
            if status.isBodyless {
                endHead(.none, to: &output)
                return
            }
            output.append("\r\nContent-Type: ")
            output.append(contentType)
            endHead(.length(UInt64(content.count)), to: &output)
            if !isHead { output.append(content) }
        }

        /// Appends a whole head that this encoder has written, and what follows it, so that the
        /// connection ends behind the reply after all.
        package func append(_ reply: Span<UInt8>, endingConnectionIn output: inout ByteQueue) {
            var end = 0
            while end + 4 <= reply.count, !reply.extracting(end..<(end + 4)).isEmptyLine {
                end += 1
            }
            guard keepAlive, end + 4 <= reply.count else {
                output.append(reply)
                return
            }
            // `endHead` writes the option last, and HTTP/1.1 says it only where it is `close`.
            let option: StaticString = "\r\nConnection: keep-alive"
            let kept = version == .http10 ? end - option.utf8CodeUnitCount : end
            output.append(reply.extracting(first: kept))
            output.append("\r\nConnection: close")
            output.append(reply.extracting(droppingFirst: end))
        }

        /// Answers `refusal` with its reason as plain text. The caller closes when it is sent.
        ///
        /// - Parameter toHead: whether the request is HEAD as far as it was read. Its reply has no
        ///   payload (RFC 9110 §9.3.2).
        package static func write(
            _ refusal: Refusal, toHead: Bool = false, date: borrowing HTTPDate,
            to output: inout ByteQueue
        ) {
            var encoder = ReplyEncoder(version: .http11, isHead: false, keepAlive: false)
            let reason = refusal.reason
            encoder.beginHead(refusal.status, date: date, to: &output)
            encoder.field("Content-Type", "text/plain", to: &output)
            encoder.endHead(.length(UInt64(reason.utf8CodeUnitCount + 1)), to: &output)
            if toHead { return }
            output.append(reason)
            output.append(.lineFeed)
        }

        /// The interim reply to `Expect: 100-continue`, RFC 9110 §15.2.1.
        package static func writeContinue(to output: inout ByteQueue) {
            output.append("HTTP/1.1 100 Continue\r\n\r\n")
        }

        /// Writes the status line and the fields every reply has. Fields of the reply may follow,
        /// then `endHead`.
        ///
        /// Every line brings the end of the one before it, so that neighbouring literals are one
        /// and a reply is composed of few pieces: code that is fetched again after each system call
        /// costs more than the bytes it moves.
        @inline(always)
        package mutating func beginHead(
            _ status: HTTP.Status, date: borrowing HTTPDate, to output: inout ByteQueue
        ) {
            // RFC 9110 §6.2: the version says what the server conforms to, not what the client
            // spoke.
            if status == .ok {
                output.append("HTTP/1.1 200 OK\r\nServer: switchyard\r\nDate: ")
            } else {
                output.append(uncommon: status)
            }
            output.append(date)
        }

        /// Writes one field between `beginHead` and `endHead`.
        @inline(always)
        package func field(
            _ name: StaticString, _ value: StaticString, to output: inout ByteQueue
        ) {
            output.append("\r\n")
            output.append(name)
            output.append(": ")
            output.append(value)
        }

        /// Writes one field between `beginHead` and `endHead`.
        /// - Parameter value: without control characters; the caller vouches for it.
        @inline(always)
        package func field(
            _ name: StaticString, _ value: Span<UInt8>, to output: inout ByteQueue
        ) {
            output.append("\r\n")
            output.append(name)
            output.append(": ")
            output.append(value)
        }

        /// Writes the fields of framing and connection and the empty line.
        @inline(always)
        package mutating func endHead(_ content: ReplyContent, to output: inout ByteQueue) {
            switch content {
            case .none:
                break
            case .length(let length):
                output.append("\r\nContent-Length: ")
                output.append(decimal: length)
            case .stream:
                // RFC 9112 §6.1: a client of HTTP/1.0 does not know the chunked coding.
                if version == .http11 {
                    isChunked = true
                    output.append("\r\nTransfer-Encoding: chunked")
                } else {
                    keepAlive = false
                }
            }
            // RFC 9112 §9.3 and §9.6: HTTP/1.1 persists unless told, HTTP/1.0 the other way round.
            if !keepAlive {
                output.append("\r\nConnection: close\r\n\r\n")
            } else if version == .http10 {
                output.append("\r\nConnection: keep-alive\r\n\r\n")
            } else {
                output.append("\r\n\r\n")
            }
        }

        /// Writes a piece of a streamed payload.
        package func writePiece(_ bytes: Span<UInt8>, to output: inout ByteQueue) {
            // An empty chunk would end the stream.
            if bytes.isEmpty || isHead { return }
            guard isChunked else {
                output.append(bytes)
                return
            }
            output.reserve(bytes.count + 20)
            output.append(hexadecimal: UInt64(bytes.count))
            output.append("\r\n")
            output.append(bytes)
            output.append("\r\n")
        }

        /// Ends a streamed payload. Where nothing frames it (`keepAlive` is false), the close does.
        package func endStream(to output: inout ByteQueue) {
            if isChunked && !isHead { output.append("0\r\n\r\n") }
        }

        /// Room for a head with the usual fields, so that one reply grows a queue once.
        private static let usualHeadBytes = 256
    }
}

extension Span where Element == UInt8 {
    /// Whether these are the four bytes that end a head.
    fileprivate var isEmptyLine: Bool {
        self[0] == 13 && self[1] == 10 && self[2] == 13 && self[3] == 10
    }
}

extension ByteQueue {
    /// Appends what a reply begins with, up to its date.
    @inline(never)
    fileprivate mutating func append(uncommon status: HTTP.Status) {
        append("HTTP/1.1 ")
        append(decimal: UInt64(status.code))
        append(.space)
        append(status.phrase)
        append("\r\nServer: switchyard\r\nDate: ")
    }

    /// Appends `value` in lower-case hexadecimal digits.
    mutating func append(hexadecimal value: UInt64) {
        var shift = max(0, 63 - value.leadingZeroBitCount) & ~3
        while true {
            let digit = UInt8(truncatingIfNeeded: value &>> UInt64(shift)) & 15
            append(digit < 10 ? .zero + digit : 0x57 + digit)
            if shift == 0 { return }
            shift -= 4
        }
    }
}
