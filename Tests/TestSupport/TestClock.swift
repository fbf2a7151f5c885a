package import Basis
import Platform

/// Time as tests use it: to give something the chance to happen or to go wrong, never to judge
/// speed.
package enum TestClock {
    package static var now: Instant { MonotonicClock.now }

    package static func sleep(_ span: Nanoseconds) { blockThread(for: span) }

    /// Asks again and again whether something has come true; false when it has not within the limit
    /// of a hang.
    package static func eventually(_ isTrue: () throws -> Bool) rethrows -> Bool {
        let end = now + TestLimit.hang
        while now < end {
            if try isTrue() { return true }
            sleep(.milliseconds(2))
        }
        return false
    }
}
