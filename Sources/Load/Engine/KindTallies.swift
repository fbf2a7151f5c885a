// Hot path

/// What is counted of each kind of a mix, over a whole window: unlike a `LoadTally`, it is not
/// handed over while the run is on, so that every thread has it once.
@safe
package struct KindTallies: ~Copyable, @unchecked Sendable {
    // SAFETY of the unchecked conformance: the memory has one owner, who can't be copied.

    /// How many kinds there are; 0 where they are not told apart.
    package let count: Int
    private let tallies: UnsafeMutableBufferPointer<KindTally>

    package init(count: Int) {
        self.count = count
        let fresh = UnsafeMutableBufferPointer<KindTally>.allocate(capacity: count)
        // SAFETY: `fresh` has room for exactly `count` tallies.
        for index in 0..<count { unsafe fresh.initializeElement(at: index, to: KindTally()) }
        unsafe tallies = fresh
    }

    deinit {
        // SAFETY: all of them were initialised in `init`, and nothing else knows them.
        for index in 0..<count { unsafe tallies.deinitializeElement(at: index) }
        unsafe tallies.deallocate()
    }

    package subscript(kind: Int) -> KindTally {
        @inline(always)
        unsafeAddress {
            precondition(kind >= 0 && kind < count, "no such kind")
            // SAFETY: checked in the line above; initialised in `init`.
            return unsafe UnsafePointer(tallies.baseAddress.unsafelyUnwrapped + kind)
        }
        @inline(always)
        unsafeMutableAddress {
            precondition(kind >= 0 && kind < count, "no such kind")
            // SAFETY: checked in the line above; initialised in `init`.
            return unsafe tallies.baseAddress.unsafelyUnwrapped + kind
        }
    }

    package mutating func add(_ other: borrowing KindTallies) {
        precondition(other.count <= count, "the same kinds")
        for kind in 0..<other.count { self[kind].add(other[kind]) }
    }
}
