// Hot path
import Basis

/// Requests that are due on connections which are busy: for each connection those that wait for it,
/// the oldest first. Together they are bounded, for the schedule keeps what has no room here.
@safe
struct RequestQueues: ~Copyable {
    // SAFETY, throughout: both arrays are initialised whole in `init`, and nothing else knows them;
    // connections are checked, and what is free or in a queue is the number of an entry.
    private struct Entry {
        var intended: Instant
        /// The one behind it, or the next one that is free.
        var next: UInt32
    }

    /// Where the queue of a connection begins and ends; `none` twice where it is empty.
    private struct Ends {
        var first: UInt32
        var last: UInt32
    }

    private static var none: UInt32 { .max }

    private let connections: Int
    private let capacity: Int
    private let entries: UnsafeMutablePointer<Entry>
    private let ends: UnsafeMutablePointer<Ends>
    private var free: UInt32
    /// Those of all connections.
    private(set) var count = 0

    /// - Parameter capacity: the most that ever wait.
    init(connections: Int, capacity: Int) {
        precondition(connections >= 0 && capacity < Int(Self.none), "the numbers fit the links")
        self.connections = connections
        self.capacity = capacity
        unsafe entries = .allocate(capacity: capacity)
        for index in 0..<capacity {
            let next = index + 1 < capacity ? UInt32(index + 1) : Self.none
            unsafe (entries + index).initialize(to: Entry(intended: .distantFuture, next: next))
        }
        unsafe ends = .allocate(capacity: connections)
        unsafe ends.initialize(
            repeating: Ends(first: Self.none, last: Self.none), count: connections)
        free = capacity > 0 ? 0 : Self.none
    }

    deinit {
        unsafe entries.deallocate()
        unsafe ends.deallocate()
    }

    @inline(always)
    var isFull: Bool { count == capacity }

    @inline(always)
    func isEmpty(_ connection: Int) -> Bool {
        precondition(connection >= 0 && connection < connections, "no such connection")
        return unsafe ends[connection].first == Self.none
    }

    @inline(always)
    mutating func push(_ intended: Instant, on connection: Int) {
        precondition(!isFull && connection >= 0 && connection < connections, "room for it")
        let place = free
        let entry = unsafe entries + Int(place)
        let ends = unsafe ends + connection
        free = unsafe entry.pointee.next
        unsafe entry.pointee = Entry(intended: intended, next: Self.none)
        if unsafe ends.pointee.first == Self.none {
            unsafe ends.pointee.first = place
        } else {
            unsafe entries[Int(ends.pointee.last)].next = place
        }
        unsafe ends.pointee.last = place
        count &+= 1
    }

    /// Takes the oldest one of a connection.
    @inline(always)
    mutating func pop(_ connection: Int) -> Instant? {
        if isEmpty(connection) { return nil }
        let ends = unsafe ends + connection
        let place = unsafe ends.pointee.first
        let entry = unsafe entries + Int(place)
        unsafe ends.pointee.first = entry.pointee.next
        unsafe entry.pointee.next = free
        free = place
        count &-= 1
        return unsafe entry.pointee.intended
    }
}
