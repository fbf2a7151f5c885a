import Basis
import Platform

/// The forwarder on a thread of its own: the programs that are started must not inherit how its
/// timers and its turns are set.
final class ForwarderThread: Sendable {
    private let stop: Waker
    /// Woken when the forwarder has ended by itself, which only a failure brings about.
    private let failure: Waker
    private let outcome = Guarded<Result<Forwarder.Outcome, SystemError>?>(nil)
    private let thread = Guarded<Handover<Platform.Thread>?>(nil)

    init(_ ports: consuming LinkNetwork.Ports, _ settings: LinkSettings) throws(SystemError) {
        stop = try Waker()
        failure = try Waker()
        let forwarder = Handover(try Forwarder(ports, settings))
        let handover = Handover(
            try Platform.Thread(named: "forwarder") { [self] in
                do throws(SystemError) {
                    var forwarder = forwarder.take()
                    let result = try forwarder.run(until: stop)
                    outcome.withLock { $0 = .success(result) }
                } catch {
                    outcome.withLock { $0 = .failure(error) }
                    failure.wake()
                }
            })
        thread.withLock { $0 = handover }
    }

    /// Registers the end of a forwarder that fails.
    func watchFailure(with poller: borrowing Poller, token: UInt64) throws(SystemError) {
        try poller.add(failure, token: token)
    }

    /// Ends the forwarder; what it did, or why it failed.
    func end() -> Result<Forwarder.Outcome, SystemError> {
        stop.wake()
        thread.withLock { $0.take() }?.take().join()
        return outcome.withLock { $0 } ?? .success(Forwarder.Outcome())
    }
}
