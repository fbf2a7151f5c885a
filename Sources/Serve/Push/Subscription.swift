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

    // Every message has room for it, so nothing is larger than it must be.
    private var last = UInt64.max
    private var retry = UInt32.max
    var extent = Extent.endless

    init(_ extent: Extent = .endless) { self.extent = extent }

    /// The number of the last event that the reader has; nil for events from now on.
    var cursor: UInt64? {
        get { last == .max ? nil : last }
        set { last = newValue ?? .max }
    }

    /// When the reader is asked to come again; nil where nothing is said.
    var retryMilliseconds: UInt32? {
        get { retry == .max ? nil : retry }
        set { retry = newValue ?? .max }
    }
}

/// A finite reply of events with times of their own, as a model of language makes them.
struct TokenSchedule: Equatable, BitwiseCopyable, Sendable {
    private let interval: UInt32
    private let first: UInt32
    let count: UInt32
    let textBytes: UInt16

    /// - Parameters:
    ///   - first: milliseconds before the first event.
    ///   - interval: milliseconds from one to the next.
    init(count: Int, first: Int, interval: Int, textBytes: Int) {
        self.count = UInt32(count)
        self.first = UInt32(first)
        self.interval = UInt32(interval)
        self.textBytes = UInt16(textBytes)
    }

    /// When the event of a number, from 1, is due.
    func due(_ number: UInt64, from start: Instant) -> Instant {
        start + Nanoseconds.milliseconds(Int(first))
            + Nanoseconds.milliseconds(Int(interval)) * Int64(number - 1)
    }
}
