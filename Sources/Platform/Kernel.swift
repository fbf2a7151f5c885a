package import Basis
import CLinux
import Glibc

/// What a read brought.
package enum Received: Equatable, Sendable {
    case bytes(Int)
    case wouldBlock
    /// The peer ended its half in order (recv(2) returned 0).
    case closed
}

/// How much of a write the kernel took.
package enum Sent: Equatable, Sendable {
    case bytes(Int)
    case wouldBlock

    /// The bytes taken, none when it would block.
    @inline(always)
    package var count: Int {
        switch self {
        case .bytes(let count): count
        case .wouldBlock: 0
        }
    }
}

/// System calls by kind, as the loops made them. Plain counters of one thread.
package typealias SyscallCounts = CallCounts<UInt64>

/// The system calls of the event loops, as a generic parameter, so that a test can make the N-th
/// fail.
///
/// Errors that only a bug of ours can cause (EBADF, EFAULT, ENOTSOCK, EINVAL on a plain transfer)
/// stop the program; EINTR is retried here; "would block" is a value; the rest is thrown.
package protocol Kernel: Sendable {
    var counts: SyscallCounts { get set }

    /// Whether a receive may wait, so that it is later than before when it returns.
    static var blocks: Bool { get }

    /// recv(2) into `buffer`, which has room for at least one byte.
    mutating func receive(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received

    /// The same on a descriptor that blocks; "would block" where a signal ended the call, or the
    /// longest time that it may take.
    mutating func receiveUnlessInterrupted(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received

    /// send(2) with MSG_NOSIGNAL. `bytes` is not empty.
    mutating func send(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor
    ) throws(SystemError) -> Sent

    /// accept4(2), non-blocking and close-on-exec; nil when no connection waits. Connections that
    /// were already reset are skipped (ECONNABORTED, EPROTO).
    mutating func accept(on listener: borrowing Descriptor) throws(SystemError) -> Descriptor?

    /// epoll_pwait2(2): fills `events`, at the latest after `timeout` (nil waits for ever).
    mutating func wait(
        on poller: borrowing Poller, for events: inout EventBuffer, timeout: Nanoseconds?
    ) throws(SystemError)

    /// ppoll(2) of one descriptor, for threads that serve one: the event, with `token`; nil where
    /// none came within `timeout`, or `waker` was woken.
    mutating func wait(
        for interest: Interest, of descriptor: borrowing Descriptor, token: UInt64,
        wokenBy waker: borrowing Waker, timeout: Nanoseconds
    ) throws(SystemError) -> Event?

    /// epoll_ctl(2).
    mutating func control(
        _ poller: borrowing Poller, _ change: Poller.Change, _ descriptor: borrowing Descriptor,
        interest: Interest, token: UInt64
    ) throws(SystemError)

    /// Begins a connection; true when it is established at once, false when it is in progress and
    /// becomes writable with its outcome in `connectOutcome`.
    mutating func connect(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) -> Bool

    /// How a connect in progress ended (SO_ERROR).
    mutating func connectOutcome(of descriptor: borrowing Descriptor) throws(SystemError)

    /// How the connection was opened (tcp(7), TCP_INFO).
    mutating func opening(of descriptor: borrowing Descriptor) -> TCPOpening

    /// Begins a connection whose connect waits for the first data (TCP_FASTOPEN_CONNECT), without
    /// any. It goes on like one in progress.
    mutating func connectWithoutData(_ descriptor: borrowing Descriptor) throws(SystemError)

    /// close(2).
    mutating func close(_ descriptor: consuming Descriptor)

    /// How many bytes that were sent the peer has not acknowledged (tcp(7), SIOCOUTQ); none where
    /// the kernel does not say.
    mutating func unacknowledged(on descriptor: borrowing Descriptor) -> Int

    /// How many bytes that have arrived wait for a receive (tcp(7), SIOCINQ); none where the kernel
    /// does not say.
    mutating func unread(on descriptor: borrowing Descriptor) -> Int

    /// setsockopt(2) of what a transfer needs of a TCP connection.
    mutating func set(
        _ option: TransferOption, _ isOn: Bool, on descriptor: borrowing Descriptor
    ) throws(SystemError)

    /// shutdown(2) of the sending half.
    mutating func finishSending(on descriptor: borrowing Descriptor)

    /// Adds one to an eventfd(2), waking its poller.
    mutating func wake(_ waker: borrowing Waker)

    /// At the end of a loop: does what was asked for and is still to be done. Nothing is asked for
    /// afterwards.
    mutating func finish()
}

extension Kernel {
    @inline(always)
    package static var blocks: Bool { false }

    package mutating func finish() {}
}

/// The real system calls of this machine, counted.
package struct LinuxKernel: Kernel {
    package var counts = SyscallCounts()

    package init() {}

    @inline(always)
    package mutating func receive(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        precondition(buffer.count > 0, "a read of no bytes would look like a close")
        while true {
            counts.receive &+= 1
            // SAFETY: recv(2) writes at most `buffer.count` bytes at the address it is given.
            let got = unsafe clinux_receive(descriptor.raw, buffer.baseAddress!, buffer.count)
            if got > 0 { return .bytes(got) }
            if got == 0 { return .closed }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: throw refusal("recv")
            }
        }
    }

    package mutating func receiveUnlessInterrupted(
        from descriptor: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Received {
        precondition(buffer.count > 0, "a read of no bytes would look like a close")
        counts.receive &+= 1
        // SAFETY: recv(2) writes at most `buffer.count` bytes at the address it is given.
        let got = unsafe clinux_receive(descriptor.raw, buffer.baseAddress!, buffer.count)
        if got > 0 { return .bytes(got) }
        if got == 0 { return .closed }
        if errno == EINTR || errno == EAGAIN { return .wouldBlock }
        throw refusal("recv")
    }

    @inline(always)
    package mutating func send(
        _ bytes: Span<UInt8>, to descriptor: borrowing Descriptor
    ) throws(SystemError) -> Sent {
        precondition(!bytes.isEmpty, "nothing to send")
        while true {
            counts.send &+= 1
            // SAFETY: send(2) reads `count` bytes from the span's memory, which outlives the call.
            let taken = unsafe bytes.withUnsafeBufferPointer {
                unsafe clinux_send(descriptor.raw, $0.baseAddress!, $0.count)
            }
            if taken >= 0 { return .bytes(taken) }
            switch errno {
            case EINTR: continue
            // The second where a Fast Open's SYN had no room for data: tcp(7), MSG_FASTOPEN.
            case EAGAIN, EINPROGRESS: return .wouldBlock
            default: throw refusal("send")
            }
        }
    }

    package mutating func accept(
        on listener: borrowing Descriptor
    ) throws(SystemError) -> Descriptor? {
        while true {
            counts.accept &+= 1
            let fd = clinux_accept(listener.raw)
            if fd >= 0 { return Descriptor(raw: fd) }
            switch errno {
            // accept(2): a connection that died in the queue, and network errors already pending on
            // the new socket, are to be treated like EAGAIN by retrying.
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTDOWN, ENONET, EHOSTUNREACH,
                ENETUNREACH,
                ENOPROTOOPT:
                continue
            case EAGAIN: return nil
            default: throw SystemError("accept4")
            }
        }
    }

    @inline(always)
    package mutating func wait(
        on poller: borrowing Poller, for events: inout EventBuffer, timeout: Nanoseconds?
    ) throws(SystemError) {
        counts.wait &+= 1
        let ready = events.fill(from: poller, timeout: timeout)
        counts.ready &+= UInt64(events.count)
        if ready >= 0 { return }
        // A signal, a debugger or SIGCONT ends a wait early with nothing ready (epoll_wait(2)).
        if errno != EINTR { throw refusal("epoll_wait") }
    }

    package mutating func wait(
        for interest: Interest, of descriptor: borrowing Descriptor, token: UInt64,
        wokenBy waker: borrowing Waker, timeout: Nanoseconds
    ) throws(SystemError) -> Event? {
        counts.wait &+= 1
        // What the two calls have in common; poll(2) knows no edges.
        let wanted = interest.intersection([.readable, .writable, .interruption])
        let ready = clinux_poll(
            descriptor.raw, CInt(wanted.rawValue), waker.raw, max(0, timeout.raw))
        if ready > 0 {
            counts.ready &+= 1
            return Event(token: token, readiness: UInt32(ready))
        }
        if ready < 0, errno != EINTR { throw refusal("poll") }
        return nil
    }

    package mutating func control(
        _ poller: borrowing Poller, _ change: Poller.Change, _ descriptor: borrowing Descriptor,
        interest: Interest, token: UInt64
    ) throws(SystemError) {
        counts.other &+= 1
        let result = clinux_epoll_control(
            poller.descriptor.raw, change.operation, descriptor.raw, interest.rawValue, token)
        if result < 0 { throw SystemError("epoll_ctl") }
    }

    package mutating func connect(
        _ descriptor: borrowing Descriptor, to address: SocketAddress
    ) throws(SystemError) -> Bool {
        counts.other &+= 1
        // SAFETY: connect(2) reads `length` bytes of an address that is lent for the call.
        let result = unsafe address.withSockaddr { pointer, length in
            unsafe Glibc.connect(descriptor.raw, pointer, length)
        }
        if result == 0 { return true }
        // connect(2): an interrupted connect goes on in the background like one in progress.
        if errno == EINPROGRESS || errno == EINTR { return false }
        throw SystemError("connect")
    }

    package mutating func connectOutcome(of descriptor: borrowing Descriptor) throws(SystemError) {
        counts.other &+= 1
        let error = clinux_pending_error(descriptor.raw)
        if error != 0 { throw SystemError("connect", code: error) }
    }

    package mutating func opening(of descriptor: borrowing Descriptor) -> TCPOpening {
        counts.other &+= 1
        let said = clinux_tcp_opening(descriptor.raw)
        if said < 0 { return TCPOpening(state: .ended, carriedData: false) }
        let carriedData = said & CInt(CLINUX_SYN_DATA) != 0
        switch said & 0xFF {
        case CInt(CLINUX_SYN_SENT): return TCPOpening(state: .underWay, carriedData: carriedData)
        case CInt(CLINUX_TCP_CLOSED): return TCPOpening(state: .ended, carriedData: carriedData)
        default: return TCPOpening(state: .done, carriedData: carriedData)
        }
    }

    package mutating func connectWithoutData(
        _ descriptor: borrowing Descriptor
    ) throws(SystemError) {
        counts.send &+= 1
        // SAFETY: send(2) of no bytes reads none.
        let result = unsafe clinux_send(descriptor.raw, "", 0)
        if result < 0, errno != EINPROGRESS, errno != EAGAIN, errno != EINTR {
            throw SystemError("connect")
        }
    }

    package mutating func close(_ descriptor: consuming Descriptor) {
        counts.other &+= 1
        // Linux gives the number back even when close(2) reports an error; there is nothing to
        // retry.
        _ = Glibc.close(descriptor.release())
    }

    package mutating func unacknowledged(on descriptor: borrowing Descriptor) -> Int {
        counts.other &+= 1
        return max(0, Int(clinux_unacknowledged(descriptor.raw)))
    }

    package mutating func unread(on descriptor: borrowing Descriptor) -> Int {
        counts.other &+= 1
        return max(0, Int(clinux_unread(descriptor.raw)))
    }

    package mutating func set(
        _ option: TransferOption, _ isOn: Bool, on descriptor: borrowing Descriptor
    ) throws(SystemError) {
        counts.other &+= 1
        let name = option == .cork ? TCP_CORK : TCP_QUICKACK
        let result = clinux_set_option(descriptor.raw, CInt(IPPROTO_TCP), name, isOn ? 1 : 0)
        if result < 0 { throw SystemError("setsockopt") }
    }

    package mutating func finishSending(on descriptor: borrowing Descriptor) {
        counts.other &+= 1
        _ = Glibc.shutdown(descriptor.raw, CInt(SHUT_WR))
    }

    package mutating func wake(_ waker: borrowing Waker) {
        counts.other &+= 1
        waker.wake()
    }

    @inline(never)
    private func refusal(_ call: StaticString) -> SystemError {
        let error = SystemError(call)
        precondition(
            error.code != EBADF && error.code != EFAULT && error.code != ENOTSOCK
                && error.code != EINVAL,
            "\(call): \(error.reason): the program mishandled a descriptor or a buffer")
        return error
    }
}
