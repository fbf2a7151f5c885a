import Basis
import Platform

/// What loops that accept at one address have to do with each other.
enum ListenerSharing {
    /// Nobody else accepts from the loop's listeners.
    case alone
    /// All watch the same listeners, and all are woken for a connection.
    case herd
    /// All watch the same listeners, and one of those that sleep is woken (EPOLLEXCLUSIVE).
    case exclusive
    /// The same, and a loop steps back behind the others once it has accepted so many.
    case rotating(every: Int)
    /// One at a time watches the listeners; the others try again after `patience` at the latest.
    case locked(Shared<AcceptLock>, patience: Nanoseconds)
    /// Each has listeners of its own, and the kernel chooses by what the loops publish.
    case publishing(PublishedLoad)

    var isExclusive: Bool {
        switch self {
        case .exclusive, .rotating: true
        case .alone, .herd, .locked, .publishing: false
        }
    }

    /// Whether a loop has anything to do for it before and behind a wait.
    @inline(always)
    var takesPart: Bool {
        switch self {
        case .alone, .herd, .exclusive: false
        case .rotating, .locked, .publishing: true
        }
    }
}
