extension HTTP2 {
    /// What a failure ends, RFC 9113 §5.4: the connection with GOAWAY, or one stream with
    /// RST_STREAM.
    package enum Scope: BitwiseCopyable, Equatable, Sendable {
        case connection
        case stream(UInt32)

        /// Identifier zero stands for the connection, as in the frames themselves.
        @inline(always)
        package init(_ id: UInt32) { self = id == 0 ? .connection : .stream(id) }
    }

    /// What the peer did wrong and what that ends: the one error of HTTP/2.
    package struct Failure: Error, BitwiseCopyable, Equatable, Sendable {
        package let code: ErrorCode
        package let scope: Scope
        /// One line that tells the peer's author what to mend; fit for GOAWAY's debug data.
        package let reason: StaticString

        package init(_ code: ErrorCode, _ scope: Scope, _ reason: StaticString) {
            self.code = code
            self.scope = scope
            self.reason = reason
        }

        static func connection(_ code: ErrorCode, _ reason: StaticString) -> Failure {
            Failure(code, .connection, reason)
        }

        static func compression(_ reason: StaticString) -> Failure {
            Failure(.compression, .connection, reason)
        }

        /// The wording is for people, so two failures that do the same are equal.
        package static func == (a: Failure, b: Failure) -> Bool {
            a.code == b.code && a.scope == b.scope
        }
    }
}
