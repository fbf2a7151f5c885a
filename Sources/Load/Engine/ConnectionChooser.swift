// Hot path
import Basis

/// Draws connections by their weights, in a sequence that follows from a seed.
@safe
struct ConnectionChooser: ~Copyable {
    private let count: Int
    /// Draws below the first are of the first connection, below the second of the second, and so
    /// on; the last one has the rest.
    private let limits: UnsafeMutablePointer<UInt64>
    private var generator: SeededGenerator

    /// - Parameter weights: above zero; none where nothing is drawn.
    init(weights: [Double], generator: SeededGenerator) {
        count = weights.count
        self.generator = generator
        // SAFETY: initialised whole; integers need no deinitialisation.
        unsafe limits = .allocate(capacity: count)
        let total = weights.reduce(0, +)
        var sum = 0.0
        for index in 0..<count {
            sum += weights[index]
            // 2^64 itself has no place in the word.
            let limit = UInt64(min(sum / total * 0x1p64, 0x1p64.nextDown))
            unsafe (limits + index).initialize(to: limit)
        }
    }

    // SAFETY: allocated in `init`, and nothing else knows it.
    deinit { unsafe limits.deallocate() }

    /// The connection of the next request.
    @inline(always)
    mutating func next() -> Int {
        precondition(count > 0, "nothing to draw from")
        let draw = generator.next()
        var low = 0
        var high = count &- 1
        while low < high {
            let middle = (low &+ high) &>> 1
            // SAFETY: below `high`, which is a connection.
            if unsafe draw < limits[middle] { high = middle } else { low = middle &+ 1 }
        }
        return low
    }
}
