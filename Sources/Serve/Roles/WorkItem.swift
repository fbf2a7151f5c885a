import Basis
import Platform
import Wire

/// One message on its way from a reader to a worker and back, with its reply. Whoever holds its
/// index owns it: the reader, a queue, or one worker.
struct WorkItem: ~Copyable {
    /// The index that means no item.
    static let none = UInt32.max

    var message: Message?
    /// The idempotency key and the payload.
    var body = ByteQueue()
    /// The encoded reply, ready to send; or its payload, where the session frames it.
    var output = ByteQueue()
    /// What the session must say of a payload that it frames, and what is still to be made.
    var head = ReplyHead(status: .ok)
    /// Set where the reply is to be made only after a time: the reader gives the item back
    /// meanwhile.
    var delay: Nanoseconds?
    /// When it was put into a queue, where its times are taken.
    var queued: Instant?

    /// Makes the reply, or notes when it is to be made.
    @inline(always)
    mutating func answer(by responder: Responder, with writer: inout ReplyWriter) {
        guard let message else { preconditionFailure("an item without a message") }
        let content: Content
        delay = nil
        if message.limit != .none, message.limit.isOver(at: MonotonicClock.now) {
            write(Responder.overdue, to: message, with: &writer)
            return
        }
        switch responder.respond(to: message, body: body.bytes) {
        case .now(let ready), .afterWork(let ready): content = ready
        case .after(.zero, _): content = Responder.late(message)
        case .after(let span, let route):
            delay = span
            self.message?.route = route
            return
        case .inTime(let route):
            delay = .zero
            self.message?.route = route
            return
        case .published(let ready, let topic):
            content = ready
            self.message?.route = .published(topic)
        }
        write(content, to: message, with: &writer)
    }

    /// Makes the reply of a content.
    @inline(always)
    private mutating func write(
        _ content: Content, to message: Message, with writer: inout ReplyWriter
    ) {
        var made = ByteQueue()
        swap(&made, &output)
        if message.shape.contains(.framedBySession) {
            head = writer.writePayload(content, answering: message, body: body.bytes, to: &made)
        } else {
            head.source = ReplySource(
                left: writer.write(content, answering: message, body: body.bytes, to: &made))
        }
        swap(&made, &output)
    }

    /// Makes another reply in place of the one that is ready: it comes too late.
    mutating func replaceOverdue(with writer: inout ReplyWriter) {
        guard let message else { preconditionFailure("an item without a message") }
        output.removeAll()
        write(Responder.overdue, to: message, with: &writer)
    }

    /// What it occupies, see `Message.weight`.
    var weight: Int { message?.weight(body: body.count) ?? 0 }
}

/// What a reader knows of an item that it has passed on. It is the reader's alone, whoever holds
/// the item meanwhile.
struct WorkLink: BitwiseCopyable {
    var owner = Exchange(connection: ConnectionReference(slot: 0, generation: 0), stream: 0)
    /// The next younger message of the same connection.
    var next = WorkItem.none
    var state = State.withWorker

    enum State: UInt8, BitwiseCopyable {
        case withWorker
        /// Back at the reader and ready to send.
        case done
    }
}

/// The items of one reader and its workers, at fixed addresses. The reader alone takes and returns
/// them; their number bounds what can be in flight.
@safe
struct WorkItemPool: ~Copyable, @unchecked Sendable {
    // SAFETY, throughout: an item is touched only by the thread that holds its index,
    // and indices travel through queues that order memory; the free list is the reader's own.
    private let items: UnsafeMutablePointer<WorkItem>
    private let capacity: Int

    init(capacity: Int = Limit.messagesInFlight) {
        unsafe items = .allocate(capacity: capacity)
        for index in 0..<capacity { unsafe (items + index).initialize(to: WorkItem()) }
        self.capacity = capacity
    }

    deinit {
        unsafe items.deinitialize(count: capacity)
        unsafe items.deallocate()
    }

    var indices: Range<UInt32> { 0..<UInt32(capacity) }

    /// The item at `index`, for its holder.
    @inline(always)
    func withItem<Result>(_ index: UInt32, _ body: (inout WorkItem) -> Result) -> Result {
        precondition(Int(index) < capacity, "no such work item")
        // SAFETY: initialised in `init`; the holder of the index is alone with the item. (To lend
        // `items[...]` would do the same, but for the thread sanitizer it touches the first item.)
        return unsafe body(&(items + Int(index)).pointee)
    }
}
