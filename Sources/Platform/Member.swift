package import Basis
import CLinux
import Glibc

/// Another process of this program, which goes on from where it was forked (fork(2)), and a way to
/// talk to it.
package final class Member {
    package let processID: Int32
    package let channel: MessageChannel
    /// Readable once the process has ended.
    private let handle: Descriptor
    private var hasEnded = false

    /// Forks. `body` is what the other process does, with its end of the way; what it returns is
    /// the process's status. Only while this process has one thread.
    package init(
        _ body: (borrowing MessageChannel) -> Int32
    ) throws(SystemError) {
        var far: MessageChannel?
        let near = try MessageChannel(other: &far)
        let child = clinux_fork()
        if child < 0 { throw SystemError("fork") }
        if child == 0 {
            // The other end, of the first process: with it open here too, nobody would hear of its
            // death.
            _ = consume near
            let status = body(far.take()!)
            // Nothing that this process has inherited is undone by it.
            _exit(status)
        }
        processID = child
        channel = near
        _ = far.take()
        let raw = clinux_process_handle(child)
        guard raw >= 0 else {
            let error = SystemError("pidfd_open")
            kill(child, SIGKILL)
            clinux_reap(child)
            throw error
        }
        handle = Descriptor(raw: raw)
    }

    deinit {
        if !hasEnded {
            kill(processID, SIGKILL)
            clinux_reap(processID)
        }
    }

    /// Registers the process's end with `poller` under `token`.
    package func watchEnd(with poller: borrowing Poller, token: UInt64) throws(SystemError) {
        try poller.add(handle, interest: .readable, token: token)
    }

    /// Waits for the process to end, and ends it where that takes longer than `patience`. Says
    /// whether it ended well.
    package func wait(within patience: Nanoseconds) -> Bool {
        if !handle.awaitInput(until: MonotonicClock.now + patience) { kill(processID, SIGKILL) }
        var status: CInt = 0
        // SAFETY: waitpid(2) fills the status.
        while unsafe waitpid(processID, &status, 0) < 0, errno == EINTR {}
        hasEnded = true
        return status == 0
    }
}
