import Basis

/// How long a run still takes. Launches have a fixed length but for starting and stopping, which is
/// learnt from the launches made.
struct TimeEstimate: Sendable {
    /// Starting a server and a generator, connecting and stopping, before anything is known.
    static let firstOverhead = Nanoseconds.milliseconds(350)

    private let loadTime: Nanoseconds
    private var overhead = Nanoseconds.zero
    private var launches: Int64 = 0

    init(loadTime: Nanoseconds) { self.loadTime = loadTime }

    /// Takes note of a launch that came to its end.
    mutating func note(elapsed: Nanoseconds) {
        overhead = overhead + max(.zero, elapsed - loadTime)
        launches += 1
    }

    func remaining(launches left: Int) -> Nanoseconds {
        let each = launches == 0 ? Self.firstOverhead : overhead / launches
        return (loadTime + each) * Int64(left)
    }
}
