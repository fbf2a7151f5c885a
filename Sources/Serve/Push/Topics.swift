import Basis
import Platform
import Synchronization

/// The topics of a server. One exists from the first time that somebody names it until the end.
final class Topics: Sendable {
    private struct Table {
        var topics: [Topic] = []
        var indices: [TopicName: UInt32] = [:]
    }

    private let table = Guarded(Table())
    private let loops = Atomic<UInt32>(0)
    /// Whether events that somebody publishes come to all subscribers: to none of other processes.
    private let takesEvents: Bool

    init(takesEvents: Bool = true) { self.takesEvents = takesEvents }

    /// Why there is no topic.
    enum Refusal: Error { case noName, tooMany, apart }

    /// The topic of this name, which is made where there is none.
    func find(_ text: Span<UInt8>) throws(Refusal) -> TopicID {
        guard let name = TopicName(text) else { throw .noName }
        if !takesEvents, name.source == .publishers { throw .apart }
        let index = table.withLock { table -> UInt32? in
            if let index = table.indices[name] { return index }
            guard table.topics.count < Limit.topics else { return nil }
            let index = UInt32(table.topics.count)
            table.topics.append(Topic(name))
            table.indices[name] = index
            return index
        }
        guard let index else { throw .tooMany }
        return TopicID(index: index)
    }

    /// All of them, each at the index that its id names.
    var all: [Topic] { table.withLock { $0.topics } }

    func topic(_ id: TopicID) -> Topic { table.withLock { $0.topics[Int(id.index)] } }

    /// A number for a further loop.
    func addLoop() -> UInt32 { loops.wrappingAdd(1, ordering: .relaxed).oldValue }
}
