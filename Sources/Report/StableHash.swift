/// A hash that is the same on every machine and in every run: FNV-1a with 64 bits (Fowler, Noll and
/// Vo; draft-eastlake-fnv-17). It tells configurations apart; it protects against nobody.
package struct StableHash: Sendable {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    /// Sixteen hexadecimal digits.
    package var text: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    package static func of(_ text: String) -> String {
        var hash = StableHash()
        hash.add(text.utf8)
        return hash.text
    }
}
