package import Basis
package import Platform

/// Which system call fails when, and how. Shared by the kernels of one server's threads, which
/// count their calls together.
package final class FaultPlan: Sendable {
    /// The kinds of calls that can be made to fail.
    package enum Call: Int, CaseIterable, Sendable {
        case receive, send, accept, wait, control, set
    }

    /// What was done on connections, where that is noted.
    package enum Step: Equatable, Sendable {
        case sent(Int)
        case received
        case option(TransferOption, Bool)
    }

    private struct State {
        var steps: [Step]?
        var target: Call?
        var first = 0
        var last = 0
        var code: CInt = 0
        var made = [Int](repeating: 0, count: Call.allCases.count)
        var struck = 0
        var bytesAtMost = Int.max
        var closed = 0
    }

    private let state = Guarded(State())

    /// Whether connections are told of by edges although faults may withhold them.
    fileprivate let tellsOfEdges: Bool

    package init(tellsOfEdges: Bool = false) { self.tellsOfEdges = tellsOfEdges }

    /// Makes the `nth` call of its kind from now on (the first is 1) fail with `code`; with
    /// `persistently` all that follow fail too, until `lift`.
    package func strike(_ call: Call, nth: Int, code: CInt, persistently: Bool = false) {
        state.withLock { state in
            state.target = call
            state.code = code
            state.first = state.made[call.rawValue] + nth
            state.last = persistently ? .max : state.first
            state.struck = 0
        }
    }

    /// Ends all failing.
    package func lift() {
        state.withLock {
            $0.target = nil
            $0.bytesAtMost = .max
        }
    }

    /// Lets each receive and send move at most `count` bytes.
    package func limitTransfers(to count: Int) { state.withLock { $0.bytesAtMost = count } }

    /// Notes what is done from now on; the steps since the last call.
    @discardableResult
    package func noteSteps() -> [Step] {
        state.withLock { state in
            defer { state.steps = [] }
            return state.steps ?? []
        }
    }

    /// The steps since `noteSteps` was last called.
    package var noted: [Step] { state.withLock { $0.steps ?? [] } }

    fileprivate func note(_ step: Step) { state.withLock { $0.steps?.append(step) } }

    /// How often the current fault has struck.
    package var struck: Int { state.withLock { $0.struck } }
    /// Calls of a kind made so far, failed ones included.
    package func made(_ call: Call) -> Int { state.withLock { $0.made[call.rawValue] } }
    /// Descriptors that were closed through the kernel.
    package var closed: Int { state.withLock { $0.closed } }

    fileprivate var bytesAtMost: Int { state.withLock { $0.bytesAtMost } }
    fileprivate func noteClosed() { state.withLock { $0.closed += 1 } }

    /// Counts a call; the code to fail with, if it is its turn.
    fileprivate func enter(_ call: Call) -> CInt? {
        state.withLock { state in
            state.made[call.rawValue] += 1
            let number = state.made[call.rawValue]
            guard state.target == call, number >= state.first, number <= state.last else {
                return nil
            }
            state.struck += 1
            return state.code
        }
    }
}

