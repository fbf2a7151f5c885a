/// Values that can't be copied, side by side and found by index. It grows by doubling, which moves
/// them; there is always one at every index below `count`.
@safe
package struct SlotArray<Element: ~Copyable>: ~Copyable {
    // SAFETY, throughout: `count` elements are initialised from `base` on; nothing else knows the
    // memory.
    private var base: UnsafeMutablePointer<Element>
    package private(set) var count: Int

    /// - Parameter count: elements to begin with, at least one.
    package init(count: Int, of make: () -> Element) {
        precondition(count > 0, "an array of slots has a slot")
        unsafe base = .allocate(capacity: count)
        for index in 0..<count { unsafe (base + index).initialize(to: make()) }
        self.count = count
    }

    deinit {
        unsafe base.deinitialize(count: count)
        unsafe base.deallocate()
    }

    package subscript(index: Int) -> Element {
        @inline(always)
        unsafeAddress {
            precondition(index >= 0 && index < count, "no such slot")
            return unsafe UnsafePointer(base + index)
        }
        @inline(always)
        unsafeMutableAddress {
            precondition(index >= 0 && index < count, "no such slot")
            return unsafe base + index
        }
    }

    /// Makes as many slots again.
    package mutating func double(with make: () -> Element) {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * count)
        unsafe larger.moveInitialize(from: base, count: count)
        unsafe base.deallocate()
        for index in count..<(2 * count) { unsafe (larger + index).initialize(to: make()) }
        unsafe base = larger
        count *= 2
    }
}
