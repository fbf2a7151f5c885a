// Hot path
package import Measure

/// What is counted of one kind of a mix.
package struct KindTally: ~Copyable {
    /// As in `LoadTally`: successes, and requests that ran out of time at the age they had reached.
    package var response = Histogram()
    package var succeeded: UInt64 = 0
    /// Answered with a status of 400 or more, lost, or out of time.
    package var failed: UInt64 = 0

    package init() {}

    package mutating func add(_ other: borrowing KindTally) {
        response.add(other.response)
        succeeded += other.succeeded
        failed += other.failed
    }
}
