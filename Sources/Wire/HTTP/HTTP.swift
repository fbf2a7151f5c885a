/// What all versions of HTTP mean alike (RFC 9110), whatever their bytes look like.
package enum HTTP {
    /// RFC 9110 §9 and RFC 5789; the name is case-sensitive.
    package enum Method: UInt8, BitwiseCopyable, Sendable {
        case get, head, post, put, delete, connect, options, trace, patch
        /// A well-formed name that is none of these: 501 (RFC 9110 §9.1).
        case other
    }
}
