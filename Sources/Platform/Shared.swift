/// A heap value at a fixed address that several threads use, without reference counting.
///
/// Copies of the handle all mean the same value. Its owner calls `free` once, after every thread
/// that may touch the value has ended; loops that run for the life of a server must not pay for a
/// count.
@safe
package struct Shared<Value: ~Copyable & Sendable>: @unchecked Sendable {
    // SAFETY, throughout: `Value` is itself safe to share, the pointer
    // never changes, and the value lives from `init` to `free`.
    private let address: UnsafeMutablePointer<Value>

    package init(_ value: consuming Value) {
        unsafe address = .allocate(capacity: 1)
        unsafe address.initialize(to: value)
    }

    package var value: Value {
        @inline(always)
        unsafeAddress {
            // SAFETY: initialised in `init` and alive until `free`, by the contract of this type.
            unsafe UnsafePointer(address)
        }
    }

    /// Ends the value. No handle may be used afterwards.
    package func free() {
        unsafe address.deinitialize(count: 1)
        unsafe address.deallocate()
    }
}
