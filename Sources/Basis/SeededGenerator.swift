/// A small, fast generator whose whole sequence follows from a printed seed: xoshiro256** with its
/// state filled by SplitMix64 (Blackman and Vigna, "Scrambled Linear Pseudorandom Number
/// Generators", 2018).
///
/// For schedules, shuffles and tests. Not for secrets.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    /// The seeds that users meet: what every reader of JSON keeps exactly (RFC 8259 §6).
    package static let seeds = 0..<Int64(1) << 53

    package init(seed: UInt64) {
        var mixer = seed
        func next() -> UInt64 {
            mixer &+= 0x9E37_79B9_7F4A_7C15
            var z = mixer
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        s0 = next()
        s1 = next()
        s2 = next()
        s3 = next()
    }

    /// A seed for a part of the whole, out of `seeds`.
    package mutating func nextSeed() -> Int64 { Int64(next() >> 11) }

    package mutating func next() -> UInt64 {
        let scrambled = s1 &* 5
        let result = ((scrambled << 7) | (scrambled >> 57)) &* 9
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// A number drawn evenly from the open interval (0, 1): never 0, so that its logarithm is
    /// finite.
    package mutating func nextOpenUnit() -> Double { Self.openUnit(next()) }

    /// The middle of the `bits >> 12`-th of 2^52 equal steps from 0 to 1. With one bit more the
    /// half would be rounded away, and the last step would become 1.
    static func openUnit(_ bits: UInt64) -> Double { (Double(bits >> 12) + 0.5) * 0x1p-52 }

    /// An independent generator for sub-stream `index` of this seed's family (one a thread, one a
    /// cell). No sub-stream is the sequence of the seed itself.
    package static func stream(seed: UInt64, index: Int) -> SeededGenerator {
        precondition(index >= 0, "sub-streams count from zero")
        return SeededGenerator(seed: seed ^ ((UInt64(index) &+ 1) &* 0xA24B_AED4_963E_E407))
    }
}
