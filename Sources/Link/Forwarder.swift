import Basis
import Measure
import Platform

/// Carries packets from either side to the other until it is told to stop.
struct Forwarder: ~Copyable {
    /// What it has done, both ways.
    struct Outcome: Sendable {
        var ways: [Way] = []
        /// Whether it ran before all others (sched(7)).
        var isFirst = false
        /// CPU time that it took.
        var cpu = Nanoseconds.zero
    }

    /// One direction, at the end.
    struct Way: Sendable {
        let direction: Direction
        var counts: DirectionCounts
        let lateness: LatencySummary
    }

    private enum Token {
        static let near: UInt64 = 0
        static let far: UInt64 = 1
    }

    private let ports: LinkNetwork.Ports
    private let longest: Int
    private var forth: DelayLine
    private var back: DelayLine
    private let poller: Poller
    private var events = EventBuffer()
    private var kernel = LinuxKernel()

    init(_ ports: consuming LinkNetwork.Ports, _ settings: LinkSettings) throws(SystemError) {
        let poller = try Poller()
        try ports.near.watch(with: poller, token: Token.near)
        try ports.far.watch(with: poller, token: Token.far)
        self.poller = poller
        longest = Limit.packet.raw + ports.near.headLength
        forth = DelayLine(Channel(settings, .forth), headLength: ports.near.headLength)
        back = DelayLine(Channel(settings, .back), headLength: ports.far.headLength)
        self.ports = ports
    }

    /// Works until `stop` is woken.
    mutating func run(until stop: borrowing Waker) throws(SystemError) -> Outcome {
        try poller.add(stop, token: .max)
        // The timers' own allowance of 50 us would be most of the error (prctl(2)).
        Thread.setTimerSlack(Nanoseconds(raw: 1))
        let isFirst = Thread.runFirst()
        while try turn() {}
        return outcome(isFirst: isFirst)
    }

    /// False once the end was asked for.
    private mutating func turn() throws(SystemError) -> Bool {
        var now = MonotonicClock.now
        now = Self.sendDue(of: &forth, to: ports.far, at: now)
        now = Self.sendDue(of: &back, to: ports.near, at: now)
        let next = min(forth.nextDue ?? .distantFuture, back.nextDue ?? .distantFuture)
        try kernel.wait(
            on: poller, for: &events,
            timeout: next == .distantFuture ? nil : max(.zero, next.since(now)))
        for index in events.indices {
            switch events[index].token {
            case Token.near: try Self.take(from: ports.near, into: &forth, longest)
            case Token.far: try Self.take(from: ports.far, into: &back, longest)
            default: return false
            }
        }
        return true
    }

    /// Sends what is due, at most as many as came in a turn; says what time it is then.
    private static func sendDue(
        of line: inout DelayLine, to port: borrowing PacketPort, at start: Instant
    ) -> Instant {
        var now = start
        for _ in 0..<Limit.packetsInTurn {
            let sent = line.release(at: now) { packet in
                let isTaken = port.write(packet)
                return (MonotonicClock.now, isTaken)
            }
            guard let sent else { break }
            now = sent
        }
        return now
    }

    private static func take(
        from port: borrowing PacketPort, into line: inout DelayLine, _ longest: Int
    ) throws(SystemError) {
        for _ in 0..<Limit.packetsInTurn {
            var isEmpty = false
            try line.admit(at: MonotonicClock.now) { queue throws(SystemError) -> Int? in
                switch try port.read(into: &queue, longest: longest) {
                case .packet(let length): return length
                case .unusable: return nil
                case .nothing:
                    isEmpty = true
                    return nil
                }
            }
            if isEmpty { return }
        }
    }

    private func outcome(isFirst: Bool) -> Outcome {
        var there = forth.counts
        there.missed = ports.near.dropped
        var here = back.counts
        here.missed = ports.far.dropped
        return Outcome(
            ways: [
                Way(direction: .forth, counts: there, lateness: LatencySummary(forth.lateness)),
                Way(direction: .back, counts: here, lateness: LatencySummary(back.lateness)),
            ], isFirst: isFirst, cpu: CPUClock.thisThread)
    }
}
