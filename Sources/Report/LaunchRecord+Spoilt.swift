extension LaunchRecord {
    /// Whether something beside the server spoilt the launch, so that another one in its place may
    /// tell what this one was to tell. What the server itself may have brought about never does: to
    /// launch again until the figures please would be to choose them.
    package var isSpoilt: Bool {
        guard failure == nil, replacedBy == nil, let load,
            load.wrongness(expecting: cell.expected) == nil
        else { return false }
        if disturbance != nil { return true }
        return switch load.verdict {
        case .disturbed, .unsteady: true
        // With a connection free, only the generator can have been late.
        case .late: !load.isStarved
        case .valid, .clientBound, .otherOpenings, .errors, .tooFewSamples: false
        }
    }
}
