import Basis
import Platform

/// The calls of a thread that serves one connection at a time: a receive waits for bytes, and
/// nothing is registered anywhere. The connection's descriptor must block.
struct BlockingKernel<K: Kernel>: ForwardingKernel {
    var kernel: K
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

    mutating func control(
        _ poller: borrowing Poller, _ change: Poller.Change, _ descriptor: borrowing Descriptor,
        interest: Interest, token: UInt64
    ) throws(SystemError) {}
}
