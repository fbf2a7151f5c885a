package import Platform
package import Secure

/// Why a connection could not be made before the load began.
package enum OpeningRefusal: Equatable, Sendable {
    case refused(StreamError)
    /// The local address can't be sent from.
    case sourceRefused(SocketAddress, SystemError)
    case tookTooLong
    /// The peer's answer to a session's own opening, in a clause.
    case declined(String)

    /// What the user can do about it, where the transport knows.
    var remedy: String? {
        if case .refused(let error) = self { error.remedy } else { nil }
    }

    /// Whether another address of the same host may take what this one refused.
    var isOfDestination: Bool {
        switch self {
        // Who answers at another address would not do so with other keys.
        case .refused(.secure): false
        case .refused(let error): !error.isOutOfDescriptors
        case .tookTooLong, .declined: true
        case .sourceRefused: false
        }
    }
}
