import Report

/// What makes the launches of a plan: processes, or in a test a table.
protocol Executor {
    /// Makes one launch. A launch that fails is a record with its reason, for the run goes on; nil
    /// when `interruption` asked to stop at once, so that nothing was measured.
    mutating func launch(
        _ slot: Slot, settings: Settings, interruption: StopRequest
    ) -> LaunchRecord?
}
