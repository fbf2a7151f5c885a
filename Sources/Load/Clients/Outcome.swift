// Hot path

/// How a request was answered: what every protocol's answers have in common, and the code that its
/// own names for it.
package struct Outcome: BitwiseCopyable, Equatable, Sendable {
    /// The classes of RFC 9110 §15, which the report counts. What another protocol calls its
    /// failures goes to the class of the side that has to mend them.
    package enum Kind: UInt8, BitwiseCopyable, Sendable {
        case informational = 1
        case success, redirection, clientError, serverError

        /// Whether the request failed.
        @inline(always)
        package var isError: Bool { rawValue >= Self.clientError.rawValue }
    }

    package let kind: Kind
    package let code: UInt16

    @inline(always)
    package init(_ kind: Kind, code: UInt16) {
        self.kind = kind
        self.code = code
    }

    /// A status of HTTP. One outside of 100 to 599 is treated like one of class 5xx (RFC 9110 §15).
    @inline(always)
    package init(status: UInt16) {
        let digit = UInt8(truncatingIfNeeded: status / 100)
        self.init(Kind(rawValue: digit) ?? .serverError, code: status)
    }

    /// What says that a request came too early (RFC 8470 §5.2).
    static let tooEarly: UInt16 = 425

    /// Statuses that say to ask again: in progress, too early, too much.
    static let puttingOff: Set<UInt16> = [409, 425, 429, 503]

    /// What is said of a status of HTTP that is an error.
    package var statusReason: String { "an answer had status \(code)" }
}
