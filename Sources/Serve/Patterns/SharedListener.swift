import Platform
import Secure

/// `acceptors:exclusive`, `:rotate`, `:herd` and `:mutex`: N loops watch one listener. Exclusive,
/// the kernel wakes the first idle loop in the order of registration, which rotating changes after
/// every few connections. As a herd, it wakes all, and all but one find nothing. With a mutex only
/// one loop at a time watches.
struct SharedListener: ExecutionPattern {
    enum Watch: Sendable { case exclusive, rotating, herd, locked }

    private let watch: Watch

    init(_ watch: Watch) { self.watch = watch }

    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        let sharing = sharing(of: crew)
        for index in 0..<crew.options.threads {
            // One connection a turn: a loop that emptied the queue would leave nothing to the
            // others.
            try crew.startLoop(index, listeners: listeners, sharing: sharing, budget: 1, kind: kind)
        }
        return listeners
    }

    private func sharing<K: Kernel>(of crew: Crew<K>) -> ListenerSharing {
        switch watch {
        case .exclusive: return .exclusive
        case .rotating: return .rotating(every: Limit.acceptsInPlace)
        case .herd: return .herd
        case .locked:
            let lock = Shared(AcceptLock())
            crew.keep(lock)
            return .locked(lock, patience: Limit.acceptLockPatience)
        }
    }
}
