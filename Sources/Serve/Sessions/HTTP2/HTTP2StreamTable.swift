import Basis
import Wire

/// The streams of one connection that are under way, found by identifier.
///
/// Slots grow with the streams that there are at once. Identifiers rise by two, so a stream is
/// nearly always where its identifier says.
struct HTTP2StreamTable: ~Copyable {
    private var slots = SlotArray(count: 4) { HTTP2Stream() }
    /// The identifiers, side by side: 0 where a slot is free.
    private var identifiers: [UInt32] = [0, 0, 0, 0]
    private(set) var count = 0
    /// What the peer may send on each before it is told that more is welcome.
    var window: UInt32 = 0

    /// Slots that exist, in use or not.
    var indices: Range<Int> { identifiers.indices }

    subscript(slot: Int) -> HTTP2Stream {
        @inline(always)
        _read { yield slots[slot] }
        @inline(always)
        _modify { yield &slots[slot] }
    }

    /// The slot of a stream that is under way.
    @inline(always)
    func find(_ id: UInt32) -> Int? {
        let mask = identifiers.count &- 1
        var at = Int(id >> 1) & mask
        for _ in identifiers.indices {
            if identifiers[at] == id { return at }
            at = (at &+ 1) & mask
        }
        return nil
    }

    /// Begins a stream that is not under way.
    mutating func add(_ id: UInt32, sendWindow: HTTP2.Window) -> Int {
        if count == identifiers.count { grow() }
        let mask = identifiers.count &- 1
        var at = Int(id >> 1) & mask
        while identifiers[at] != 0 { at = (at &+ 1) & mask }
        identifiers[at] = id
        count += 1
        slots[at].id = id
        slots[at].sendWindow = sendWindow
        slots[at].receiveWindow = HTTP2.ReceiveWindow(window)
        return at
    }

    /// Forgets a stream. Its buffers keep little storage for the next one.
    mutating func remove(_ slot: Int) {
        var fresh = HTTP2Stream()
        swap(&fresh, &slots[slot])
        fresh.body.keepLittle()
        fresh.data.keepLittle()
        swap(&fresh.body, &slots[slot].body)
        swap(&fresh.data, &slots[slot].data)
        identifiers[slot] = 0
        count -= 1
    }

    private mutating func grow() {
        let old = identifiers.count
        slots.double { HTTP2Stream() }
        identifiers.append(contentsOf: repeatElement(0, count: old))
    }
}
