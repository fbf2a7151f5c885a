import Basis

/// Storage for bytes that one connection after another has: who has none under way holds none, and
/// what is used next is what is still in the cache.
@safe
struct SpareBuffers: ~Copyable {
    // SAFETY, throughout: `capacity` elements that are initialised in `init` and owned until
    // `deinit`; those below `count` hold storage.
    private let buffers: UnsafeMutablePointer<ByteQueue>
    private let capacity: Int
    private var count = 0
    /// Storage that is larger is given back.
    private let bytesAtMost: Int

    init(capacity: Int, bytesAtMost: Int) {
        unsafe buffers = .allocate(capacity: capacity)
        for index in 0..<capacity { unsafe (buffers + index).initialize(to: ByteQueue()) }
        self.capacity = capacity
        self.bytesAtMost = bytesAtMost
    }

    deinit {
        unsafe buffers.deinitialize(count: capacity)
        unsafe buffers.deallocate()
    }

    /// Gives an empty queue without storage some, where there is any.
    @inline(always)
    mutating func lend(to queue: inout ByteQueue) {
        if queue.storageBytes > 0 || count == 0 { return }
        count -= 1
        unsafe swap(&queue, &buffers[count])
    }

    /// Takes the storage of a queue, whose bytes are forgotten.
    @inline(always)
    mutating func take(from queue: inout ByteQueue) {
        queue.removeAll()
        if queue.storageBytes == 0 { return }
        if queue.storageBytes > bytesAtMost || count == capacity { return queue.releaseStorage() }
        unsafe swap(&queue, &buffers[count])
        count += 1
    }
}
