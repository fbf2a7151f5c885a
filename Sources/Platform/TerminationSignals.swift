import CLinux
import Glibc

/// SIGTERM, SIGINT and SIGHUP as something to poll (signalfd(2)) instead of a handler that may run
/// anywhere. SIGHUP is left alone where it is ignored, as under nohup(1).
package struct TerminationSignals: ~Copyable {
    private let source: Descriptor

    /// Blocks the signals in the calling thread and those it starts later; call it first in
    /// `main`.
    package init() throws(SystemError) {
        let blocked = clinux_block_term_signals()
        if blocked != 0 { throw SystemError("pthread_sigmask", code: blocked) }
        source = Descriptor(raw: try checked("signalfd") { clinux_signalfd_term() })
    }

    /// What the user or the system asks for. A terminal that closes (SIGHUP) asks to terminate.
    package enum Signal: Equatable, Sendable { case terminate, interrupt }

    /// The next pending signal, without waiting.
    package func next() -> Signal? {
        let signal = clinux_next_signal(source.raw)
        if signal < 0 { return nil }
        return signal == SIGINT ? .interrupt : .terminate
    }

    /// Registers with `poller` under `token`.
    package func watch(with poller: borrowing Poller, token: UInt64) throws(SystemError) {
        try poller.add(source, interest: .readable, token: token)
    }
}
