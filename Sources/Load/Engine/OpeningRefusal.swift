package import Platform

/// Why a connection could not be made before the load began.
package enum OpeningRefusal: Equatable, Sendable {
    case refused(SystemError)
    /// The local address can't be sent from.
    case sourceRefused(SocketAddress, SystemError)
    case tookTooLong
    /// The peer's answer to a session's own opening, in a clause.
    case declined(String)

    /// Whether another address of the same host may take what this one refused.
    var isOfDestination: Bool {
        switch self {
        case .refused(let error): !error.isOutOfDescriptors
        case .tookTooLong, .declined: true
        case .sourceRefused: false
        }
    }
}
