// Hot path

/// A first-in first-out queue of connection numbers with room for a fixed count.
@safe
struct IndexQueue: ~Copyable {
    private let storage: UnsafeMutablePointer<UInt32>
    private let mask: UInt32
    private var head: UInt32 = 0
    private var tail: UInt32 = 0

    /// - Parameter capacity: the most that is ever queued at a time.
    init(capacity: Int) {
        var size = 1
        while size < capacity { size *= 2 }
        // SAFETY: initialised whole; integers need no deinitialisation.
        unsafe storage = .allocate(capacity: size)
        unsafe storage.initialize(repeating: 0, count: size)
        mask = UInt32(size - 1)
    }

    // SAFETY: allocated in `init`, and nothing else knows it.
    deinit { unsafe storage.deallocate() }

    @inline(always)
    var isEmpty: Bool { head == tail }

    @inline(always)
    var count: Int { Int(tail &- head) }

    @inline(always)
    mutating func push(_ index: Int) {
        precondition(tail &- head <= mask, "more connections than there are")
        // SAFETY: the mask keeps the position within the allocation.
        unsafe storage[Int(tail & mask)] = UInt32(truncatingIfNeeded: index)
        tail &+= 1
    }

    @inline(always)
    mutating func pop() -> Int? {
        if head == tail { return nil }
        // SAFETY: as in `push`, which initialised the slot.
        let index = unsafe storage[Int(head & mask)]
        head &+= 1
        return Int(index)
    }

    /// The oldest entry, which stays.
    @inline(always)
    var first: Int? {
        // SAFETY: as in `pop`.
        isEmpty ? nil : unsafe Int(storage[Int(head & mask)])
    }
}
