import Basis
import Platform
import Synchronization

/// Names a topic of one server, for good.
struct TopicID: Equatable, Hashable, BitwiseCopyable, Sendable {
    let index: UInt32
}

/// Events that any thread may publish and any thread may read, each at its own pace: a reader has
/// the number of the last event that it has read, and the topic keeps the newest ones. So nothing
/// is queued for a subscriber, and one that falls behind costs no memory but misses events.
final class Topic: Sendable {
    let name: TopicName
    /// The number of the newest event that was published.
    private let published = Atomic<UInt64>(0)
    private let log = Guarded(EventLog())
    /// Loops that subscribers of it live on.
    private let watchers = Guarded<[Watcher]>([])

    /// A loop that is to be woken for new events.
    struct Watcher: Sendable {
        let loop: UInt32
        let port: Shared<ReaderPort>
    }

    init(_ name: TopicName) { self.name = name }

    /// Whether somebody may publish.
    var takesEvents: Bool { name.source == .publishers }

    /// Keeps an event for all subscribers. Who publishes wakes the loops afterwards.
    func publish(_ text: Span<UInt8>) {
        log.withLock { log in
            published.store(log.append(text), ordering: .releasing)
        }
    }

    /// The number of the newest event; the events behind it are those from now on.
    func newest(at now: Instant) -> UInt64 {
        switch name.source {
        case .publishers: published.load(ordering: .acquiring)
        case .clock(let ticks): ticks.newest(at: now)
        }
    }

    /// When the event behind `number` is due, where that is known.
    func due(after number: UInt64) -> Instant? {
        guard case .clock(let ticks) = name.source else { return nil }
        return ticks.due(number + 1)
    }

    /// The events behind `number` that have been, see `EventLog.copy`.
    func batch(after number: UInt64, at now: Instant, room: Int) -> EventBatch {
        switch name.source {
        case .publishers: log.withLock { $0.copy(after: number, room: room) }
        case .clock(let ticks): ticks.batch(after: number, at: now, room: room)
        }
    }

    // MARK: waking

    func watch(_ watcher: Watcher) { watchers.withLock { $0.append(watcher) } }

    /// Wakes the loops that watch, but for the one that asks. Returns how many slept.
    func wakeAll<K: Kernel>(except loop: UInt32, with kernel: inout K) -> UInt64 {
        var woken: UInt64 = 0
        for watcher in watchers.withLock({ $0 }) where watcher.loop != loop {
            if watcher.port.value.gate.wakeIfAsleep(with: &kernel) { woken += 1 }
        }
        return woken
    }
}
