import Basis
import Glibc

@testable import Load
@testable import Platform

/// A network with a virtual clock and a scripted server, behind the system calls of the engine.
///
/// Readiness goes through a real epoll instance, so that the engine sees the kernel's own semantics
/// of levels and interests: behind each connection stands an eventfd that is readable exactly while
/// the connection is.
final class VirtualWorld: @unchecked Sendable {
    // One thread runs a generator and this world; nothing is shared.

    /// What the server does with a request, or with a fresh connection.
    enum Action {
        case send([UInt8], after: Nanoseconds)
        case close(after: Nanoseconds)
        case reset(after: Nanoseconds)
    }

    /// How a connect ends.
    enum Welcome {
        case accepted
        case refused
        /// The attempt never comes to an end.
        case ignored
    }

    var now: Instant
    /// Called for each whole request, with the time of its arrival.
    var answer: (_ connection: Int, _ at: Instant) -> [Action] = { _, _ in [] }
    /// Called for the bytes of each send, where requests are not told by their length alone.
    var hear: ((_ connection: Int, _ bytes: [UInt8], _ at: Instant) -> [Action])?
    /// Called for each connect.
    var welcome: (_ connection: Int, _ at: Instant) -> Welcome = { _, _ in .accepted }
    /// How long after its connect a connection stands.
    var acceptance: (_ at: Instant) -> Nanoseconds = { _ in .zero }
    /// Whether connects wait for the first data, as with TCP Fast Open.
    var defersConnects = false
    /// Called once a connection stands.
    var greeting: (_ connection: Int) -> [Action] = { _ in [] }
    /// Called before each wait.
    var onWait: (_ at: Instant) -> Void = { _ in }
    /// Bytes that one send takes at most, and one receive gives.
    var sendLimit = Int.max
    var receiveLimit = Int.max
    /// What one send takes.
    var sendTime = Nanoseconds.zero
    /// When, from the given time on, sends are taken again instead of refused with "would block".
    var nextRoom: (Instant) -> Instant = { $0 }
    /// The call, counted from 1, that fails; and the calls made so far.
    var failingCall: Int?
    private(set) var calls = 0
    private(set) var requests = 0
    private(set) var connects: [Instant] = []
    private(set) var open = 0
    let requestBytes: Int
    /// What was done on connections, in order: bytes that a send was offered and those that it
    /// took, receives, options.
    enum Step: Equatable {
        case sent(Int, taken: Int)
        case received
        case option(TransferOption, Bool)
    }
    private(set) var steps: [Step] = []

    /// What a wait takes that finds nothing and does not sleep.
    static let pollTime = Nanoseconds.microseconds(1)

    private var connections: [CInt: Connection] = [:]
    private var made = 0

    private final class Connection {
        let number: Int
        let waker: Waker
        var isConnected = false
        /// When it will stand; nil once it does.
        var standsFrom: Instant?
        /// Its SYN leaves with the first data.
        var isDeferred = false
        var carriedData = false
        /// What the poller was last asked to tell of it.
        var watched: (interest: Interest, token: UInt64)?
        var isRefused = false
        var isSignalled = false
        var written = 0
        /// In order of time.
        var coming: [(at: Instant, what: Arrival)] = []
        var wantsRoom = false

        enum Arrival {
            case bytes([UInt8])
            case end
            case reset
        }

        /// Whether its end has been received, behind which nothing comes.
        var isOver = false
        /// Whether what comes ends a wait.
        var isListenedTo: Bool {
            if isOver { return false }
            guard let watched else { return true }
            return !watched.interest.isDisjoint(with: [.readable, .writable])
        }

        init(number: Int) throws {
            self.number = number
            waker = try Waker()
        }
    }

    init(start: Instant = Instant(raw: 1_000_000_000), requestBytes: Int) {
        now = start
        self.requestBytes = requestBytes
    }

    private func connection(_ descriptor: borrowing Descriptor) -> Connection {
        connections[descriptor.raw]!
    }

    /// Counts a call and fails it when its turn has come.
    fileprivate func enter(_ name: StaticString) throws(SystemError) {
        calls += 1
        if calls == failingCall { throw SystemError(name, code: ECONNRESET) }
    }

    private func perform(_ actions: [Action], on connection: Connection) {
        for action in actions {
            let (delay, what): (Nanoseconds, Connection.Arrival) =
                switch action {
                case .send(let bytes, let delay): (delay, .bytes(bytes))
                case .close(let delay): (delay, .end)
                case .reset(let delay): (delay, .reset)
                }
            // A stream keeps its order: nothing overtakes what was sent before.
            let at = max(now + delay, connection.coming.last?.at ?? now)
            connection.coming.append((at, what))
        }
    }

    fileprivate func noteOption(_ option: TransferOption, _ isOn: Bool) {
        steps.append(.option(option, isOn))
    }

