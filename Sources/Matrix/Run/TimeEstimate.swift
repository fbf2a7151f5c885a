package import Basis

/// How long a run still takes. Launches have a fixed length but for starting and stopping, which is
/// learnt from the launches made.
package struct TimeEstimate: Sendable {
    /// Starting a server and a generator, connecting and stopping, before anything is known.
    package static let firstOverhead = Nanoseconds.milliseconds(350)

    private let loadTime: Nanoseconds
    private var overhead = Nanoseconds.zero
    private var launches: Int64 = 0

    package init(loadTime: Nanoseconds) { self.loadTime = loadTime }

    /// Takes note of a launch that came to its end.
    package mutating func note(elapsed: Nanoseconds) {
        overhead = overhead + max(.zero, elapsed - loadTime)
        launches += 1
    }

    package func remaining(launches left: Int) -> Nanoseconds {
        let each = launches == 0 ? Self.firstOverhead : overhead / launches
        return (loadTime + each) * Int64(left)
    }
}
