import Platform
import Secure

/// `acceptors:exclusive` and `acceptors:herd`: N loops watch one listener. Exclusive, the kernel
/// wakes the first idle loop in the order of registration; as a herd, it wakes all and all but one
/// find nothing.
struct SharedListener: ExecutionPattern {
    private let exclusive: Bool

    init(exclusive: Bool) { self.exclusive = exclusive }

    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let listeners = try crew.listen()
        for index in 0..<crew.options.threads {
            // One connection a turn: a loop that emptied the queue would leave nothing to the
            // others.
            try crew.startLoop(
                index, listeners: listeners, exclusive: exclusive, budget: 1, kind: kind)
        }
        return listeners
    }
}
