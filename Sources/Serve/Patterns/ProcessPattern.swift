import Platform
import Secure

/// A pattern whose threads live in processes of their own. The first process opens what all of them
/// need; then each is forked and starts its part. Where that is wanted all of them are threads of
/// one process, which shows what processes make of it.
protocol ProcessPattern: ExecutionPattern {
    /// In the first process, while it has one thread: opens what the others are given.
    func open<K: Kernel>(_ crew: Crew<K>) throws(SystemError) -> ProcessShares

    /// Starts what one process does with its share.
    func assembleMember<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, _ index: Int, _ share: [Listener], kind: ConnectionKind<Stream, S>
    ) throws(SystemError)

    /// Starts what the first process does, once the others run.
    func lead<K: Kernel>(_ crew: Crew<K>, _ shares: ProcessShares) throws(SystemError)
}

/// What the processes of a server are given.
struct ProcessShares: Sendable {
    /// Where the server is reached.
    let listeners: [Listener]
    /// What each process accepts from.
    let members: [[Listener]]
    /// The ways to each process, where it is passed its connections.
    var ways: [Shared<Descriptor>] = []
}

extension ProcessPattern {
    func assemble<
        K: Kernel, Stream: StreamTransport & ~Copyable, S: Session & ~Copyable
    >(
        _ crew: Crew<K>, kind: ConnectionKind<Stream, S>
    ) throws(SystemError) -> [Listener] {
        let shares = try open(crew)
        for (index, share) in shares.members.enumerated() {
            try assembleMember(crew, index, share, kind: kind)
        }
        try lead(crew, shares)
        return shares.listeners
    }

    func lead<K: Kernel>(_ crew: Crew<K>, _ shares: ProcessShares) throws(SystemError) {}
}

extension PatternID {
    /// How the pattern is started where it consists of processes.
    var processPattern: (any ProcessPattern)? {
        switch self {
        case .prefork: Prefork()
        case .processPerCore: ProcessPerCore()
        case .descriptorPassing: DescriptorPassing()
        default: nil
        }
    }
}
