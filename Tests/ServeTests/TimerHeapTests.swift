import Basis
import Testing

@testable import Serve

@Suite("timer heap")
struct TimerHeapTests {
    @Test("gives what is due, soonest first, as a sorted list would", arguments: UInt64(1)...30)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var heap = TimerHeap<Int>()
        var model: [(due: Int64, entry: Int)] = []
        var clock: Int64 = 0
        for step in 0..<500 {
            if Int.random(in: 0..<3, using: &random) > 0 {
                let due = clock + Int64.random(in: -5...60, using: &random)
                heap.insert(step, due: Instant(raw: due))
                model.append((due, step))
            } else {
                clock += Int64.random(in: 0...40, using: &random)
                while let entry = heap.pop(at: Instant(raw: clock)) {
                    let least = try #require(model.map(\.due).min())
                    let index = try #require(model.firstIndex { $0.entry == entry })
                    #expect(model[index].due == least, "seed \(seed), step \(step)")
                    #expect(least <= clock, "seed \(seed), step \(step)")
                    model.remove(at: index)
                }
                #expect(!model.contains { $0.due <= clock }, "seed \(seed), step \(step)")
            }
            let next = model.map(\.due).min().map { Instant(raw: $0) } ?? .distantFuture
            #expect(heap.next == next, "seed \(seed), step \(step)")
        }
    }

    @Test("what is stale is taken out, and the rest stays in order", arguments: UInt64(1)...20)
    func removal(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var heap = TimerHeap<Int>()
        for entry in 0..<Int.random(in: 0...300, using: &random) {
            heap.insert(entry, due: Instant(raw: Int64.random(in: 0...100, using: &random)))
        }
        var copy = heap
        heap.removeAll { $0 % 3 == 0 }
        var expected: [Int] = []
        var found: [Int] = []
        for time in Int64(0)...100 {
            // Entries due at the same time have no order.
            var due: (Set<Int>, Set<Int>) = ([], [])
            while let entry = copy.pop(at: Instant(raw: time)) { due.0.insert(entry) }
            while let entry = heap.pop(at: Instant(raw: time)) { due.1.insert(entry) }
            expected += due.0.filter { $0 % 3 != 0 }.sorted()
            found += due.1.sorted()
        }
        #expect(found == expected && heap.count == 0, "seed \(seed)")
    }

    @Test("an empty heap has nothing due, ever")
    func empty() {
        var heap = TimerHeap<Int>()
        #expect(heap.next == .distantFuture && heap.pop(at: .distantFuture) == nil)
        heap.insert(1, due: .distantFuture)
        #expect(heap.pop(at: Instant(raw: .max - 1)) == nil)
        #expect(heap.pop(at: .distantFuture) == 1)
    }
}
