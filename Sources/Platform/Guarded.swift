/// A value that one thread at a time may touch.
///
/// `Synchronization.Mutex` is the same and smaller, but the half of it that waits lies in the
/// standard library, where the thread sanitizer does not look: it would report what a contended one
/// guards.
@safe
package struct Guarded<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // SAFETY, throughout: the value is initialised in `init`, lives until `deinit` and is touched
    // only inside the monitor.
    private let monitor = Monitor()
    private let value: UnsafeMutablePointer<Value>

    package init(_ initial: consuming sending Value) {
        unsafe value = .allocate(capacity: 1)
        unsafe value.initialize(to: initial)
    }

    deinit {
        unsafe value.deinitialize(count: 1)
        unsafe value.deallocate()
    }

    /// Lends the value while no other thread has it. Don't wait for anything inside.
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        monitor.enter()
        defer { monitor.leave() }
        return try unsafe body(&value.pointee)
    }
}
