package import Basis
package import Platform

/// What a thread does for its whole life.
protocol ThreadBody: ~Copyable, SendableMetatype {
    /// Returns when the server stops; throws when it can't go on.
    mutating func run() throws(SystemError)
}

/// The name of a thread's part in a pattern, as reports say it.
package enum Role: String, Sendable, CaseIterable {
    /// Listens, accepts, reads and works: run to completion.
    case loop
    case acceptor
    case reader
    case worker
    /// Sends what a reader has handed over.
    case sender
    /// Serves one connection at a time, by calls that block.
    case connection
}

/// What a thread is given to start with.
struct ThreadContext<K: Kernel>: Sendable {
    let role: Role
    /// Which of its role it is, from 0.
    let index: Int
    let kernel: K
    let options: ServerOptions
    let ledger: PaymentLedger
    let topics: Topics
    let stop: StopFlag
    let board: Shared<TallyBoard>
    fileprivate let crew: Crew<K>

    /// What answers on the thread.
    var responder: Responder { Responder(ledger: ledger, topics: topics) }

    /// Leaves the value to the crew, which ends it after all threads.
    func keep<Value: ~Copyable & Sendable>(_ value: Shared<Value>) { crew.keep(value) }
}

/// The threads of one server: starts them, tells them to stop, waits for them and reads their
/// tallies.
package final class Crew<K: Kernel>: Sendable {
    package let options: ServerOptions
    private let makeKernel: @Sendable () -> K
    private let ledger: PaymentLedger
    private let topics: Topics
    private let stop: StopFlag
    private let threads = Guarded<[StartedThread]>([])
    private let groups = Guarded<[ThreadGroup]>([])
    private let hooks = Guarded(Hooks())
    /// Woken when a thread can't go on.
    package let alarm: Waker
    private let firstFailure = Guarded<SystemError?>(nil)

    private struct StartedThread {
        let role: Role
        let index: Int
        let board: Shared<TallyBoard>
        let thread: Handover<Thread>
    }

    private struct Hooks {
        var whenAcceptingEnds: [@Sendable () -> Void] = []
        var whenDraining: [@Sendable () -> Void] = []
        var whenWorkersEnd: [@Sendable () -> Void] = []
        var atTheEnd: [@Sendable () -> Void] = []
    }

    init(
        options: ServerOptions, ledger: PaymentLedger, makeKernel: @escaping @Sendable () -> K
    ) throws(SystemError) {
        var options = options
        if options.cpus == nil, options.pattern.needsFixedCPUs { options.cpus = .available }
        self.options = options
        topics = Topics(takesEvents: options.pattern.takesEvents)
        self.ledger = ledger
        self.makeKernel = makeKernel
        // Before the flag: an initialiser that throws has no deinit to free it.
        alarm = try Waker()
        let stop = StopFlag()
        self.stop = stop
        hooks.withLock { $0.atTheEnd.append { stop.free() } }
    }

    /// A server whose payments are remembered by itself alone.
    package convenience init(
        options: ServerOptions, makeKernel: @escaping @Sendable () -> K
    ) throws(SystemError) {
        try self.init(options: options, ledger: PaymentLedger(), makeKernel: makeKernel)
    }

    /// A server whose start failed has threads no more, and nothing else would free what they
    /// shared.
    deinit { disband() }

    // MARK: for patterns

    /// The context of the next thread of `role`.
    func context(_ role: Role, _ index: Int) -> ThreadContext<K> {
        let board = Shared(TallyBoard())
        keep(board)
        return ThreadContext(
            role: role, index: index, kernel: makeKernel(), options: options, ledger: ledger,
            topics: topics, stop: stop, board: board, crew: self)
    }

    /// Opens a socket on each address the options name. With `addresses`, on those instead: sockets
    /// that share a port must all be bound to the one the kernel chose for the first.
    func listen(
        sharingPort: Bool = false, on addresses: [SocketAddress]? = nil
    ) throws(SystemError) -> [Listener] {
        var settings = ListenOptions()
        settings.backlog = options.backlog
        settings.sendsAtOnce = options.sendsAtOnce
        settings.sharesPort = sharingPort
        settings.takesFastOpen = options.takesFastOpen
        var listeners: [Listener] = []
        for address in addresses ?? options.listen {
            if sharingPort, addresses == nil { try Socket.checkFree(address) }
            let listener = try Listener(Socket.listen(on: address, settings))
            keep(listener.socket)
            listeners.append(listener)
        }
        return listeners
    }

    /// Starts a thread that holds `body`.
    func start<P: ThreadBody & ~Copyable>(
        _ body: consuming sending P, at context: ThreadContext<K>
    ) throws(SystemError) {
        let box = Handover(body)
        let pin = pin(forThread: threads.withLock { $0.count })
        let board = context.board
        let thread = try Thread(named: "\(context.role.rawValue)-\(context.index)") { [self] in
            if let pin { try? pin.bindThisThread() }
            board.value.begin()
            var body = box.take()
            do throws(SystemError) { try body.run() } catch { report(error) }
            board.value.end()
        }
        let joinable = Handover(thread)
        threads.withLock {
            $0.append(
                StartedThread(
                    role: context.role, index: context.index, board: board, thread: joinable))
        }
    }

    /// Threads that a pattern starts by itself, for as long as a connection lasts.
    func openGroup(_ role: Role) -> ThreadGroup {
        let group = ThreadGroup(role: role)
        groups.withLock { $0.append(group) }
        return group
    }

    func pinThisThread(as number: Int) { try? pin(forThread: number)?.bindThisThread() }

    func whenAcceptingEnds(_ hook: @escaping @Sendable () -> Void) {
        hooks.withLock { $0.whenAcceptingEnds.append(hook) }
    }

    func whenDraining(_ hook: @escaping @Sendable () -> Void) {
        hooks.withLock { $0.whenDraining.append(hook) }
    }

    func whenWorkersEnd(_ hook: @escaping @Sendable () -> Void) {
        hooks.withLock { $0.whenWorkersEnd.append(hook) }
    }

    func keep<Value: ~Copyable & Sendable>(_ value: Shared<Value>) { atTheEnd { value.free() } }

    /// What frees something once no thread runs.
    func atTheEnd(_ hook: @escaping @Sendable () -> Void) {
        hooks.withLock { $0.atTheEnd.append(hook) }
    }

    /// Thread i runs on the i-th of the CPUs that were given, round and round.
    private func pin(forThread number: Int) -> CPUSet? {
        guard let cpus = options.cpus?.cpus, !cpus.isEmpty else { return nil }
        return CPUSet([cpus[number % cpus.count]])
    }

    /// A thread can't go on.
    func report(_ error: SystemError) {
        firstFailure.withLock { $0 = $0 ?? error }
        alarm.wake()
    }

    // MARK: for the program

    /// Why a thread gave up, if one did.
    package var failure: SystemError? { firstFailure.withLock { $0 } }

    /// Lets every thread finish what it has begun, in order, and waits for it: at most the drain
    /// time and one handler.
    package func dismiss() {
        finish(.accepting, \.whenAcceptingEnds, [.acceptor])
        finish(.draining, \.whenDraining, [.loop, .reader, .connection])
        finish(.workers, \.whenWorkersEnd, [.worker, .sender])
    }

    /// The hooks are those of now: until acceptors have ended, they may start threads that have
    /// some.
    private func finish(
        _ stage: StopFlag.Stage, _ calls: KeyPath<Hooks, [@Sendable () -> Void]>, _ roles: [Role]
    ) {
        stop.set(stage)
        for hook in hooks.withLock({ $0[keyPath: calls] }) { hook() }
        for started in threads.withLock({ $0 }) where roles.contains(started.role) {
            started.thread.take().join()
        }
        for group in groups.withLock({ $0 }) where roles.contains(group.role) { group.waitForAll() }
    }

    /// Frees what the threads shared. Only after `dismiss`, and after the last `snapshot`.
    package func disband() {
        let last = hooks.withLock { hooks in
            defer { hooks.atTheEnd = [] }
            return hooks.atTheEnd
        }
        for hook in last { hook() }
    }

    /// What every thread has counted and used, as the control socket and the last line say it.
    package func snapshot(event: String) -> JSONValue {
        let staff =
            threads.withLock {
                $0.map { ($0.role, $0.board.value.read(), $0.board.value.firstBytes.values) }
            }
            + groups.withLock { $0.map { ($0.role, $0.read(), $0.firstBytes) } }
        let workers = staff.enumerated().map { number, counted -> JSONValue in
            let (role, (tally, thread), firstBytes) = counted
            let kept: [JSONValue.Member] = [
                .init("worker", .integer(Int64(number))),
                .init("role", .string(role.rawValue)),
                .init("cpu_ns", .integer(thread.cpu.raw)),
                .init("voluntary_switches", .integer(thread.voluntarySwitches)),
                .init("involuntary_switches", .integer(thread.involuntarySwitches)),
                .init(
                    "first_byte_buckets",
                    .array(firstBytes.map { .integer(Int64(clamping: $0)) })),
            ]
            return .object(kept + tally.members { .integer(Int64(clamping: $0)) })
        }
        let process = ResourceUsage.thisProcess
        return [
            "event": .string(event),
            "monotonic_ns": .integer(MonotonicClock.now.raw),
            "workers": .array(workers),
            "cpu_ns": .integer(CPUClock.thisProcess.raw),
            "cpu_user_ns": .integer(process.user.raw),
            "cpu_system_ns": .integer(process.system.raw),
            "rss_peak_bytes": .integer(Int64(process.peakResident.raw)),
        ]
    }
}
