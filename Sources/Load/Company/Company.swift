import Basis
package import Platform
package import Report
import Secure

/// Connections beside the measured ones, on a thread of their own: they load the server in their
/// way, are opened before the load and counted when it is over, and no latency is taken of them.
///
/// One that the server ends is not made again, for how many it leaves is what is asked.
package struct Company<K: Kernel, Time: TimeSource>: ~Copyable {
    private struct Peer {
        /// Nil before it is opened, and once it has ended.
        var socket: OwnedSocket?
        var isOpen = false
        var sent = 0
    }

    /// Closed when nobody has it any more.
    private final class OwnedSocket {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    private let script: CompanyScript
    private let plan: GeneratorPlan
    private let control: CompanyControl
    private let time: Time
    private let poller: Poller
    private let buffer = ReceiveBuffer()
    private var kernel: K
    private var events = EventBuffer()
    private var peers: [Peer]
    private var report: CompanyReport
    private var now: Instant
    private var opening = 0
    private var unopened = 0
    private var made = 0
    /// When the last one was made.
    private var lastMade: Instant
    /// The act that is due next, of all that the peers make in turn, and when it is.
    private var act = 0
    private var nextAct = Instant.distantFuture
    /// From one act to the next, of whichever peer, in nanoseconds.
    private let step: Double
    private var origin = Instant(raw: 0)

    /// - Parameter plan: where connections go, from where, and how long one may take.
    package init(
        _ script: CompanyScript, plan: GeneratorPlan, control: CompanyControl, kernel: K,
        time: Time
    ) throws(SystemError) {
        let poller = try Poller()
        try control.watch(with: poller, token: Self.stopToken)
        self.script = script
        self.plan = plan
        self.control = control
        self.kernel = kernel
        self.time = time
        self.poller = poller
        peers = Array(repeating: Peer(), count: script.connections)
        report = CompanyReport(kind: script.kind, connections: script.connections)
        step = Double(script.period?.raw ?? 0) / Double(script.connections)
        now = time.now
        lastMade = now
    }

    private static var stopToken: UInt64 { .max }

    /// Opens all connections and keeps them until it is told to stop; nil when that could not be.
    package mutating func run() -> CompanyReport? {
        while made < script.connections {
            if control.openingRefusal != nil || control.isStopAsked { return nil }
            openMore()
            wait(until: now + Limit.companyStep)
            if now.since(lastMade) > plan.timeout { control.report(.tookTooLong) }
            control.report(established: made)
        }
        origin = now
        if script.period != nil { nextAct = origin }
        control.enterReady()
        while !control.isStopAsked {
            while nextAct <= now { actNext() }
            // Acts that are due within a step are made together.
            wait(until: max(now + Limit.companyStep, min(nextAct, now + Limit.companyLook)))
        }
        // What has happened until now still counts, at most once for each.
        var looks = peers.count
        repeat {
            wait(until: now)
            looks -= 1
        } while events.count > 0 && looks > 0
        for index in 0..<peers.count where peers[index].isOpen {
            report.open += 1
            close(index)
        }
        return report
    }

    // MARK: Opening

    private mutating func openMore() {
        while unopened < peers.count, opening < Limit.connectsInProgress {
            do throws(SystemError) {
                try open(unopened)
                unopened += 1
            } catch {
                // A Unix listener whose queue is full refuses at once (connect(2), EAGAIN).
                if error.wouldBlock, plan.destination.isUnix { return }
                control.report(.refused(.system(error)))
                return
            }
        }
    }

    private mutating func open(_ index: Int) throws(SystemError) {
        let source = plan.sources.isEmpty ? nil : plan.sources[index % plan.sources.count]
        let socket = try Socket.client(
            for: plan.destination, from: source, sendsAtOnce: true, resetsOnClose: plan.resets,
            receiveBuffer: script.receiveBuffer)
        let isConnected = try kernel.connect(socket, to: plan.destination)
        try kernel.control(
            poller, .add, socket, interest: isConnected ? interest : .writable,
            token: UInt64(index))
        peers[index].socket = OwnedSocket(socket)
        if isConnected { stands(index) } else { opening += 1 }
    }

    /// What is waited for on a connection that stands: who acts learns by that of all but the end.
    private var interest: Interest { script.period == nil ? .readable : .interruption }

    private mutating func stands(_ index: Int) {
        peers[index].isOpen = true
        made += 1
        lastMade = now
    }

    private mutating func finishOpening(_ index: Int) {
        opening -= 1
        do throws(SystemError) {
            guard let socket = peers[index].socket else { return }
            try kernel.connectOutcome(of: socket.descriptor)
            try kernel.control(
                poller, .modify, socket.descriptor, interest: interest, token: UInt64(index))
        } catch {
            control.report(.refused(.system(error)))
            return
        }
        stands(index)
    }

    // MARK: Acts

    private mutating func actNext() {
        let index = act % peers.count
        act += 1
        nextAct = origin + Nanoseconds(raw: Int64(Double(act) * step))
        if !peers[index].isOpen { return }
        if send(index), script.receiveBytes > 0 { receive(index, upTo: script.receiveBytes) }
    }

    /// Sends what is due; false where that has ended the connection.
    private mutating func send(_ index: Int) -> Bool {
        let bytes = script.bytes(behind: peers[index].sent)
        if bytes.isEmpty { return true }
        do throws(SystemError) {
            guard let socket = peers[index].socket else { return false }
            let sent = try kernel.send(bytes.span, to: socket.descriptor).count
            peers[index].sent += sent
            report.bytesWritten += Int64(sent)
            return true
        } catch {
            close(index)
            return false
        }
    }

    private mutating func receive(_ index: Int, upTo limit: Int) {
        // SAFETY: `room` is memory of the buffer, of which a beginning is lent for the call.
        let room = unsafe UnsafeMutableRawBufferPointer(
            rebasing: buffer.room(after: 0).prefix(limit))
        do throws(SystemError) {
            guard let socket = peers[index].socket else { return }
            switch try unsafe kernel.receive(from: socket.descriptor, into: room) {
            case .bytes(let count): report.bytesRead += Int64(count)
            case .wouldBlock: break
            case .closed: close(index)
            }
        } catch {
            close(index)
        }
    }

    /// The connection is over, by the server's doing or at the end.
    private mutating func close(_ index: Int) {
        peers[index].isOpen = false
        peers[index].socket = nil
    }

    // MARK: Events

    private mutating func wait(until instant: Instant) {
        let timeout = Nanoseconds(raw: max(0, instant.raw &- now.raw))
        do throws(SystemError) {
            try kernel.wait(on: poller, for: &events, timeout: timeout)
        } catch {
            // epoll_wait(2) fails only for wrong arguments.
            preconditionFailure("a wait was refused: \(error)")
        }
        now = time.now
        for position in events.indices where events[position].token != Self.stopToken {
            handle(events[position])
        }
    }

    private mutating func handle(_ event: Event) {
        let index = Int(event.token)
        // It may have ended earlier in this round.
        guard peers[index].socket != nil else { return }
        if !peers[index].isOpen {
            finishOpening(index)
        } else if script.period == nil {
            receive(index, upTo: Limit.receiveBytes)
        } else if event.isInterrupted {
            close(index)
        }
    }
}
