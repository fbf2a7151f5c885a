package import Serve

extension PatternID {
    /// Those that this machine can run.
    package static let runnable = allCases.filter {
        (!$0.needsPrograms || Machine.loadsPrograms) && (!$0.needsRing || Machine.hasRings)
    }

    /// Those that differ in who moves a connection's bytes. In the others the same threads do, and
    /// only who accepts is another, which what a connection says can't show.
    package static let movingBytes = runnable.filter { !acceptVariants.contains($0) }

    /// Those that a test can run beside itself. Tests run on the pool that `structured:global`
    /// answers on, and would wait for answers with the threads that are to make them.
    package static let inProcess = runnable.filter { $0 != .structuredGlobal }
    package static let movingBytesInProcess = movingBytes.filter { inProcess.contains($0) }

    private static let acceptVariants: Set<PatternID> = [
        .acceptorsRotate, .acceptorsHerd, .acceptorsMutex, .acceptorsSharedLevel,
        .acceptorsSharedEdge, .acceptorsSharedOneshot, .shardedRoundRobin, .shardedCPU,
        .shardedIncomingCPU, .shardedLoad, .prefork, .processPerCore, .descriptorPassing,
    ]
}
