import Basis
import Report

/// The launches of effects: one that something beside the programs disturbed is made again, as long
/// as there is time to spare. The one in its place counts whatever it shows, so that nothing
/// chooses among figures.
final class QuietLaunches {
    private enum Limit {
        /// Of one launch: a machine that is never quiet is not to be waited for.
        static let attempts = 3
    }

    private let make: (Cell, Settings) throws(LaunchFailure) -> LaunchRecord
    private var spare: Nanoseconds
    /// What disturbed the first launch of the row under way that counts all the same.
    private(set) var disturbance: String?

    /// - Parameter spare: what launches in the place of others may take, all together.
    init(
        spare: Nanoseconds,
        _ make: @escaping (Cell, Settings) throws(LaunchFailure) -> LaunchRecord
    ) {
        self.spare = spare
        self.make = make
    }

    func beginRow() { disturbance = nil }

    func launch(_ cell: Cell, _ settings: Settings) throws(LaunchFailure) -> LaunchRecord {
        var record = try make(cell, settings)
        var attempts = 1
        let time = settings.warmup + settings.duration
        while record.disturbance != nil, attempts < Limit.attempts, spare >= time {
            spare = spare - time
            attempts += 1
            record = try make(cell, settings)
        }
        disturbance = disturbance ?? record.disturbance
        return record
    }
}
