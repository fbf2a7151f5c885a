import Basis
import Platform
import Secure

/// Connections that wait for a thread of a pool, first come first served. Beyond its capacity they
/// are refused: that is kinder than a wait without end.
@safe
struct ConnectionQueue: ~Copyable, @unchecked Sendable {
    // SAFETY, throughout: the ring is touched only inside the monitor, one end at a time.
    private let monitor = Monitor()
    private let ring = HandoffRing<Arrival>(capacity: Limit.arrivals)
    private let isClosed: UnsafeMutablePointer<Bool>

    init() {
        unsafe isClosed = .allocate(capacity: 1)
        unsafe isClosed.initialize(to: false)
    }

    deinit { unsafe isClosed.deallocate() }

    /// Adds a connection and wakes a thread; gives it back where there is no room.
    func push(_ connection: consuming Arrival) -> Arrival? {
        monitor.enter()
        defer { monitor.leave() }
        if let refused = ring.push(connection) { return refused }
        monitor.signal()
        return nil
    }

    /// Waits for a connection; nil when the queue is closed and empty. `slept` counts how often the
    /// calling thread had to sleep.
    func pop(slept: inout UInt64) -> Arrival? {
        monitor.enter()
        defer { monitor.leave() }
        while true {
            if let connection = ring.pop() { return connection }
            if unsafe isClosed.pointee { return nil }
            slept += 1
            monitor.wait()
        }
    }

    /// Nobody brings another one: who waits for one is let go.
    func close() {
        monitor.enter()
        unsafe isClosed.pointee = true
        monitor.signalAll()
        monitor.leave()
    }
}

/// Queues connections for a pool of threads.
struct PoolSink: ConnectionSink, ~Copyable {
    private let queue: Shared<ConnectionQueue>

    init(_ queue: Shared<ConnectionQueue>) { self.queue = queue }

    mutating func hand<K: Kernel>(
        _ descriptor: consuming Descriptor, with kernel: inout K, tally: inout Tally
    ) {
        let arrival = Arrival(
            descriptor: descriptor, promised: nil, accepted: MonotonicClock.now)
        if let refused = queue.value.push(arrival) {
            kernel.close(refused.intoDescriptor())
            tally.shed &+= 1
        } else {
            tally.handoffs &+= 1
        }
    }
}

/// A thread of a pool: serves one connection after the other to its end.
struct PoolThread<
    K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
>: ThreadBody, ~Copyable {
    private var server: ConnectionServer<K, Stream, S>
    private let queue: Shared<ConnectionQueue>

    init(_ server: consuming ConnectionServer<K, Stream, S>, _ queue: Shared<ConnectionQueue>) {
        self.server = server
        self.queue = queue
    }

    mutating func run() throws(SystemError) {
        Interruption.allow()
        var slept: UInt64 = 0
        while let connection = queue.value.pop(slept: &slept) {
            server.noteSleep(slept)
            slept = 0
            let accepted = connection.accepted
            try server.serve(connection.intoDescriptor(), accepted: accepted)
        }
    }
}
