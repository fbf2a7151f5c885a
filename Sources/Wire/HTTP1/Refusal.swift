extension HTTP1 {
    /// Why a message is not taken. The connection closes, after the answer if it was a request:
    /// where the next message begins is no longer known (RFC 9112 §2.2, §6.3, §11.2).
    package enum Refusal: UInt8, Error, BitwiseCopyable, Sendable, CaseIterable {
        case badFirstByte, badMethod, badTarget, badVersion, badStatusLine, badFieldName,
            badFieldValue, foldedLine
        case bareCarriageReturn, bareLineFeed, tooManyEmptyLines
        case missingHost, repeatedHost, badHost, repeatedKey
        case badContentLength, badTransferEncoding, conflictingFraming
        case badChunk, chunkOverhead
        case timedOut
        case bodyTooLarge
        /// For now: there are too many others.
        case noRoomForBody
        case targetTooLong
        case unknownExpectation
        case headTooLarge, trailersTooLarge
        case unknownTransferCoding
        case unsupportedVersion

        /// The status of the answer to such a request.
        package var status: HTTP.Status {
            switch self {
            case .timedOut: .requestTimeout
            case .bodyTooLarge: .contentTooLarge
            case .noRoomForBody: .serviceUnavailable
            case .targetTooLong: .uriTooLong
            case .unknownExpectation: .expectationFailed
            case .headTooLarge, .trailersTooLarge: .requestHeaderFieldsTooLarge
            case .unknownTransferCoding: .notImplemented
            case .unsupportedVersion: .versionNotSupported
            default: .badRequest
            }
        }

        /// One line that tells the peer's author what to mend.
        package var reason: StaticString {
            switch self {
            case .badFirstByte: "this is not HTTP/1"
            case .badMethod: "the method is not a token followed by one space"
            case .badTarget: "the request target is malformed or does not suit the method"
            case .badVersion: "the request line does not end in HTTP/1.1"
            case .badStatusLine: "the status line is not a version, a status and a reason"
            case .badFieldName: "a field name is not a token followed at once by a colon"
            case .badFieldValue: "a field value holds a control character"
            case .foldedLine: "a field line begins with white space"
            case .bareCarriageReturn: "a carriage return without a line feed"
            case .bareLineFeed: "a line feed without a carriage return"
            case .tooManyEmptyLines: "too many empty lines before the request line"
            case .missingHost: "HTTP/1.1 needs a Host field"
            case .repeatedHost: "more than one Host field"
            case .badHost: "the Host field is not a host with an optional port"
            case .repeatedKey: "two Idempotency-Key fields that differ"
            case .badContentLength: "Content-Length is not one decimal number"
            case .badTransferEncoding: "Transfer-Encoding does not end in one chunked"
            case .conflictingFraming: "both Transfer-Encoding and Content-Length"
            case .badChunk: "the chunked framing is malformed"
            case .chunkOverhead: "the chunked framing outweighs the payload"
            case .timedOut: "the request did not arrive in time"
            case .bodyTooLarge: "the payload is larger than this server takes"
            case .noRoomForBody: "no room for another payload now"
            case .targetTooLong: "the request line is too long"
            case .unknownExpectation: "only 100-continue can be expected"
            case .headTooLarge: "the header section is too large"
            case .trailersTooLarge: "the trailer section is too large"
            case .unknownTransferCoding: "the only transfer coding known here is chunked"
            case .unsupportedVersion: "this port speaks HTTP/1.1"
            }
        }
    }
}