/// The real system calls, some of which fail by plan.
package struct FaultyKernel: Kernel {
    private var real = LinuxKernel()
    private let plan: FaultPlan

    package init(_ plan: FaultPlan) { self.plan = plan }

    package var counts: SyscallCounts {
        get { real.counts }
        set { real.counts = newValue }
    }

    package mutating func receive(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        guard let room = try unsafe room(in: buffer) else { return .wouldBlock }
        // SAFETY: a part of the caller's own buffer.
        return unsafe try real.receive(from: descriptor, into: room)
    }

    package mutating func receiveUnlessInterrupted(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        guard let room = try unsafe room(in: buffer) else { return .wouldBlock }
        // SAFETY: a part of the caller's own buffer.
        return unsafe try real.receiveUnlessInterrupted(from: descriptor, into: room)
    }

    /// What of a buffer a receive may fill; nil where it is to find nothing.
    private func room(
        in buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> UnsafeMutableRawBufferPointer? {
        if let code = plan.enter(.receive) {
            if code == Self.wouldBlock { return nil }
            throw SystemError("recv", code: code)
        }
        plan.note(.received)
        // SAFETY: as many of the caller's bytes as there are at most.
        return unsafe UnsafeMutableRawBufferPointer(
            rebasing: buffer[..<min(buffer.count, plan.bytesAtMost)])
    }

    package mutating func send(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor
    ) throws(SystemError) -> Sent {
        if let code = plan.enter(.send) {
            if code == Self.wouldBlock { return .wouldBlock }
            throw SystemError("send", code: code)
        }
        let sent = try real.send(
            bytes.extracting(first: min(bytes.count, plan.bytesAtMost)), to: descriptor)
        plan.note(.sent(sent.count))
        return sent
    }

    package mutating func accept(
        on listener: borrowing Descriptor
    ) throws(SystemError) -> Descriptor? {
        if let code = plan.enter(.accept) {
            if code == Self.wouldBlock { return nil }
            throw SystemError("accept4", code: code)
        }
        return try real.accept(on: listener)
    }

    package mutating func wait(
        on poller: borrowing Poller, for events: inout EventBuffer, timeout: Nanoseconds?
    ) throws(SystemError) {
        if let code = plan.enter(.wait) { throw SystemError("epoll_wait", code: code) }
        try real.wait(on: poller, for: &events, timeout: timeout)
    }

    package mutating func wait(
        for interest: Interest, of descriptor: borrowing Descriptor, token: UInt64,
        wokenBy waker: borrowing Waker, timeout: Nanoseconds
    ) throws(SystemError) -> Event? {
        if let code = plan.enter(.wait) { throw SystemError("poll", code: code) }
        return try real.wait(
            for: interest, of: descriptor, token: token, wokenBy: waker, timeout: timeout)
    }

    package mutating func control(
        _ poller: borrowing Poller, _ change: Poller.Change, _ descriptor: borrowing Descriptor,
        interest: Interest, token: UInt64
    ) throws(SystemError) {
        if let code = plan.enter(.control) { throw SystemError("epoll_ctl", code: code) }
        // What a fault withholds must be reported again, as if it had come later: by levels.
        try real.control(
            poller, change, descriptor,
            interest: plan.tellsOfEdges ? interest : interest.subtracting(.edge), token: token)
    }

    package mutating func connect(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) -> Bool { try real.connect(descriptor, to: address) }

    package mutating func connectOutcome(of descriptor: borrowing Descriptor) throws(SystemError) {
        try real.connectOutcome(of: descriptor)
    }

    package mutating func opening(of descriptor: borrowing Descriptor) -> TCPOpening {
        real.opening(of: descriptor)
    }

    package mutating func connectWithoutData(
        _ descriptor: borrowing Descriptor
    ) throws(SystemError) { try real.connectWithoutData(descriptor) }

    package mutating func close(_ descriptor: consuming Descriptor) {
        plan.noteClosed()
        real.close(descriptor)
    }

    package mutating func unacknowledged(on descriptor: borrowing Descriptor) -> Int {
        real.unacknowledged(on: descriptor)
    }

    package mutating func unread(on descriptor: borrowing Descriptor) -> Int {
        real.unread(on: descriptor)
    }

    package mutating func set(
        _ option: TransferOption, _ isOn: Bool, on descriptor: borrowing Descriptor
    ) throws(SystemError) {
        if let code = plan.enter(.set) { throw SystemError("setsockopt", code: code) }
        plan.note(.option(option, isOn))
        try real.set(option, isOn, on: descriptor)
    }

    package mutating func finishSending(on descriptor: borrowing Descriptor) {
        real.finishSending(on: descriptor)
    }

    package mutating func wake(_ waker: borrowing Waker) { real.wake(waker) }

    /// EAGAIN, which is not an error but an answer.
    private static let wouldBlock: CInt = 11
}
