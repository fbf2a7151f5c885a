/// A value on the heap with one owner: what is large and rare stays out of the memory of what is
/// small and many.
@safe
package struct Boxed<Value: ~Copyable>: ~Copyable {
    // SAFETY, throughout: allocated and initialised in `init`, owned by this value alone, ended in
    // `deinit`.
    private let address: UnsafeMutablePointer<Value>

    package init(_ value: consuming Value) {
        unsafe address = .allocate(capacity: 1)
        unsafe address.initialize(to: value)
    }

    deinit {
        unsafe address.deinitialize(count: 1)
        unsafe address.deallocate()
    }

    package var value: Value {
        @inline(always)
        unsafeAddress { unsafe UnsafePointer(address) }
        @inline(always)
        unsafeMutableAddress { unsafe address }
    }
}
