package import Basis

/// A kernel that makes most calls by another one: what it does not say for itself is that one's.
package protocol ForwardingKernel: Kernel {
    associatedtype Other: Kernel
    var kernel: Other { get set }
}

extension ForwardingKernel {
    package var counts: SyscallCounts {
        @inline(always) get { kernel.counts }
        @inline(always) set { kernel.counts = newValue }
    }

    package mutating func receiveUnlessInterrupted(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        // SAFETY: the caller's buffer is handed on as it came.
        unsafe try kernel.receiveUnlessInterrupted(from: descriptor, into: buffer)
    }

    package mutating func accept(
        on listener: borrowing Descriptor
    ) throws(SystemError) -> Descriptor? { try kernel.accept(on: listener) }

    package mutating func wait(
        for interest: Interest, of descriptor: borrowing Descriptor, token: UInt64,
        wokenBy waker: borrowing Waker, timeout: Nanoseconds
    ) throws(SystemError) -> Event? {
        try kernel.wait(
            for: interest, of: descriptor, token: token, wokenBy: waker, timeout: timeout)
    }

    package mutating func connect(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) -> Bool { try kernel.connect(descriptor, to: address) }

    package mutating func connectOutcome(of descriptor: borrowing Descriptor) throws(SystemError) {
        try kernel.connectOutcome(of: descriptor)
    }

    package mutating func connectWithoutData(
        _ descriptor: borrowing Descriptor
    ) throws(SystemError) { try kernel.connectWithoutData(descriptor) }

    package mutating func opening(of descriptor: borrowing Descriptor) -> TCPOpening {
        kernel.opening(of: descriptor)
    }

    package mutating func close(_ descriptor: consuming Descriptor) { kernel.close(descriptor) }

    package mutating func unacknowledged(on descriptor: borrowing Descriptor) -> Int {
        kernel.unacknowledged(on: descriptor)
    }

    package mutating func unread(on descriptor: borrowing Descriptor) -> Int {
        kernel.unread(on: descriptor)
    }

    package mutating func set(
        _ option: TransferOption, _ isOn: Bool, on descriptor: borrowing Descriptor
    ) throws(SystemError) { try kernel.set(option, isOn, on: descriptor) }

    package mutating func finishSending(on descriptor: borrowing Descriptor) {
        kernel.finishSending(on: descriptor)
    }

    package mutating func wake(_ waker: borrowing Waker) { kernel.wake(waker) }
}
