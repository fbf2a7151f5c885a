extension HTTP1 {
    /// Why a connection can't go on to deliver responses.
    package enum ResponseFailure: BitwiseCopyable, Equatable, Sendable {
        case malformed(Refusal)
        case tooManyInterimResponses
        /// The peer closed in the middle of a response.
        case truncated

        /// One line that tells the server's author what to mend.
        package var reason: String {
            switch self {
            case .malformed(let refusal): refusal.reasonInResponse
            case .tooManyInterimResponses:
                "more than \(Limit.interimResponses) interim answers (1xx) before the final one"
            case .truncated: "the connection was closed within an answer"
            }
        }
    }
}

extension HTTP1.Refusal {
    /// As `reason`, of a response, where more is let pass than in a request.
    fileprivate var reasonInResponse: String {
        let limit = HTTP1.Limit.responseHeadBytes
        return switch self {
        case .badFirstByte: "the answer does not begin with HTTP/"
        case .badStatusLine: "the status line has no version and three-digit status"
        case .unsupportedVersion: "the version of the answer is not HTTP/1.1 or HTTP/1.0"
        case .badFieldName: "a field line has no colon"
        case .badFieldValue: "a line of the head holds a NUL"
        case .tooManyEmptyLines:
            "more than \(HTTP1.Limit.leadingEmptyLines) empty lines before the status line"
        case .badContentLength: "Content-Length is not one decimal number"
        case .bodyTooLarge: "Content-Length or the sum of the chunk sizes does not fit 64 bits"
        case .badTransferEncoding: "the transfer coding chunked has a parameter"
        case .headTooLarge: "the head of the answer is over \(limit) bytes, the limit here"
        case .trailersTooLarge: "the trailer section is over \(limit) bytes, the limit here"
        case .chunkOverhead: "a chunk-size line is over \(limit) bytes, the limit here"
        default: "\(reason)"
        }
    }
}
