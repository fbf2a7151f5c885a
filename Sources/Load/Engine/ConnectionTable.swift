// Hot path
import Basis
import Platform
import Secure

/// All connections of one thread, in parallel arrays: what every request touches lies dense and
/// apart from what only openings and accidents touch.
///
/// A link is initialised exactly while its connection's state is not `closed`.
@safe
struct ConnectionTable<Stream: StreamTransport & ~Copyable, Session: ~Copyable>: ~Copyable {
    let count: Int
    /// Requests under way on one connection at most.
    let capacity: Int
    private let connections: UnsafeMutablePointer<ClientConnection<Session>>
    private let links: UnsafeMutablePointer<Link<Stream>>
    private let times: UnsafeMutablePointer<RequestTimes>
    /// When the last part of each request's answer came; of no requests where there are no parts.
    private let lastParts: UnsafeMutableBufferPointer<Instant>
    /// How the events of each request's answer came; of no requests where answers have none.
    private let spreads: UnsafeMutableBufferPointer<EventSpread>
    /// The kind of each request; of no requests where kinds are not told apart.
    private let kinds: UnsafeMutableBufferPointer<UInt8>
    private let rests: UnsafeMutablePointer<ConnectionRest>

    /// - Parameter client: whose sessions the connections have.
    init<Client: ProtocolClient & ~Copyable>(count: Int, of client: borrowing Client)
    where Client.Session == Session {
        precondition(count > 0 && client.capacity > 0, "a table of something")
        self.count = count
        capacity = client.capacity
        // SAFETY: every array is initialised whole, but for the links, which the state speaks for.
        unsafe connections = .allocate(capacity: count)
        for index in 0..<count {
            unsafe (connections + index).initialize(to: ClientConnection(session: client.open()))
        }
        unsafe links = .allocate(capacity: count)
        unsafe times = .allocate(capacity: count * capacity)
        unsafe times.initialize(repeating: .free, count: count * capacity)
        unsafe lastParts = .allocate(capacity: Client.hasParts ? count * capacity : 0)
        unsafe lastParts.initialize(repeating: .distantFuture)
        unsafe spreads = .allocate(capacity: Client.hasEvents ? count * capacity : 0)
        unsafe spreads.initialize(repeating: EventSpread())
        unsafe kinds = .allocate(capacity: Client.hasKinds ? count * capacity : 0)
        unsafe kinds.initialize(repeating: 0)
        unsafe rests = .allocate(capacity: count)
        for index in 0..<count { unsafe (rests + index).initialize(to: ConnectionRest()) }
    }

    deinit {
        // SAFETY: the arrays were allocated with these counts; links are initialised as the state
        // says.
        for index in 0..<count where unsafe connections[index].state != .closed {
            unsafe (links + index).deinitialize(count: 1)
        }
        unsafe links.deallocate()
        unsafe connections.deinitialize(count: count)
        unsafe connections.deallocate()
        unsafe times.deallocate()
        unsafe lastParts.deallocate()
        unsafe spreads.deallocate()
        unsafe kinds.deallocate()
        unsafe rests.deinitialize(count: count)
        unsafe rests.deallocate()
    }

    subscript(index: Int) -> ClientConnection<Session> {
        @inline(always)
        unsafeAddress {
            precondition(index >= 0 && index < count, "no such connection")
            // SAFETY: checked in the line above; initialised in `init`.
            return unsafe UnsafePointer(connections + index)
        }
        @inline(always)
        unsafeMutableAddress { unsafe pointer(to: index) }
    }

    /// Where a connection lies, for calls that change it and another part of the generator.
    @inline(always)
    func pointer(to index: Int) -> UnsafeMutablePointer<ClientConnection<Session>> {
        precondition(index >= 0 && index < count, "no such connection")
        // SAFETY: checked in the line above; initialised in `init`.
        return unsafe connections + index
    }

    /// Answers in the measured window, by connection.
    var servedCounts: [UInt32] { (0..<count).map { self[$0].served } }

    @inline(always)
    func times(of index: Int, _ slot: Int) -> UnsafeMutablePointer<RequestTimes> {
        precondition(
            index >= 0 && index < count && slot >= 0 && slot < capacity, "no such request")
        // SAFETY: checked in the line above; initialised in `init`.
        return unsafe times + (index &* capacity &+ slot)
    }

    /// When a request's last part came; the distant future before the first one.
    @inline(always)
    func lastPart(of index: Int, _ slot: Int) -> UnsafeMutablePointer<Instant> {
        // SAFETY: initialised in `init`, and `place` checks both numbers.
        unsafe place(of: index, slot, in: lastParts)
    }

    /// How the events of a request's answer came.
    @inline(always)
    func spread(of index: Int, _ slot: Int) -> UnsafeMutablePointer<EventSpread> {
        // SAFETY: initialised in `init`, and `place` checks both numbers.
        unsafe place(of: index, slot, in: spreads)
    }

    /// Which kind a request is.
    @inline(always)
    func kind(of index: Int, _ slot: Int) -> UnsafeMutablePointer<UInt8> {
        // SAFETY: initialised in `init`, and `place` checks both numbers.
        unsafe place(of: index, slot, in: kinds)
    }

    /// What is kept of a request beside its times, where such a thing is kept.
    @inline(always)
    private func place<Value>(
        of index: Int, _ slot: Int, in values: UnsafeMutableBufferPointer<Value>
    ) -> UnsafeMutablePointer<Value> {
        let position = index &* capacity &+ slot
        precondition(
            index >= 0 && slot >= 0 && slot < capacity && position < values.count,
            "no such request with parts, events or a kind")
        // SAFETY: checked in the line above; the caller's values are initialised in `init`.
        return unsafe values.baseAddress.unsafelyUnwrapped + position
    }

    /// The link of a connection that is not closed.
    @inline(always)
    func link(_ index: Int) -> UnsafeMutablePointer<Link<Stream>> {
        precondition(self[index].state != .closed, "a closed connection has no link")
        // SAFETY: the invariant of this type.
        return unsafe links + index
    }

    func rest(_ index: Int) -> UnsafeMutablePointer<ConnectionRest> {
        precondition(index >= 0 && index < count, "no such connection")
        // SAFETY: checked in the line above; initialised in `init`.
        return unsafe rests + index
    }

    /// Gives a closed connection a socket.
    mutating func attach(
        _ link: consuming Link<Stream>, to index: Int, as state: ClientConnection<Session>.State
    ) {
        precondition(self[index].state == .closed && state != .closed, "a connection has one link")
        // SAFETY: no link is initialised here, by the line above.
        unsafe (links + index).initialize(to: link)
        self[index].state = state
    }

    /// Takes the socket away; the connection is closed from here on.
    mutating func detach(_ index: Int) -> Link<Stream> {
        let link = unsafe link(index)
        self[index].state = .closed
        self[index].generation &+= 1
        // SAFETY: `link` checked that it is initialised; the state now says that it no longer is.
        return unsafe link.move()
    }
}
