package import Basis
import Glibc

/// Bytes on their way from a thread that makes them to one that sends them, by connection and in
/// order, and the way back of what became of them. Each connection has room for a bounded number.
///
/// The maker's side is `SendStageKernel`. The sender takes a batch of connections, and settles
/// each.
package struct SendStage: ~Copyable, Sendable {
    /// What wakes the sender.
    package let gate: WakeGate
    private let state: Guarded<State>

    private struct State: ~Copyable {
        var places = SlotArray(count: 64) { Place() }
        /// Connections with something for the sender, in the order in which it came.
        var queue: [CInt] = []
        /// Connections with something for the maker.
        var told: [CInt] = []
        var spares = SpareBuffers(
            capacity: Limit.stageSpares, bytesAtMost: Limit.stageSpareBytes)

        subscript(descriptor: CInt) -> Place {
            @inline(always)
            _read { yield places[Int(descriptor)] }
            @inline(always)
            _modify { yield &places[Int(descriptor)] }
        }

        mutating func enqueue(_ descriptor: CInt) {
            if self[descriptor].isQueued { return }
            self[descriptor].isQueued = true
            self[descriptor].isWithSender = true
            queue.append(descriptor)
        }

        mutating func tell(_ descriptor: CInt, _ news: Interest) {
            if self[descriptor].news.isEmpty { told.append(descriptor) }
            self[descriptor].news.formUnion(news)
        }

        /// Who waits for room is told of it, once.
        mutating func tellRoom(_ descriptor: CInt) {
            // Not for every byte.
            guard self[descriptor].wantsRoom, self[descriptor].room >= Limit.stageBytes / 2
            else { return }
            self[descriptor].wantsRoom = false
            tell(descriptor, .writable)
        }
    }

    /// How a connection goes on behind its bytes.
    fileprivate enum Ending { case none, finish, close }

    fileprivate struct Place: ~Copyable {
        var token: UInt64 = 0
        var generation: UInt32 = 0
        /// What the sender has not taken, and the ends of the writes it is made of.
        var waiting = ByteQueue()
        var writes: [Int] = []
        /// Bytes that the sender has taken and not sent.
        var taken = 0
        var isQueued = false
        /// Whether the sender has the connection: it may be waiting for room in the socket.
        var isWithSender = false
        var wantsRoom = false
        var ending = Ending.none
        /// Whether what is left need not be sent any more.
        var isGivenUp = false
        /// The cork is taken out behind the bytes.
        var uncorks = false
        var error: CInt = 0
        var news: Interest = []

        init() {}

        var room: Int { Limit.stageBytes - waiting.count - taken }

        mutating func reset() {
            let next = generation &+ 1
            self = Place()
            generation = next
        }
    }

    package init() throws(SystemError) {
        gate = try WakeGate()
        state = Guarded(State())
    }

    // MARK: the maker's side

    fileprivate func begin(_ descriptor: CInt, token: UInt64) {
        state.withLock { state in
            while Int(descriptor) >= state.places.count { state.places.double { Place() } }
            state[descriptor].token = token
        }
    }

    fileprivate func add(
        _ bytes: Span<UInt8>, to descriptor: CInt
    ) throws(SystemError) -> Int {
        let (error, count) = state.withLock { state -> (CInt, Int) in
            if state[descriptor].error != 0 { return (state[descriptor].error, 0) }
            let count = min(bytes.count, state[descriptor].room)
            if count < bytes.count { state[descriptor].wantsRoom = true }
            if count == 0 { return (0, 0) }
            state.spares.lend(to: &state.places[Int(descriptor)].waiting)
            state[descriptor].waiting.append(bytes.extracting(first: count))
            state[descriptor].writes.append(count)
            state.enqueue(descriptor)
            return (0, count)
        }
        if error != 0 { throw SystemError("send", code: error) }
        return count
    }

    /// The maker waits for room from now on.
    fileprivate func wantRoom(_ descriptor: CInt) {
        state.withLock { state in
            state[descriptor].wantsRoom = true
            state.tellRoom(descriptor)
        }
    }

    fileprivate func waitingBytes(_ descriptor: CInt) -> Int {
        state.withLock { $0[descriptor].waiting.count + $0[descriptor].taken }
    }

    /// Leaves it to the sender to end the sending half, if it has the connection.
    fileprivate func finishBehind(_ descriptor: CInt) -> Bool {
        state.withLock { state in
            guard state[descriptor].isWithSender else { return false }
            state[descriptor].ending = .finish
            return true
        }
    }

    /// Leaves it to the sender to close the connection, if it has it. Where more was to follow,
    /// what there is need not be sent.
    fileprivate func closeBehind(_ descriptor: CInt) -> Bool {
        state.withLock { state in
            // One that is refused was never known.
            guard Int(descriptor) < state.places.count else { return false }
            guard state[descriptor].isWithSender else {
                state[descriptor].reset()
                return false
            }
            state[descriptor].isGivenUp = state[descriptor].wantsRoom
            state[descriptor].ending = .close
            state[descriptor].wantsRoom = false
            state[descriptor].news = []
            state.enqueue(descriptor)
            return true
        }
    }

    /// Leaves it to the sender to take the cork out, if it has bytes that belong under it; or takes
    /// that back.
    fileprivate func uncorkBehind(_ descriptor: CInt, _ uncorks: Bool) -> Bool {
        state.withLock { state in
            guard state[descriptor].isWithSender else { return false }
            state[descriptor].uncorks = uncorks
            return true
        }
    }

    fileprivate var hasNews: Bool { state.withLock { !$0.told.isEmpty } }

    /// - Parameter broken: gets the connections that are.
    fileprivate func takeNews(into events: inout EventBuffer, broken: inout [CInt]) {
        state.withLock { state in
            var count = 0
            while count < state.told.count, !events.isFull {
                let descriptor = state.told[count]
                count += 1
                let news = state[descriptor].news
                if news.isEmpty { continue }
                state[descriptor].news = []
                if news.contains(.broken) { broken.append(descriptor) }
                events.append(state[descriptor].token, news)
            }
            state.told.removeFirst(count)
        }
    }

    // MARK: the sender's side

    /// A connection that the sender has.
    package struct Item: Sendable {
        fileprivate let descriptor: CInt
        fileprivate let generation: UInt32
        /// Names it, for the sender's own notes.
        package var number: Int { Int(descriptor) }
    }

    /// What the sender has taken of one connection.
    package struct Parcel: ~Copyable {
        fileprivate var bytes = ByteQueue()
        /// The bytes of each write that is still to be made, oldest first.
        fileprivate var writes: [Int] = []
        fileprivate var generation: UInt32 = 0
        /// Whether the sender's poller watches the connection.
        fileprivate var isWatched = false
        /// Until when what is left may take; for ever, where nobody closes behind it.
        package fileprivate(set) var end = Instant.distantFuture

        package init() {}
    }

    /// Those that have something new for the sender.
    package func takeBatch(_ items: inout [Item]) {
        items.removeAll(keepingCapacity: true)
        state.withLock { state in
            for descriptor in state.queue {
                state[descriptor].isQueued = false
                items.append(
                    Item(descriptor: descriptor, generation: state[descriptor].generation))
            }
            state.queue.removeAll(keepingCapacity: true)
        }
    }

    package var isEmpty: Bool { state.withLock { $0.queue.isEmpty } }

    /// What a poller's event of `number` is about, if that is still with the sender.
    package func item(_ token: UInt64) -> Item? {
        let descriptor = CInt(truncatingIfNeeded: token & 0xFFFF_FFFF)
        let generation = UInt32(truncatingIfNeeded: token >> 32)
        return state.withLock { state in
            guard Int(descriptor) < state.places.count,
                state[descriptor].generation == generation, state[descriptor].isWithSender
            else { return nil }
            return Item(descriptor: descriptor, generation: generation)
        }
    }

    /// Sends what there is of a connection, as far as the socket has room. What is left is gone on
    /// with when `poller` tells of room, with the item's token.
    ///
    /// - Returns: whether the maker has news.
    package func send<K: Kernel>(
        _ item: Item, _ parcel: inout Parcel, on poller: borrowing Poller,
        with kernel: inout K, at now: Instant
    ) -> Bool {
        let descriptor = item.descriptor
        let mayTake = state.withLock { state -> Bool in
            guard state[descriptor].generation == item.generation else { return false }
            if parcel.generation != item.generation { parcel = Parcel() }
            parcel.generation = item.generation
            if parcel.bytes.isEmpty {
                swap(&parcel.bytes, &state[descriptor].waiting)
            } else {
                parcel.bytes.append(state[descriptor].waiting.bytes)
            }
            state[descriptor].waiting.removeAll()
            state[descriptor].taken = parcel.bytes.count
            parcel.writes += state[descriptor].writes
            state[descriptor].writes.removeAll(keepingCapacity: true)
            if state[descriptor].isGivenUp { parcel.giveUp() }
            return true
        }
        guard mayTake else { return false }
        // The descriptor is open as long as the place has this generation and the sender has it.
        let lent = Descriptor(raw: descriptor)
        let error = parcel.send(to: lent, on: poller, with: &kernel)
        _ = lent.release()
        return settle(descriptor, &parcel, error, with: &kernel, at: now)
    }

    /// Says what became of it, and ends what is to be ended.
    private func settle<K: Kernel>(
        _ descriptor: CInt, _ parcel: inout Parcel, _ error: CInt, with kernel: inout K,
        at now: Instant
    ) -> Bool {
        if error != 0 { parcel.giveUp() }
        let (mustClose, hasNews) = state.withLock { state -> (Bool, Bool) in
            let before = state.told.count
            state[descriptor].taken = parcel.bytes.count
            if error != 0 {
                state[descriptor].waiting.releaseStorage()
                state[descriptor].writes = []
                state[descriptor].error = error
                if state[descriptor].ending != .close { state.tell(descriptor, .broken) }
            }
            if state[descriptor].waiting.isEmpty, parcel.bytes.isEmpty {
                // Inside, as the maker may close it once it is not with the sender.
                let lent = Descriptor(raw: descriptor)
                if state[descriptor].uncorks { try? kernel.set(.cork, false, on: lent) }
                if state[descriptor].ending == .finish { kernel.finishSending(on: lent) }
                _ = lent.release()
                state[descriptor].uncorks = false
                if state[descriptor].ending == .close {
                    state[descriptor].reset()
                    return (true, false)
                }
                state[descriptor].ending = .none
                if !state[descriptor].isQueued { state[descriptor].isWithSender = false }
                state.spares.take(from: &parcel.bytes)
                state.spares.take(from: &state.places[Int(descriptor)].waiting)
            } else if state[descriptor].ending == .close, parcel.end == .distantFuture {
                parcel.end = now + Limit.lastWords
            }
            state.tellRoom(descriptor)
            return (false, state.told.count > before)
        }
        if mustClose {
            parcel = Parcel()
            kernel.close(Descriptor(raw: descriptor))
        }
        return hasNews
    }

    /// Gives up what has taken too long.
    package func giveUp(_ number: Int) {
        state.withLock { state in
            state[CInt(number)].isGivenUp = true
            state.enqueue(CInt(number))
        }
    }
}

