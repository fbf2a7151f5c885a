package import Basis
import Glibc

/// The calls of a loop by an io_uring(7): connections, bytes and the room for more are asked for
/// once and come as completions, and what a loop does between two waits goes to the kernel in one
/// call. To the loop it looks like readiness: an event says that bytes are here, and a receive
/// takes them without a call.
///
/// A send takes all bytes and is over before the kernel has them; another one hands it in, and
/// would block as long as the socket has no room. So an error of a send comes with a later event,
/// and a close waits for the bytes.
@safe
package struct RingKernel: ForwardingKernel, @unchecked Sendable {
    // SAFETY, throughout: made in `init`, ended in `free`, and touched by one thread at a time.
    private let state: UnsafeMutablePointer<RingState>
    /// What has no place in the ring.
    package var kernel = LinuxKernel()

    /// - Throws: what `CompletionRing` does.
    package init() throws(SystemError) {
        let opened = try RingState()
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: opened)
    }

    /// Ends the ring. No copy may be used afterwards.
    package func free() {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
    }

    package var counts: SyscallCounts {
        get {
            var counts = kernel.counts
            counts.wait &+= unsafe state.pointee.ring.calls
            counts.other &+= unsafe state.pointee.otherCalls
            return counts
        }
        set {
            kernel.counts = newValue
            kernel.counts.wait &-= unsafe state.pointee.ring.calls
            kernel.counts.other &-= unsafe state.pointee.otherCalls
        }
    }

    // MARK: bytes

    @inline(always)
    package mutating func receive(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        precondition(buffer.count > 0, "a read of no bytes would look like a close")
        let fd = descriptor.raw
        // SAFETY: the caller's buffer is handed on as it came.
        let taken = unsafe state.pointee.takeInput(from: fd, into: buffer)
        if taken > 0 { return .bytes(taken) }
        if unsafe state.pointee.places[fd].error != 0 {
            throw unsafe SystemError("recv", code: state.pointee.places[fd].error)
        }
        return unsafe state.pointee.places[fd].hasEnded ? .closed : .wouldBlock
    }

    package mutating func receiveUnlessInterrupted(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        // SAFETY: the caller's buffer is handed on as it came.
        unsafe try receive(from: descriptor, into: buffer)
    }

    @inline(always)
    package mutating func send(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor
    ) throws(SystemError) -> Sent {
        precondition(!bytes.isEmpty, "nothing to send")
        let fd = descriptor.raw
        if unsafe state.pointee.places[fd].error != 0 {
            throw unsafe SystemError("send", code: state.pointee.places[fd].error)
        }
        let taken = unsafe state.pointee.send(bytes, to: fd)
        return taken > 0 ? .bytes(taken) : .wouldBlock
    }

    package mutating func finishSending(on descriptor: borrowing Descriptor) {
        unsafe state.pointee.finishSending(on: descriptor.raw)
    }

    package mutating func unacknowledged(on descriptor: borrowing Descriptor) -> Int {
        let waiting = unsafe state.pointee.places[descriptor.raw].output.count
        return kernel.unacknowledged(on: descriptor) + waiting
    }

    /// What has arrived until now is here, so that a receive finds it.
    package mutating func unread(on descriptor: borrowing Descriptor) -> Int {
        unsafe state.pointee.settle()
        return kernel.unread(on: descriptor) + inputCount(of: descriptor)
    }

    package mutating func set(
        _ option: TransferOption, _ isOn: Bool, on descriptor: borrowing Descriptor
    ) throws(SystemError) {
        // What belongs under the cork must have gone before it is taken out.
        if option == .cork, !isOn { unsafe state.pointee.settle() }
        try kernel.set(option, isOn, on: descriptor)
    }

    /// Bytes of a connection that have come and that nobody has taken.
    func inputCount(of descriptor: borrowing Descriptor) -> Int {
        unsafe state.pointee.places[descriptor.raw].input.count
    }

    // MARK: connections

    package mutating func accept(
        on listener: borrowing Descriptor
    ) throws(SystemError) -> Descriptor? {
        let fd = listener.raw
        if let next = unsafe state.pointee.takeAccepted(from: fd) { return Descriptor(raw: next) }
        guard unsafe state.pointee.has(fd) else { return try acceptAtOnce(on: listener) }
        unsafe state.pointee.settle()
        if let next = unsafe state.pointee.takeAccepted(from: fd) { return Descriptor(raw: next) }
        // Where the ring has been told that it can't be, this says why.
        return unsafe state.pointee.places[fd].isBringing ? nil : try acceptAtOnce(on: listener)
    }

    /// What waits at a listener that blocks.
    private mutating func acceptAtOnce(
        on listener: borrowing Descriptor
    ) throws(SystemError) -> Descriptor? {
        kernel.counts.other &+= 1
        guard Socket.hasWaiting(listener) else { return nil }
        guard let descriptor = try kernel.accept(on: listener) else { return nil }
        try Socket.makeBlocking(descriptor)
        return descriptor
    }

    package mutating func control(
        _ poller: borrowing Poller, _ change: Poller.Change, _ descriptor: borrowing Descriptor,
        interest: Interest, token: UInt64
    ) throws(SystemError) {
        try unsafe state.pointee.begin()
        let fd = descriptor.raw
        switch change {
        // A listener is told of by levels, a connection by edges.
        case .add where interest.contains(.edge):
            unsafe state.pointee.watch(connection: fd, interest: interest, token: token)
        case .add: unsafe state.pointee.watch(listener: fd, token: token)
        case .modify: unsafe state.pointee.change(fd, interest: interest)
        case .remove: unsafe state.pointee.unwatch(listener: fd)
        }
    }

    package mutating func close(_ descriptor: consuming Descriptor) {
        if unsafe state.pointee.has(descriptor.raw) {
            unsafe state.pointee.close(descriptor.release())
        } else {
            kernel.close(descriptor)
        }
    }

    // MARK: waiting

    package mutating func wait(
        on poller: borrowing Poller, for events: inout EventBuffer, timeout: Nanoseconds?
    ) throws(SystemError) {
        try unsafe state.pointee.wait(on: poller, for: &events, timeout: timeout)
        kernel.counts.ready &+= UInt64(events.count)
    }

    package mutating func finish() { unsafe state.pointee.finish() }
}
