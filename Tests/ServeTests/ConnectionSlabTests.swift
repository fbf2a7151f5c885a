import Basis
import Secure
import Testing

@testable import Serve

/// A slab in a box, so that expectations can ask it.
private final class Slab {
    var all: ConnectionSlab<PlainStream, HTTP1Session>

    init(limit: Int) { all = ConnectionSlab(limit: limit) }

    var used: Int { all.used }
    var isFull: Bool { all.isFull }
    var slots: Range<UInt32> { all.slots }

    func allocate() -> ConnectionReference? { all.allocate() }
    func free(_ slot: UInt32) { all.free(slot) }
    func isAlive(_ reference: ConnectionReference) -> Bool { all.isAlive(reference) }
}

@Suite("connection slab")
struct ConnectionSlabTests {
    @Test("a reference lives as long as the use of its slot")
    func generations() throws {
        let slab = Slab(limit: 10)
        let first = try #require(slab.allocate())
        #expect(slab.isAlive(first) && slab.used == 1)
        slab.all[first.slot].state.session.end()
        slab.all[first.slot].state.phase = .idle
        slab.all[first.slot].state.output.append(7)
        slab.free(first.slot)
        #expect(!slab.isAlive(first) && slab.used == 0)

        let second = try #require(slab.allocate())
        #expect(second.slot == first.slot && second.generation == first.generation + 1)
        #expect(!slab.isAlive(first) && slab.isAlive(second))
        // Nothing of the former use is left.
        let phase = slab.all[second.slot].state.phase
        let deadline = slab.all[second.slot].state.deadline
        let isLast = slab.all[second.slot].state.session.isLast
        let kept = slab.all[second.slot].state.output.storageBytes
        #expect(phase == .free && deadline == .distantFuture && !isLast && kept == 0)
    }

    @Test("references to slots that never were are not alive")
    func strangers() {
        let slab = Slab(limit: 10)
        for slot in [0, 1, 255, 256, ConnectionReference.firstSpecialSlot, .max] as [UInt32] {
            #expect(!slab.isAlive(ConnectionReference(slot: slot, generation: 0)))
        }
    }

    @Test("a generation that has run over starts again")
    func overflow() throws {
        let slab = Slab(limit: 10)
        let first = try #require(slab.allocate())
        slab.all[first.slot].generation = .max
        let last = ConnectionReference(slot: first.slot, generation: .max)
        #expect(slab.isAlive(last))
        slab.free(first.slot)
        let generation = slab.all[first.slot].generation
        #expect(!slab.isAlive(last) && generation == 0)
    }

    @Test("as many as the limit says, over several chunks", arguments: [1, 2, 255, 256, 257, 700])
    func limit(limit: Int) throws {
        let slab = Slab(limit: limit)
        var slots: Set<UInt32> = []
        for _ in 0..<limit {
            #expect(!slab.isFull)
            slots.insert(try #require(slab.allocate()).slot)
        }
        #expect(slots.count == limit && slab.isFull && slab.allocate() == nil)
        #expect(slots.allSatisfy { slab.slots.contains($0) })
        let freed = try #require(slots.first)
        slab.free(freed)
        #expect(slab.allocate()?.slot == freed)
        #expect(slab.allocate() == nil && slab.used == limit)
    }

    @Test("addresses stay where they are while the slab grows")
    func addresses() throws {
        let slab = Slab(limit: 2_000)
        var references: [ConnectionReference] = []
        for number in 0..<2_000 {
            let reference = try #require(slab.allocate())
            slab.all[reference.slot].state.arrived = number
            references.append(reference)
        }
        for (number, reference) in references.enumerated() {
            let written = slab.all[reference.slot].state.arrived
            #expect(written == number && slab.isAlive(reference))
        }
    }

    @Test("a token carries slot and generation")
    func tokens() {
        for (slot, generation) in [(0, 0), (7, 9), (.max, .max), (1, .max)] as [(UInt32, UInt32)] {
            let reference = ConnectionReference(slot: slot, generation: generation)
            #expect(ConnectionReference(token: reference.token) == reference)
        }
    }

    @Test("any mix of taking and freeing keeps references apart", arguments: UInt64(1)...10)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let slab = Slab(limit: 300)
        var alive: [ConnectionReference] = []
        var stale: [ConnectionReference] = []
        for step in 0..<2_000 {
            if alive.isEmpty || Bool.random(using: &random) {
                guard let new = slab.allocate() else { continue }
                #expect(!alive.contains(new) && !stale.contains(new), "seed \(seed), step \(step)")
                alive.append(new)
            } else {
                let index = Int.random(in: 0..<alive.count, using: &random)
                let old = alive.remove(at: index)
                slab.free(old.slot)
                stale.append(old)
            }
            #expect(slab.used == alive.count)
        }
        #expect(alive.allSatisfy { slab.isAlive($0) }, "seed \(seed)")
        #expect(!stale.contains { slab.isAlive($0) }, "seed \(seed)")
    }
}
