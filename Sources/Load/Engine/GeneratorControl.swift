package import Basis
package import Platform
import Secure
import Synchronization

/// What a generator thread and the coordinator say to each other. Looked at every few milliseconds,
/// never for a request.
package final class GeneratorControl: Sendable {
    /// How far a thread has come.
    package enum Phase: UInt8, AtomicRepresentable, Sendable {
        case connecting, ready, warmUp, measuring, draining, finished
    }

    private let phaseNow = Atomic(Phase.connecting)
    /// Zero until the coordinator has set the start.
    private let startRaw = Atomic<Int64>(0)
    private let stopAsked = Atomic(false)
    private let endAsked = Atomic(false)
    private let countsAsked = Atomic(false)
    private let refusal = Guarded<(reason: OpeningRefusal, address: SocketAddress?)?>(nil)
    private let connected = Atomic(0)
    private let mailbox = Guarded(Interval())

    /// What the thread counted since the coordinator last collected.
    private struct Interval: ~Copyable, Sendable {
        var tally = LoadTally()
        /// When the thread handed it over; nil when there is nothing to collect.
        var offered: Instant?
    }

    package init() {}

    // The coordinator's side.

    package var phase: Phase { phaseNow.load(ordering: .acquiring) }
    /// Connections established so far, while connecting.
    package var established: Int { connected.load(ordering: .relaxed) }
    /// Why no connection could be made before the start.
    package var openingRefusal: OpeningRefusal? { refusal.withLock { $0?.reason } }
    /// At which address; nil where it was at none.
    package var refusingAddress: SocketAddress? { refusal.withLock { $0?.address } }

    /// Lets the warm-up begin at `start`.
    package func begin(at start: Instant) { startRaw.store(start.raw, ordering: .releasing) }

    /// Ends the measured window as soon as the thread looks.
    package func stop() { stopAsked.store(true, ordering: .relaxed) }

    /// Ends the wait for answers as soon as the thread looks, after `stop`.
    package func endWait() { endAsked.store(true, ordering: .relaxed) }

    /// Asks the thread to hand over what it has counted, which it does within `Limit.tickLongest`.
    package func askForCounts() { countsAsked.store(true, ordering: .relaxed) }

    /// Adds what the thread handed over since the last collection to `total`, and says when it did.
    @discardableResult
    package func collect(into total: inout LoadTally) -> Instant? {
        mailbox.withLock { interval in
            guard let offered = interval.offered else { return nil }
            total.add(interval.tally)
            interval.tally.reset()
            interval.offered = nil
            return offered
        }
    }

    // The thread's side.

    func enter(_ phase: Phase) { phaseNow.store(phase, ordering: .releasing) }
    /// The thread can't do its work at all.
    package func fail(_ error: SystemError) {
        report(.refused(.system(error)))
        enter(.finished)
    }

    func report(established count: Int) { connected.store(count, ordering: .relaxed) }
    func report(_ reason: OpeningRefusal, at address: SocketAddress? = nil) {
        refusal.withLock { $0 = $0 ?? (reason, address) }
    }

    var start: Instant? {
        let raw = startRaw.load(ordering: .acquiring)
        return raw == 0 ? nil : Instant(raw: raw)
    }
    var isStopAsked: Bool { stopAsked.load(ordering: .relaxed) }
    var isEndAsked: Bool { endAsked.load(ordering: .relaxed) }
    var areCountsAsked: Bool { countsAsked.load(ordering: .relaxed) }

    /// Exchanges `tally` for an empty one. Where the coordinator has not yet collected the last
    /// one, says no, and counting goes on in the same.
    func offer(_ tally: inout LoadTally, at now: Instant) -> Bool {
        mailbox.withLock { interval in
            if interval.offered != nil { return false }
            swap(&interval.tally, &tally)
            interval.offered = now
            countsAsked.store(false, ordering: .relaxed)
            return true
        }
    }
}
