import Basis
import CRing
import Glibc

/// An io_uring(7) of one thread, with buffers that the kernel fills as bytes come.
///
/// What is asked for goes to the kernel with the next `enter`; every request has a tag, by which
/// its completions are known. It is made disabled, by whoever starts the thread, and enabled by the
/// thread itself.
@safe
package struct CompletionRing: ~Copyable, @unchecked Sendable {
    // SAFETY, throughout: the ring is owned from `init` to `deinit`, and one thread at a time calls
    // it: the one that starts the loop, then the loop, then whoever has waited for its end.
    private let ring: OpaquePointer

    /// What became of a request.
    struct Completion: BitwiseCopyable {
        let tag: UInt64
        /// What the call would have returned, or a negated errno.
        let result: CInt
        /// Which of the ring's buffers holds the bytes; below zero where none does.
        let buffer: CInt
        /// Whether more completions of the same request follow.
        let hasMore: Bool
        /// Of a receive: whether something was left in the socket behind what it brought.
        let hasRest: Bool
    }

    /// - Throws: EINVAL before Linux 6.1, EPERM where io_uring is disabled (sysctl
    ///   kernel.io_uring_disabled), ENOSYS where it was left out.
    package init() throws(SystemError) {
        guard
            let opened = unsafe cring_open(
                Limit.ringEntries, Limit.ringBuffers, Limit.ringBufferBytes)
        else { throw SystemError("io_uring_setup") }
        unsafe ring = opened
    }

    deinit { unsafe cring_close(ring) }

    /// Ends the ring, so that the kernel reads and writes nothing any more.
    func stop() { unsafe cring_stop(ring) }

    /// By the thread that alone uses the ring from now on.
    func enable() throws(SystemError) {
        if unsafe cring_enable(ring) < 0 { throw SystemError("io_uring_register") }
    }

    /// Calls of io_uring_enter(2) so far.
    @inline(always)
    var calls: UInt64 { unsafe cring_calls(ring) }

    // MARK: requests; false where the kernel takes none before completions have been taken

    func accept(on listener: CInt, tag: UInt64) -> Bool {
        unsafe cring_accept(ring, listener, tag) == 0
    }

    func receive(from descriptor: CInt, tag: UInt64) -> Bool {
        unsafe cring_receive(ring, descriptor, tag) == 0
    }

    /// All of the bytes are sent, or it is an error. They stay where they are until the completion.
    func send(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: CInt, tag: UInt64) -> Bool {
        unsafe cring_send(ring, descriptor, bytes.baseAddress, bytes.count, tag) == 0
    }

    /// Completes each time the poller has something to report.
    func watch(_ poller: borrowing Poller, tag: UInt64) -> Bool {
        unsafe cring_poll(ring, poller.descriptor.raw, tag) == 0
    }

    func cancel(_ other: UInt64, tag: UInt64) -> Bool {
        unsafe cring_cancel(ring, other, tag) == 0
    }

    func close(_ descriptor: CInt, tag: UInt64) -> Bool {
        unsafe cring_close_file(ring, descriptor, tag) == 0
    }

    func finishSending(on descriptor: CInt, tag: UInt64) -> Bool {
        unsafe cring_finish_sending(ring, descriptor, tag) == 0
    }

    // MARK: completions

    /// Hands in what was asked for and waits for a completion, at the latest until the time is
    /// over; nil waits for ever.
    func enter(timeout: Nanoseconds?) throws(SystemError) {
        let limit = timeout.map { max(0, $0.raw) } ?? -1
        // The kernel has more completions than it has room for: they are to be taken first.
        if unsafe cring_enter(ring, limit) < 0, errno != EBUSY, errno != EAGAIN {
            throw SystemError("io_uring_enter")
        }
    }

    /// Takes the oldest completion.
    @inline(always)
    func next() -> Completion? {
        var completion = cring_completion()
        if unsafe cring_next(ring, &completion) == 0 { return nil }
        return Completion(
            tag: completion.tag, result: completion.result, buffer: completion.buffer,
            hasMore: completion.has_more != 0, hasRest: completion.has_rest != 0)
    }

    /// Moves what a completion brought behind `queue`, and gives its buffer back.
    @inline(always)
    func move(_ completion: Completion, to queue: inout ByteQueue) {
        // SAFETY: the kernel has written `result` bytes into the buffer, which is this program's
        // until it is given back.
        let bytes = unsafe UnsafeRawBufferPointer(
            start: cring_buffer(ring, completion.buffer), count: Int(max(0, completion.result)))
        unsafe queue.append(bytes.bindMemory(to: UInt8.self).span)
        giveBack(completion)
    }

    func giveBack(_ completion: Completion) { unsafe cring_give_back(ring, completion.buffer) }
}
