// Hot path

/// The bytes that one receive brought, and before them what was held back of the last one. One for
/// all connections of a thread.
@safe
struct ReceiveBuffer: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer

    init() {
        // A page-aligned buffer is copied into with the fewest partial cache lines.
        // SAFETY: raw memory; nothing reads what was not received or copied there.
        unsafe bytes = .allocate(
            byteCount: Limit.heldBytes + Limit.receiveBytes, alignment: 4_096)
    }

    // SAFETY: allocated in `init`, and nothing else knows it.
    deinit { unsafe bytes.deallocate() }

    /// Where a receive may write, behind the first `used` bytes: no more than stays in the cache.
    @inline(always)
    func room(after used: Int) -> UnsafeMutableRawBufferPointer {
        precondition(used >= 0 && used <= Limit.heldBytes, "a receive needs room")
        // SAFETY: checked in the line above.
        return unsafe UnsafeMutableRawBufferPointer(
            start: bytes.baseAddress.unsafelyUnwrapped + used, count: Limit.receiveBytes)
    }

    /// The first `count` bytes, which were received or copied here. The caller keeps the buffer
    /// alive and does not receive into it while it looks at them.
    @inline(always)
    func received(_ count: Int) -> UnsafeBufferPointer<UInt8> {
        unsafe precondition(count >= 0 && count <= bytes.count, "more than was received")
        // SAFETY: checked in the line above; every byte is a UInt8.
        return unsafe UnsafeBufferPointer(
            start: bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self),
            count: count)
    }

    /// Puts `held` before what the next receive brings.
    func restore(_ held: Span<UInt8>) {
        precondition(held.count <= Limit.heldBytes, "held bytes leave room for more")
        unsafe held.withUnsafeBufferPointer { source in
            // SAFETY: the buffer holds more than `held`; the two are different objects.
            unsafe bytes.copyBytes(from: source)
        }
    }
}
