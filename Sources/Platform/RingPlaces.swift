import Glibc

/// The places of a ring, found by the number of their descriptor.
@safe
struct RingPlaces: ~Copyable {
    // SAFETY, throughout: `count` initialised elements, owned until `deinit`; the loop's thread
    // alone touches them.
    private var places: UnsafeMutablePointer<RingPlace>
    private var count = 0

    init() { unsafe places = .allocate(capacity: 0) }

    deinit {
        for index in 0..<count {
            // Nobody else knows these any more.
            for connection in unsafe places[index].accepted { _ = Glibc.close(connection) }
            if unsafe places[index].closesBehind { _ = Glibc.close(CInt(index)) }
        }
        unsafe places.deinitialize(count: count)
        unsafe places.deallocate()
    }

    /// Whether the descriptor has had a place.
    @inline(always)
    func contains(_ descriptor: CInt) -> Bool { descriptor >= 0 && Int(descriptor) < count }

    subscript(descriptor: CInt) -> RingPlace {
        @inline(always)
        unsafeAddress {
            precondition(contains(descriptor), "no such place")
            return unsafe UnsafePointer(places + Int(descriptor))
        }
        @inline(always)
        unsafeMutableAddress {
            precondition(contains(descriptor), "no such place")
            return unsafe places + Int(descriptor)
        }
    }

    /// Makes sure that the descriptor has a place.
    mutating func grow(for descriptor: CInt) {
        if contains(descriptor) { return }
        let wanted = max(Int(descriptor) + 1, 2 * count, 64)
        let fresh = UnsafeMutablePointer<RingPlace>.allocate(capacity: wanted)
        unsafe fresh.moveInitialize(from: places, count: count)
        for index in count..<wanted { unsafe (fresh + index).initialize(to: RingPlace()) }
        unsafe places.deallocate()
        unsafe places = fresh
        count = wanted
    }
}
