import Serve

/// The patterns that differ in who moves a connection's bytes, as their command line names. In the
/// others the same threads do, and only who accepts is another.
let bytePatterns = PatternID.allCases.filter { !acceptVariants.contains($0) }.map(\.rawValue)

private let acceptVariants: Set<PatternID> = [
    .acceptorsRotate, .acceptorsHerd, .acceptorsMutex, .acceptorsSharedLevel, .acceptorsSharedEdge,
    .acceptorsSharedOneshot, .shardedRoundRobin, .shardedCPU, .shardedIncomingCPU, .shardedLoad,
]