extension SendStage.Parcel {
    fileprivate mutating func giveUp() {
        bytes.releaseStorage()
        writes = []
    }

    /// Makes the writes that the socket has room for; says what went wrong, or 0.
    fileprivate mutating func send<K: Kernel>(
        to descriptor: borrowing Descriptor, on poller: borrowing Poller, with kernel: inout K
    ) -> CInt {
        do {
            while let next = writes.first {
                let count = try kernel.send(bytes.bytes.extracting(first: next), to: descriptor)
                    .count
                bytes.consume(count)
                if count == next {
                    writes.removeFirst()
                    continue
                }
                writes[0] = next - count
                if count == 0 {
                    try watch(descriptor, on: poller, with: &kernel)
                    return 0
                }
            }
            return 0
        } catch {
            return error.code
        }
    }

    /// An edge is told when there is room again, and only where there was none.
    private mutating func watch<K: Kernel>(
        _ descriptor: borrowing Descriptor, on poller: borrowing Poller, with kernel: inout K
    ) throws(SystemError) {
        if isWatched { return }
        try kernel.control(
            poller, .add, descriptor, interest: [.writable, .edge],
            token: UInt64(generation) << 32 | UInt64(descriptor.raw))
        isWatched = true
    }
}

/// The calls of a loop whose bytes another thread sends: a send takes them and is over before the
/// kernel has them. So an error comes with a later event, and a close waits for the bytes.
package struct SendStageKernel<Other: Kernel>: ForwardingKernel {
    package var kernel: Other
    private let stage: Shared<SendStage>
    /// Connections whose bytes could not be sent, whatever a receive would bring.
    private var broken: [CInt] = []

    package init(_ kernel: Other, stage: Shared<SendStage>) {
        self.kernel = kernel
        self.stage = stage
    }

    @inline(always)
    package mutating func receive(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        if !broken.isEmpty, broken.contains(descriptor.raw) {
            throw SystemError("recv", code: EPIPE)
        }
        // SAFETY: the caller's buffer is handed on as it came.
        return unsafe try kernel.receive(from: descriptor, into: buffer)
    }

    @inline(always)
    package mutating func send(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor
    ) throws(SystemError) -> Sent {
        precondition(!bytes.isEmpty, "nothing to send")
        let count = try stage.value.add(bytes, to: descriptor.raw)
        if count == 0 { return .wouldBlock }
        wakeSender()
        return .bytes(count)
    }

    @inline(always)
    private mutating func wakeSender() { _ = stage.value.gate.wakeIfAsleep(with: &kernel) }

    /// Room is told of by the sender, the rest by the poller.
    package mutating func control(
        _ poller: borrowing Poller, _ change: Poller.Change, _ descriptor: borrowing Descriptor,
        interest: Interest, token: UInt64
    ) throws(SystemError) {
        try kernel.control(
            poller, change, descriptor, interest: interest.subtracting(.writable), token: token)
        guard interest.contains(.edge) else { return }
        if change == .add { stage.value.begin(descriptor.raw, token: token) }
        if interest.contains(.writable) { stage.value.wantRoom(descriptor.raw) }
    }

    package mutating func wait(
        on poller: borrowing Poller, for events: inout EventBuffer, timeout: Nanoseconds?
    ) throws(SystemError) {
        try kernel.wait(
            on: poller, for: &events, timeout: stage.value.hasNews ? .zero : timeout)
        stage.value.takeNews(into: &events, broken: &broken)
    }

    package mutating func close(_ descriptor: consuming Descriptor) {
        if !broken.isEmpty {
            let raw = descriptor.raw
            broken.removeAll { $0 == raw }
        }
        if stage.value.closeBehind(descriptor.raw) {
            _ = descriptor.release()
            wakeSender()
        } else {
            kernel.close(descriptor)
        }
    }

    package mutating func finishSending(on descriptor: borrowing Descriptor) {
        if stage.value.finishBehind(descriptor.raw) { return }
        kernel.finishSending(on: descriptor)
    }

    package mutating func unacknowledged(on descriptor: borrowing Descriptor) -> Int {
        kernel.unacknowledged(on: descriptor) + stage.value.waitingBytes(descriptor.raw)
    }

    package mutating func set(
        _ option: TransferOption, _ isOn: Bool, on descriptor: borrowing Descriptor
    ) throws(SystemError) {
        if option == .cork, stage.value.uncorkBehind(descriptor.raw, !isOn) { return }
        try kernel.set(option, isOn, on: descriptor)
    }
}
