import CLinux
import Glibc

/// The terminal behind the standard input, whose keys (Ctrl-C, Ctrl-Z) send signals to one group of
/// processes, the one in its foreground (credentials(7), tcsetpgrp(3)).
package struct ControllingTerminal: Sendable {
    let descriptor = STDIN_FILENO

    /// Nil unless this program's group is in the foreground of one.
    package init?() {
        guard tcgetpgrp(descriptor) == getpgrp() else { return nil }
    }

    /// Whether this program's group is in the foreground.
    package var isOwn: Bool { tcgetpgrp(descriptor) == getpgrp() }

    /// Puts this program's own group into the foreground, or that of `child`.
    package func takeBack() { _ = clinux_set_foreground(descriptor, getpgrp()) }
    package func lend(to child: borrowing ChildProcess) {
        _ = clinux_set_foreground(descriptor, child.processID)
    }

    /// Stops this program's whole group, as Ctrl-Z would have; returns when somebody lets it go on.
    package func stopGroup() { kill(0, SIGTSTP) }
}

/// Tells by a descriptor that a child has ended or was stopped (SIGCHLD), instead of by a handler.
package struct ChildSignals: ~Copyable {
    private let source: Descriptor

    /// Blocks the signal in the calling thread and those it starts later.
    package init() throws(SystemError) {
        source = Descriptor(raw: try checked("signalfd") { clinux_signalfd_child() })
    }

    /// Forgets what was told so far.
    package func take() { while clinux_next_signal(source.raw) >= 0 {} }

    /// Registers with `poller` under `token`.
    package func watch(with poller: borrowing Poller, token: UInt64) throws(SystemError) {
        try poller.add(source, interest: .readable, token: token)
    }
}