    fileprivate func connect(_ descriptor: borrowing Descriptor) {
        let connection = try! Connection(number: made)
        made += 1
        connects.append(now)
        connections[descriptor.raw] = connection
        if defersConnects { connection.isDeferred = true } else { meet(connection) }
    }

    /// The SYN arrives.
    private func meet(_ connection: Connection) {
        switch welcome(connection.number, now) {
        case .accepted:
            let delay = acceptance(now)
            if delay > .zero { connection.standsFrom = now + delay } else { accept(connection) }
        case .refused: connection.isRefused = true
        case .ignored: break
        }
    }

    private func accept(_ connection: Connection) {
        connection.standsFrom = nil
        connection.isConnected = true
        open += 1
        perform(greeting(connection.number), on: connection)
    }

    /// Lets the connections stand whose time has come, and has the poller tell of it.
    private func acceptDue(_ poller: borrowing Poller) {
        for connection in connections.values where connection.standsFrom ?? .distantFuture <= now {
            accept(connection)
            guard let watched = connection.watched else { continue }
            try! poller.control(
                .modify, connection.waker, interest: watched.interest, token: watched.token)
        }
    }

    fileprivate func isDeferred(_ descriptor: borrowing Descriptor) -> Bool {
        connection(descriptor).isDeferred
    }

    fileprivate func opening(of descriptor: borrowing Descriptor) -> TCPOpening {
        let connection = connection(descriptor)
        return TCPOpening(
            state: connection.isRefused ? .ended : connection.isConnected ? .done : .underWay,
            carriedData: connection.carriedData)
    }

    fileprivate func connectWithoutData(
        _ descriptor: borrowing Descriptor
    ) throws(SystemError) {
        let connection = connection(descriptor)
        connection.isDeferred = false
        meet(connection)
    }

    fileprivate func outcome(of descriptor: borrowing Descriptor) throws(SystemError) {
        if connection(descriptor).isRefused { throw SystemError("connect", code: ECONNREFUSED) }
    }

    fileprivate func control(
        _ poller: borrowing Poller, _ change: Poller.Change, _ descriptor: borrowing Descriptor,
        interest: Interest, token: UInt64
    ) throws(SystemError) {
        let connection = connection(descriptor)
        connection.wantsRoom = interest.contains(.writable)
        connection.watched = (interest, token)
        // An attempt that never ends never becomes writable.
        let isReported = connection.isConnected || connection.isRefused
        try poller.control(
            change, connection.waker,
            interest: connection.isRefused ? .writable : isReported ? interest : [], token: token)
    }

    fileprivate func receive(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        steps.append(.received)
        let connection = connection(descriptor)
        guard let next = connection.coming.first, next.at <= now else { return .wouldBlock }
        switch next.what {
        case .reset:
            connection.isOver = true
            throw SystemError("recv", code: ECONNRESET)
        case .end:
            connection.isOver = true
            return .closed
        case .bytes:
            let room = min(buffer.count, receiveLimit)
            var bytes: [UInt8] = []
            // A receive brings all that has come so far.
            while bytes.count < room, let next = connection.coming.first, next.at <= now,
                case .bytes(let more) = next.what
            {
                let count = min(more.count, room - bytes.count)
                bytes += more[..<count]
                connection.coming.removeFirst()
                if count < more.count {
                    connection.coming.insert((next.at, .bytes(Array(more[count...]))), at: 0)
                }
            }
            // SAFETY: at most `room` bytes, which the buffer holds.
            unsafe buffer.copyBytes(from: bytes)
            signal(connection)
            return .bytes(bytes.count)
        }
    }

    fileprivate func send(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor
    ) -> Sent {
        let connection = connection(descriptor)
        if connection.isDeferred {
            connection.isDeferred = false
            connection.carriedData = true
            meet(connection)
        }
        if nextRoom(now) > now {
            steps.append(.sent(bytes.count, taken: 0))
            return .wouldBlock
        }
        now = now + sendTime
        let count = min(bytes.count, sendLimit)
        steps.append(.sent(bytes.count, taken: count))
        // What goes with a SYN that is not answered is never read.
        if connection.carriedData, !connection.isConnected { return .bytes(count) }
        if let hear {
            let taken = (0..<count).map { bytes[$0] }
            perform(hear(connection.number, taken, now), on: connection)
            return .bytes(count)
        }
        connection.written += count
        while connection.written >= requestBytes {
            connection.written -= requestBytes
            requests += 1
            perform(answer(connection.number, now), on: connection)
        }
        return .bytes(count)
    }

    fileprivate func close(_ descriptor: borrowing Descriptor) {
        guard let gone = connections.removeValue(forKey: descriptor.raw) else { return }
        if gone.isConnected { open -= 1 }
    }

