import Basis
import Platform

/// Tells the kernel how busy one loop is, where it chooses by that among the listeners of a port.
/// Belongs to the loop's thread.
struct PublishedLoad {
    private let loads: Shared<ListenerLoads>
    private let index: Int
    /// Connections that were sent this way and that the loop will never see: a client can give up
    /// before its connection stands.
    private var lost: UInt64 = 0

    init(_ loads: Shared<ListenerLoads>, index: Int) {
        self.loads = loads
        self.index = index
    }

    @inline(always)
    func beginTurn(at now: Instant) { loads.value.beginTurn(index, at: now) }

    @inline(always)
    func endTurn(connections: Int, taken: UInt64) {
        loads.value.endTurn(index, connections: connections, taken: taken &+ lost)
    }

    /// Nothing waits at the listener: whatever was sent this way and did not come is lost.
    mutating func noteEmptyQueue(taken: UInt64) { lost = loads.value.chosen(index) &- taken }
}
