import Basis
import Platform

/// A reader's view of the items that it shares with its workers: which are free, whose the others
/// are and in what order they were taken up. None, where the reader does its work itself.
struct WorkItems: ~Copyable {
    private let pool: Shared<WorkItemPool>?
    private var free: [UInt32]
    private var links: [WorkLink]

    init(_ pool: Shared<WorkItemPool>?) {
        self.pool = pool
        free = pool.map { Array($0.value.indices.reversed()) } ?? []
        links = Array(repeating: WorkLink(), count: free.count)
    }

    var hasRoom: Bool { !free.isEmpty }
    var freeCount: Int { free.count }

    /// How many messages of one connection may be with workers now: fewer where room is scarce.
    var messagesPerConnection: Int {
        free.count > Limit.messagesInReserve ? Limit.messagesInFlightPerConnection : 1
    }

    /// Puts a message into a free item.
    mutating func take(
        _ message: Message, body: Span<UInt8>, from owner: Exchange
    ) -> UInt32 {
        let index = free.removeLast()
        links[Int(index)] = WorkLink(owner: owner)
        withItem(index) { item in
            item.message = message
            item.body.append(body)
        }
        return index
    }

    /// The item at `index`, which must be here: not with a worker.
    func withItem<Result>(_ index: UInt32, _ body: (inout WorkItem) -> Result) -> Result {
        guard let pool else { preconditionFailure("nothing is ever passed on by this reader") }
        return pool.value.withItem(index, body)
    }

    /// What is known of an item, wherever that is.
    subscript(index: UInt32) -> WorkLink {
        get { links[Int(index)] }
        set { links[Int(index)] = newValue }
    }

    /// Takes an item back for another message.
    mutating func release(_ index: UInt32) {
        withItem(index) { item in
            item.message = nil
            item.body.keepLittle()
            item.output.keepLittle()
        }
        free.append(index)
    }
}
