import Platform

/// Messages waiting for any of several workers: one queue, first come first served, so that no
/// message waits behind a slow one while a worker is idle; or one of the queues that each worker
/// has, and from which others may take.
///
/// One lock with one condition, which up to about eight workers is as good as anything finer. It
/// cannot overflow: there are no more items than `capacity`.
@safe
struct WorkQueue: ~Copyable, @unchecked Sendable {
    // SAFETY, throughout: all state is touched only inside the monitor.
    private let monitor = Monitor()
    private let state: UnsafeMutablePointer<State>

    private struct State {
        var ring: [UInt32]
        var head = 0
        var count = 0
        var sleepers = 0
        var isClosed = false
    }

    init(capacity: Int = Limit.messagesInFlight) {
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: State(ring: Array(repeating: 0, count: capacity)))
    }

    deinit {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
    }

    /// Adds an item; says whether a sleeping worker was woken.
    func push(_ item: UInt32) -> Bool {
        monitor.enter()
        // SAFETY: inside the monitor, here and below.
        let state = unsafe self.state
        unsafe precondition(state.pointee.count < state.pointee.ring.count, "more items than exist")
        let position = unsafe (state.pointee.head + state.pointee.count) % state.pointee.ring.count
        unsafe state.pointee.ring[position] = item
        unsafe state.pointee.count += 1
        let wakes = unsafe state.pointee.sleepers > 0
        if wakes { monitor.signal() }
        monitor.leave()
        return wakes
    }

    /// Takes the oldest item, waiting for one; nil when the queue is closed, whatever it still
    /// holds. `slept` tells how often the calling thread had to sleep.
    func pop(slept: inout UInt64) -> UInt32? {
        monitor.enter()
        defer { monitor.leave() }
        let state = unsafe self.state
        while true {
            if unsafe state.pointee.isClosed { return nil }
            if unsafe state.pointee.count > 0 { break }
            unsafe state.pointee.sleepers += 1
            slept += 1
            monitor.wait()
            unsafe state.pointee.sleepers -= 1
        }
        return takeOldest()
    }

    /// Takes the oldest item, if there is one.
    func popIfAny() -> UInt32? {
        monitor.enter()
        defer { monitor.leave() }
        return unsafe state.pointee.isClosed || state.pointee.count == 0 ? nil : takeOldest()
    }

    var isEmpty: Bool {
        monitor.enter()
        defer { monitor.leave() }
        return unsafe state.pointee.count == 0
    }

    /// Inside the monitor, where there is one.
    private func takeOldest() -> UInt32 {
        let state = unsafe self.state
        let item = unsafe state.pointee.ring[state.pointee.head]
        unsafe state.pointee.head = (state.pointee.head + 1) % state.pointee.ring.count
        unsafe state.pointee.count -= 1
        return item
    }

    /// Lets the workers go. Nobody waits for what is still queued: the reader has ended.
    func close() {
        monitor.enter()
        unsafe state.pointee.isClosed = true
        monitor.signalAll()
        monitor.leave()
    }
}
