// Hot path
package import Basis

/// Draws kinds of requests by their weights, in a sequence that follows from a seed.
package struct KindChooser: Sendable {
    /// Draws below the first are of the first kind, below the second of the second, and so on; the
    /// last kind has the rest.
    private let limits: [UInt64]
    private var generator: SeededGenerator

    /// - Parameter weights: positive, at most `KindChooser.most` of them.
    package init(weights: [Double], generator: SeededGenerator) {
        precondition((1...Self.most).contains(weights.count), "some kinds")
        self.generator = generator
        let total = weights.reduce(0, +)
        var sum = 0.0
        limits = weights.dropLast().map { weight in
            sum += weight
            // 2^64 itself has no place in the word.
            return UInt64(min(sum / total * 0x1p64, 0x1p64.nextDown))
        }
    }

    /// A kind is told by a byte.
    package static var most: Int { 256 }

    /// The kind of the next request.
    @inline(always)
    package mutating func next() -> Int {
        let draw = generator.next()
        // The number of limits at or below the draw.
        let limits = limits.span
        var (low, high) = (0, limits.count)
        while low < high {
            let middle = (low &+ high) &>> 1
            if limits[middle] <= draw { low = middle &+ 1 } else { high = middle }
        }
        return low
    }
}
