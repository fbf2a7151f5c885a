// Hot path
package import Basis

/// Draws kinds of requests by their weights, in a sequence that follows from a seed.
package struct KindChooser: Sendable {
    private let count: Int
    /// Draws below the first are of the first kind, below the second of the second, and so on; the
    /// last kind has the rest.
    private var limits = InlineArray<32, UInt64>(repeating: .max)
    private var generator: SeededGenerator

    /// - Parameter weights: positive, at most `KindChooser.most` of them.
    package init(weights: [Double], generator: SeededGenerator) {
        precondition((1...Self.most).contains(weights.count), "some kinds")
        count = weights.count
        self.generator = generator
        let total = weights.reduce(0, +)
        var sum = 0.0
        for index in 0..<(weights.count - 1) {
            sum += weights[index]
            // 2^64 itself has no place in the word.
            limits[index] = UInt64(min(sum / total * 0x1p64, 0x1p64.nextDown))
        }
    }

    package static var most: Int { 32 }

    /// The kind of the next request.
    @inline(always)
    package mutating func next() -> Int {
        let draw = generator.next()
        var kind = 0
        while kind &+ 1 < count, draw >= limits[kind] { kind &+= 1 }
        return kind
    }
}
