import Report

/// Why a connection was given up.
enum Loss: Equatable {
    case read, write, timeout, violation

    var phase: FirstFailure.Phase {
        switch self {
        case .read: .read
        case .write: .write
        case .timeout: .timeout
        case .violation: .protocol
        }
    }
}
