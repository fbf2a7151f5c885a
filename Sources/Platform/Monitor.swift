import Glibc

/// A mutual exclusion lock with a condition to wait for (pthread_mutex_lock(3),
/// pthread_cond_wait(3)).
@safe
package struct Monitor: ~Copyable, @unchecked Sendable {
    // SAFETY, throughout: both objects exist to be shared between threads, lie at fixed addresses
    // from `init` to `deinit`, and every call gets objects that `init` has initialised.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    @inline(always)
    package borrowing func enter() { unsafe pthread_mutex_lock(mutex) }
    @inline(always)
    package borrowing func leave() { unsafe pthread_mutex_unlock(mutex) }

    /// Leaves the monitor, sleeps until a signal or for no reason at all, and enters it again.
    package borrowing func wait() { unsafe pthread_cond_wait(condition, mutex) }
    package borrowing func signal() { unsafe pthread_cond_signal(condition) }
    package borrowing func signalAll() { unsafe pthread_cond_broadcast(condition) }
}
