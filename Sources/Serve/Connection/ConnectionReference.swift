/// Names a connection of one reader for as long as it lives: a slot and how often the slot was
/// used.
///
/// The kernel hands it back as the token of an event. A bare descriptor would not do: its number is
/// reused at once after a close, and a stale event of the same batch would reach the wrong peer.
struct ConnectionReference: Equatable, BitwiseCopyable, Sendable {
    let slot: UInt32
    let generation: UInt32

    @inline(always)
    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    @inline(always)
    init(token: UInt64) {
        slot = UInt32(truncatingIfNeeded: token)
        generation = UInt32(truncatingIfNeeded: token >> 32)
    }

    @inline(always)
    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    /// Slots from here on are not connections but a loop's own descriptors.
    static let firstSpecialSlot: UInt32 = 0xFFFF_FF00
}
