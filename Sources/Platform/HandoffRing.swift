import Synchronization

/// A bounded queue from exactly one producing thread to exactly one consuming thread, without
/// locks.
///
/// Both ends wait for nobody: a full ring refuses, an empty one answers nil. The counters of the
/// two ends lie on cache lines of their own, and each end keeps a stale copy of the other's, so
/// that most operations touch no line the other thread writes (Giacomoni et al., "FastForward",
/// 2008; the cached index is from Lamport-queue practice).
@safe
package struct HandoffRing<Element: ~Copyable & Sendable>: ~Copyable, @unchecked Sendable {
    // SAFETY, throughout: a slot is written only by the producer while it lies in
    // head..<head+capacity, and read only by the consumer after `tail` was published over it.
    private let slots: UnsafeMutablePointer<Element>
    private let mask: UInt64
    private let padding0 = InlineArray<6, UInt64>(repeating: 0)
    private let head = Atomic<UInt64>(0)
    private let knownTail = Atomic<UInt64>(0)
    private let padding1 = InlineArray<6, UInt64>(repeating: 0)
    private let tail = Atomic<UInt64>(0)
    private let knownHead = Atomic<UInt64>(0)
    private let padding2 = InlineArray<6, UInt64>(repeating: 0)

    /// - Parameter capacity: elements held at most, a power of two.
    package init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a power of two")
        unsafe slots = .allocate(capacity: capacity)
        mask = UInt64(capacity - 1)
    }

    deinit {
        while pop() != nil {}
        unsafe slots.deallocate()
    }

    /// Producer: adds an element; gives it back when the ring is full.
    @inline(always)
    package borrowing func push(_ element: consuming Element) -> Element? {
        let position = tail.load(ordering: .relaxed)
        if position &- knownHead.load(ordering: .relaxed) > mask {
            let current = head.load(ordering: .acquiring)
            knownHead.store(current, ordering: .relaxed)
            if position &- current > mask { return element }
        }
        // SAFETY: the slot is free: the consumer's head has passed it (checked above).
        unsafe (slots + Int(position & mask)).initialize(to: element)
        tail.store(position &+ 1, ordering: .releasing)
        return nil
    }

    /// Consumer: takes the oldest element.
    @inline(always)
    package borrowing func pop() -> Element? {
        let position = head.load(ordering: .relaxed)
        if position == knownTail.load(ordering: .relaxed) {
            let current = tail.load(ordering: .acquiring)
            knownTail.store(current, ordering: .relaxed)
            if position == current { return nil }
        }
        // SAFETY: the producer published the slot before its tail (acquired above).
        let element = unsafe (slots + Int(position & mask)).move()
        head.store(position &+ 1, ordering: .releasing)
        return element
    }

    /// Elements that wait; exact only for a caller that is one of the two ends.
    package var count: Int {
        Int(tail.load(ordering: .acquiring) &- head.load(ordering: .acquiring))
    }

    /// Consumer: whether nothing waits.
    package var isEmpty: Bool {
        head.load(ordering: .relaxed) == tail.load(ordering: .acquiring)
    }
}
