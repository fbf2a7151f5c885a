import Basis
import Platform

/// The calls of a thread that serves one connection at a time: a receive waits for bytes, and
/// nothing is registered anywhere. The connection's descriptor must block.
struct BlockingKernel<K: Kernel>: Kernel {
    private var kernel: K
    /// Set for the one receive that may wait. Any other says that there is nothing.
    var mayWait = false
    private let port: Shared<ReaderPort>
    private let sleeper: Shared<Sleeper>

    /// - Parameters:
    ///   - port: what wakes the thread from ppoll(2).
    ///   - sleeper: what interrupts every call.
    init(_ kernel: K, port: Shared<ReaderPort>, sleeper: Shared<Sleeper>) {
        self.kernel = kernel
        self.port = port
        self.sleeper = sleeper
    }

    static var blocks: Bool { true }

    var counts: SyscallCounts {
        get { kernel.counts }
        set { kernel.counts = newValue }
    }

    mutating func receive(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        if !mayWait {
            let event = try kernel.wait(
                for: .readable, of: descriptor, token: 0, wokenBy: port.value.gate.waker,
                timeout: .zero)
            if event == nil { return .wouldBlock }
            // SAFETY: the caller's buffer is handed on as it came.
            return unsafe try kernel.receive(from: descriptor, into: buffer)
        }
        guard sleeper.value.lieDown() else { return .wouldBlock }
        defer { sleeper.value.getUp() }
        // SAFETY: as above.
        return unsafe try kernel.receiveUnlessInterrupted(from: descriptor, into: buffer)
    }

    mutating func send(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor
    ) throws(SystemError) -> Sent { try kernel.send(bytes, to: descriptor) }

    mutating func accept(on listener: borrowing Descriptor) throws(SystemError) -> Descriptor? {
        try kernel.accept(on: listener)
    }

    mutating func wait(
        on poller: borrowing Poller, for events: inout EventBuffer, timeout: Nanoseconds?
    ) throws(SystemError) { try kernel.wait(on: poller, for: &events, timeout: timeout) }

    mutating func wait(
        for interest: Interest, of descriptor: borrowing Descriptor, token: UInt64,
        wokenBy waker: borrowing Waker, timeout: Nanoseconds
    ) throws(SystemError) -> Event? {
        // Once the thread is to come to an end it still waits, but not for long at a time.
        let timeout = sleeper.value.lieDown() ? timeout : min(timeout, Limit.drainLook)
        defer { sleeper.value.getUp() }
        return try kernel.wait(
            for: interest, of: descriptor, token: token, wokenBy: waker, timeout: timeout)
    }

    mutating func receiveUnlessInterrupted(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        // SAFETY: the caller's buffer is handed on as it came.
        unsafe try kernel.receiveUnlessInterrupted(from: descriptor, into: buffer)
    }

    mutating func control(
        _ poller: borrowing Poller, _ change: Poller.Change, _ descriptor: borrowing Descriptor,
        interest: Interest, token: UInt64
    ) throws(SystemError) {}

    mutating func connect(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) -> Bool { try kernel.connect(descriptor, to: address) }

    mutating func connectOutcome(of descriptor: borrowing Descriptor) throws(SystemError) {
        try kernel.connectOutcome(of: descriptor)
    }

    mutating func opening(of descriptor: borrowing Descriptor) -> TCPOpening {
        kernel.opening(of: descriptor)
    }

    mutating func connectWithoutData(_ descriptor: borrowing Descriptor) throws(SystemError) {
        try kernel.connectWithoutData(descriptor)
    }

    mutating func close(_ descriptor: consuming Descriptor) { kernel.close(descriptor) }

    mutating func unacknowledged(on descriptor: borrowing Descriptor) -> Int {
        kernel.unacknowledged(on: descriptor)
    }

    mutating func unread(on descriptor: borrowing Descriptor) -> Int {
        kernel.unread(on: descriptor)
    }

    mutating func set(
        _ option: TransferOption, _ isOn: Bool, on descriptor: borrowing Descriptor
    ) throws(SystemError) { try kernel.set(option, isOn, on: descriptor) }

    mutating func finishSending(on descriptor: borrowing Descriptor) {
        kernel.finishSending(on: descriptor)
    }

    mutating func wake(_ waker: borrowing Waker) { kernel.wake(waker) }
}
