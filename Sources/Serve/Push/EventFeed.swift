import Basis
import Platform

/// A loop's view of the topics: reads events for its connections, and knows which of these wait for
/// which topic.
struct EventFeed: ~Copyable {
    private let topics: Topics
    private let loop: UInt32
    /// What other loops wake; nil where there is nobody to be woken.
    private let port: Shared<ReaderPort>?
    /// The topics as last looked up.
    private var known: [Topic]
    private var watches: [Watch] = []
    /// Whether connections have waited for what other threads may publish. It and the next are
    /// looked at in every turn of a loop that has nothing to do with topics.
    private(set) var isWatching = false
    private(set) var hasPublished = false
    /// The place of each topic in `watches`.
    private var places: [TopicID: Int] = [:]
    /// Topics that the connection of this event waits for.
    private var wanted: [TopicID] = []
    /// Topics that were published to in this turn.
    private var published: [TopicID] = []
    private var woken: [ConnectionReference] = []
    /// The events that were read last.
    private var latest: EventBatch?
    private var latestOf = TopicID(index: 0)
    private var latestAfter: UInt64 = 0
    /// Events that were shown, and that could not be, since they were last counted.
    var shown: UInt64 = 0
    var missed: UInt64 = 0

    /// A topic that connections of this loop wait for.
    private struct Watch {
        let topic: Topic
        /// The newest event when they were last woken.
        var seen: UInt64
        var waiting: [ConnectionReference] = []
        /// Rises whenever they are woken, for then none waits any more.
        var round: UInt32 = 1
    }

    init(topics: Topics = Topics(), port: Shared<ReaderPort>? = nil) {
        self.topics = topics
        self.port = port
        loop = topics.addLoop()
        known = topics.all
    }

    private mutating func topic(_ id: TopicID) -> Topic {
        if id.index >= known.count { known = topics.all }
        return known[Int(id.index)]
    }

    // MARK: for sessions

    /// The topic of this name; nil where there is none and none can be made.
    func find(_ name: Span<UInt8>) -> TopicID? { try? topics.find(name) }

    /// Whether somebody may publish.
    mutating func takesEvents(_ id: TopicID) -> Bool { topic(id).takesEvents }

    mutating func newest(_ id: TopicID, at now: Instant) -> UInt64 { topic(id).newest(at: now) }

    mutating func due(_ id: TopicID, after number: UInt64) -> Instant? {
        topic(id).due(after: number)
    }

    /// Shows what is new behind `number`. Returns the number of the last event that was shown or
    /// missed.
    mutating func show(
        _ id: TopicID, after number: UInt64, at now: Instant,
        _ body: (UInt64, Span<UInt8>) -> Void
    ) -> UInt64 {
        let topic = topic(id)
        if topic.newest(at: now) == number { return number }
        // Most subscribers of a loop are equally far.
        if latest == nil || latestOf != id || latestAfter != number {
            latest = topic.batch(after: number, at: now, room: Limit.eventBatchBytes)
            (latestOf, latestAfter) = (id, number)
        }
        guard let latest else { return number }
        latest.show(body)
        shown += UInt64(latest.count)
        missed += latest.missed
        return latest.last
    }

    /// Lets the connection of this event be gone on with, once, when something is published.
    ///
    /// - Parameter round: what this returned when it was last asked for the same; 0 at first.
    mutating func want(_ id: TopicID, since round: UInt32) -> UInt32 {
        let place = watch(id)
        if watches[place].round != round { wanted.append(id) }
        return watches[place].round
    }

    // MARK: for the core and the loop

    /// The connection whose session has just been asked is the one that waits.
    mutating func enlist(_ reference: ConnectionReference) {
        for id in wanted {
            let place = watch(id)
            watches[place].waiting.append(reference)
        }
        wanted.removeAll(keepingCapacity: true)
    }

    var hasWishes: Bool { !wanted.isEmpty }

    private mutating func watch(_ id: TopicID) -> Int {
        if let place = places[id] { return place }
        let topic = topic(id)
        if let port { topic.watch(Topic.Watcher(loop: loop, port: port)) }
        places[id] = watches.count
        isWatching = true
        // Something may have been published since the connection looked.
        watches.append(Watch(topic: topic, seen: .max))
        return watches.count - 1
    }

    /// Something was published on this loop, or for it.
    mutating func notePublished(_ id: TopicID) {
        if published.last != id { published.append(id) }
        hasPublished = true
    }

    /// Wakes the other loops for what was published. Returns how many of them slept.
    mutating func wakeOthers<K: Kernel>(with kernel: inout K) -> UInt64 {
        var count: UInt64 = 0
        for id in published { count += topic(id).wakeAll(except: loop, with: &kernel) }
        published.removeAll(keepingCapacity: true)
        hasPublished = false
        return count
    }

    /// Whether something is new for those who wait.
    func hasNews(at now: Instant) -> Bool {
        watches.contains { !$0.waiting.isEmpty && $0.topic.newest(at: now) != $0.seen }
    }

    /// The connections that wait for something that is there now; they wait no longer.
    mutating func takeWoken(at now: Instant) -> [ConnectionReference] {
        woken.removeAll(keepingCapacity: true)
        for place in watches.indices {
            let newest = watches[place].topic.newest(at: now)
            if newest == watches[place].seen { continue }
            watches[place].seen = newest
            woken.append(contentsOf: watches[place].waiting)
            watches[place].waiting.removeAll(keepingCapacity: true)
            watches[place].round &+= 1
        }
        return woken
    }

    /// Forgets connections that have ended, or wait more than once, where there may be many.
    mutating func prune(atMost count: Int, isAlive: (ConnectionReference) -> Bool) {
        for place in watches.indices where watches[place].waiting.count > 2 * count + 64 {
            var seen: Set<UInt64> = []
            watches[place].waiting.removeAll {
                !isAlive($0) || !seen.insert($0.token).inserted
            }
        }
    }
}
