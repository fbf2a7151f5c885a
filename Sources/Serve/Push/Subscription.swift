import Basis

/// What a request wants of events that come in time.
struct Subscription: Equatable, BitwiseCopyable, Sendable {
    /// How long the reply goes on.
    enum Extent: UInt8, BitwiseCopyable, Sendable {
        /// As long as the connection.
        case endless
        /// With what there is.
        case poll
        /// With the first events, or when the reader has waited for long.
        case longPoll
    }

    var extent = Extent.endless
    /// The number of the last event that the reader has; nil for events from now on.
    var cursor: UInt64?
    /// When the reader is asked to come again; nil where nothing is said.
    var retryMilliseconds: UInt32?
}

/// A finite reply of events with times of their own, as a model of language makes them.
struct TokenSchedule: Equatable, BitwiseCopyable, Sendable {
    var count: UInt32
    var first: Nanoseconds
    var interval: Nanoseconds
    var textBytes: UInt16

    /// When the event of a number, from 1, is due.
    func due(_ number: UInt64, from start: Instant) -> Instant {
        start + first + interval * Int64(number - 1)
    }
}
