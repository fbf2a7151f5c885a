// Hot path
import Basis
import Measure
import Platform
import Secure

/// Requests of several kinds, whose latencies are told apart.
extension Generator where Stream: ~Copyable, Client: ~Copyable {
    /// The kind of the request that was last in a slot.
    @inline(always)
    private func kind(of index: Int, _ slot: Int) -> Int {
        // SAFETY: `kind` checks both numbers; the table outlives the call.
        unsafe Int(table.kind(of: index, slot).pointee)
    }

    /// A request of the window was answered well.
    @inline(always)
    mutating func noteAnswer(_ index: Int, _ slot: Int, after latency: Nanoseconds) {
        let kind = kind(of: index, slot)
        kinds[kind].response.record(latency)
        kinds[kind].succeeded &+= 1
    }

    /// A request of the window was answered with an error.
    @inline(always)
    mutating func noteFailed(_ index: Int, _ slot: Int) {
        kinds[kind(of: index, slot)].failed &+= 1
    }

    /// A request that was given up: one of the window, where it counts among the lost.
    @inline(never)
    mutating func noteLost(_ index: Int, _ slot: Int, _ times: RequestTimes, because loss: Loss) {
        if times.intended < recordsFrom { return }
        let kind = kind(of: index, slot)
        if loss == .timeout { kinds[kind].response.record(now.since(times.intended)) }
        kinds[kind].failed &+= 1
    }
}
