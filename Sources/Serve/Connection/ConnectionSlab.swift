import Basis
import Secure

/// The connections of one reader, at fixed addresses, found by slot.
///
/// Memory grows by chunks up to a limit and is kept; a freed slot is used again first, while it is
/// in the cache.
@safe
struct ConnectionSlab<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>: ~Copyable {
    // SAFETY, throughout: chunks are owned from `grow` to `deinit`, every slot of a chunk is
    // initialised when it is made, and only the slab's one thread touches them.
    private typealias Chunk = UnsafeMutablePointer<Connection<Stream, S>>

    private static var chunkSlots: Int { 256 }

    private var chunks: [Chunk] = unsafe []
    private var freeSlots: [UInt32] = []
    let limit: Int
    /// Slots in use or promised.
    private(set) var used = 0

    /// - Parameter limit: connections held at most.
    init(limit: Int) {
        precondition(limit > 0 && limit < Int(ConnectionReference.firstSpecialSlot))
        self.limit = limit
    }

    deinit {
        for index in unsafe chunks.indices {
            unsafe chunks[index].deinitialize(count: Self.chunkSlots)
            unsafe chunks[index].deallocate()
        }
    }

    /// Slots that exist, in use or not.
    var slots: Range<UInt32> { unsafe 0..<UInt32(chunks.count * Self.chunkSlots) }
    var isFull: Bool { used >= limit }

    subscript(slot: UInt32) -> Connection<Stream, S> {
        @inline(always)
        unsafeAddress { unsafe UnsafePointer(address(slot)) }
        @inline(always)
        unsafeMutableAddress { unsafe address(slot) }
    }

    /// Where a slot lies as long as there is the slab.
    @inline(always)
    func address(_ slot: UInt32) -> UnsafeMutablePointer<Connection<Stream, S>> {
        // SAFETY: the array checks the chunk; every slot of a chunk was initialised when it was
        // made.
        let index = Int(slot)
        return unsafe chunks[index / Self.chunkSlots] + index % Self.chunkSlots
    }

    /// Whether `reference` still names the connection it was made for.
    @inline(always)
    func isAlive(_ reference: ConnectionReference) -> Bool {
        slots.contains(reference.slot) && self[reference.slot].generation == reference.generation
    }

    /// What names the connection that has `slot` now.
    @inline(always)
    func reference(to slot: UInt32) -> ConnectionReference {
        ConnectionReference(slot: slot, generation: self[slot].generation)
    }

    /// A slot for a new connection, or nil at the limit. The caller sets its phase.
    mutating func allocate() -> ConnectionReference? {
        if used >= limit { return nil }
        if freeSlots.isEmpty { grow() }
        let slot = freeSlots.removeLast()
        used += 1
        return reference(to: slot)
    }

    /// Ends the use of a slot; every reference to it is stale from now on.
    mutating func free(_ slot: UInt32) {
        self[slot].reset()
        freeSlots.append(slot)
        used -= 1
    }

    private mutating func grow() {
        let first = slots.upperBound
        let chunk = Chunk.allocate(capacity: Self.chunkSlots)
        // SAFETY: each slot of the fresh chunk is initialised once.
        for index in 0..<Self.chunkSlots { unsafe (chunk + index).initialize(to: Connection()) }
        unsafe chunks.append(chunk)
        freeSlots.reserveCapacity(Int(slots.upperBound))
        for index in (0..<UInt32(Self.chunkSlots)).reversed() { freeSlots.append(first + index) }
    }
}