    /// Makes the eventfd readable exactly when the connection is.
    private func signal(_ connection: Connection) {
        let isReadable = connection.coming.first.map { $0.at <= now } ?? false
        if isReadable, !connection.isSignalled { connection.waker.wake() }
        if !isReadable, connection.isSignalled {
            var count: UInt64 = 0
            // SAFETY: an eventfd gives eight bytes (eventfd(2)).
            _ = unsafe Glibc.read(connection.waker.raw, &count, 8)
        }
        connection.isSignalled = isReadable
    }

    /// Lets time pass up to the next thing that happens, at most by `timeout`.
    fileprivate func wait(
        on poller: borrowing Poller, for events: inout EventBuffer, timeout: Nanoseconds?
    ) {
        onWait(now)
        // Polling takes time, or the wait for it would never end.
        let latest = timeout.map { now + max($0, Self.pollTime) } ?? .distantFuture
        var first =
            connections.values.lazy.filter(\.isListenedTo).compactMap { $0.coming.first?.at }.min()
            ?? .distantFuture
        let wantsRoom = connections.values.contains {
            $0.wantsRoom && ($0.isConnected || $0.isRefused)
        }
        if wantsRoom { first = min(first, nextRoom(now)) }
        for connection in connections.values {
            first = min(first, connection.standsFrom ?? .distantFuture)
        }
        now = max(now, min(first, latest))
        acceptDue(poller)
        for connection in connections.values { signal(connection) }
        _ = events.fill(from: poller, timeout: .zero)
    }
}

/// The engine's system calls in a virtual world.
struct VirtualKernel: Kernel {
    let world: VirtualWorld
    var counts = SyscallCounts()

    init(_ world: VirtualWorld) { self.world = world }

    mutating func receive(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        counts.receive += 1
        try world.enter("recv")
        // SAFETY: the buffer is passed on as it is.
        return try unsafe world.receive(from: descriptor, into: buffer)
    }

    mutating func send(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor
    ) throws(SystemError) -> Sent {
        counts.send += 1
        try world.enter("send")
        return world.send(bytes, to: descriptor)
    }

    mutating func accept(on listener: borrowing Descriptor) throws(SystemError) -> Descriptor? {
        nil
    }

    mutating func receiveUnlessInterrupted(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received { preconditionFailure("a generator never blocks") }

    mutating func wait(
        for interest: Interest, of descriptor: borrowing Descriptor, token: UInt64,
        wokenBy waker: borrowing Waker, timeout: Nanoseconds
    ) throws(SystemError) -> Event? { preconditionFailure("a generator waits for many at a time") }

    mutating func wait(
        on poller: borrowing Poller, for events: inout EventBuffer, timeout: Nanoseconds?
    ) throws(SystemError) {
        counts.wait += 1
        world.wait(on: poller, for: &events, timeout: timeout)
    }

    mutating func control(
        _ poller: borrowing Poller, _ change: Poller.Change, _ descriptor: borrowing Descriptor,
        interest: Interest, token: UInt64
    ) throws(SystemError) {
        counts.other += 1
        try world.enter("epoll_ctl")
        try world.control(poller, change, descriptor, interest: interest, token: token)
    }

    mutating func connect(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) -> Bool {
        counts.other += 1
        try world.enter("connect")
        world.connect(descriptor)
        return world.isDeferred(descriptor)
    }

    mutating func connectOutcome(of descriptor: borrowing Descriptor) throws(SystemError) {
        counts.other += 1
        try world.enter("getsockopt")
        try world.outcome(of: descriptor)
    }

    mutating func opening(of descriptor: borrowing Descriptor) -> TCPOpening {
        counts.other += 1
        return world.opening(of: descriptor)
    }

    mutating func connectWithoutData(_ descriptor: borrowing Descriptor) throws(SystemError) {
        counts.send += 1
        try world.enter("connect")
        try world.connectWithoutData(descriptor)
    }

    mutating func close(_ descriptor: consuming Descriptor) {
        counts.other += 1
        world.close(descriptor)
    }

    mutating func unacknowledged(on descriptor: borrowing Descriptor) -> Int { 0 }
    mutating func unread(on descriptor: borrowing Descriptor) -> Int { 0 }
    mutating func set(
        _ option: TransferOption, _ isOn: Bool, on descriptor: borrowing Descriptor
    ) throws(SystemError) {
        counts.other += 1
        try world.enter("setsockopt")
        world.noteOption(option, isOn)
    }
    mutating func finishSending(on descriptor: borrowing Descriptor) {}
    mutating func wake(_ waker: borrowing Waker) { waker.wake() }
}

/// The clock of a virtual world.
struct VirtualTime: TimeSource {
    let world: VirtualWorld

    var now: Instant { world.now }
}
