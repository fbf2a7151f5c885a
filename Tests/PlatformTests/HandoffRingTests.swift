import Basis
import Platform
import Synchronization
import TestSupport
import Testing

/// Something that can't be copied and tells when it ends.
private struct Parcel: ~Copyable, Sendable {
    let number: Int
    let ended: Counter

    deinit { ended.add() }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func add() { count.add(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
}

@Suite("handoff ring")
struct HandoffRingTests {
    @Test("behaves as a bounded queue does", arguments: UInt64(1)...20, [1, 2, 16])
    func model(seed: UInt64, capacity: Int) throws {
        var random = SeededGenerator(seed: seed)
        let ring = HandoffRing<Int>(capacity: capacity)
        var model: [Int] = []
        for step in 0..<500 {
            if Bool.random(using: &random) {
                let refused = ring.push(step)
                #expect((refused != nil) == (model.count == capacity), "seed \(seed), step \(step)")
                if refused == nil { model.append(step) }
            } else {
                let popped = ring.pop()
                #expect(popped == model.first, "seed \(seed), step \(step)")
                if popped != nil { model.removeFirst() }
            }
            let (count, isEmpty) = (ring.count, ring.isEmpty)
            #expect(count == model.count && isEmpty == model.isEmpty, "seed \(seed), step \(step)")
        }
    }

    @Test("gives a refused element back, whole")
    func refused() {
        let ended = Counter()
        let ring = HandoffRing<Parcel>(capacity: 2)
        for number in 0..<2 {
            let refused = ring.push(Parcel(number: number, ended: ended))
            let isTaken = refused == nil
            #expect(isTaken)
        }
        if let refused = ring.push(Parcel(number: 2, ended: ended)) {
            #expect(refused.number == 2 && ended.value == 0)
        } else {
            Issue.record("a full ring took a third")
        }
        #expect(ended.value == 1)
    }

    @Test("drops what is left in it, once", arguments: [0, 1, 3, 4])
    func leftovers(popped: Int) {
        let ended = Counter()
        do {
            let ring = HandoffRing<Parcel>(capacity: 4)
            for number in 0..<4 { _ = ring.push(Parcel(number: number, ended: ended)) }
            for number in 0..<popped {
                if let parcel = ring.pop() { #expect(parcel.number == number) }
            }
            #expect(ended.value == popped)
        }
        #expect(ended.value == 4)
    }

    @Test("carries everything in order between two threads", arguments: [1, 2, 64])
    func twoThreads(capacity: Int) throws {
        let count = repetitions(capacity == 1 ? 5_000 : 50_000)
        let ring = Shared(HandoffRing<Parcel>(capacity: capacity))
        defer { ring.free() }
        let ended = Counter()
        let disorder = Atomic<Int>(0)
        try withThreads(2) { index in
            var number = 0
            while number < count {
                if index == 0 {
                    if ring.value.push(Parcel(number: number, ended: ended)) == nil { number += 1 }
                } else if let parcel = ring.value.pop() {
                    if parcel.number != number { disorder.add(1, ordering: .relaxed) }
                    number += 1
                }
            }
        }
        #expect(disorder.load(ordering: .relaxed) == 0)
        // Refused parcels ended as well: each was made again for its next try.
        #expect(ended.value >= count)
        let isEmpty = ring.value.isEmpty
        #expect(isEmpty)
    }

    @Test("a capacity that is no power of two stops the program")
    func badCapacity() async {
        await #expect(processExitsWith: .failure) { _ = HandoffRing<Int>(capacity: 3) }
        await #expect(processExitsWith: .failure) { _ = HandoffRing<Int>(capacity: 0) }
    }
}

@Suite("wake gate")
struct WakeGateTests {
    /// Both ends of a ring whose consumer sleeps in a poller.
    private struct Mailbox: ~Copyable, Sendable {
        let ring = HandoffRing<Int>(capacity: 16)
        let poller: Poller
        let gate: WakeGate

        init() throws(SystemError) {
            // Locals first: a half-made value that can't be copied could not be given up.
            let poller = try Poller()
            let gate = try WakeGate()
            try poller.add(gate.waker, token: 7)
            self.poller = poller
            self.gate = gate
        }
    }

    @Test("wakes a consumer that announced its sleep, once, and nobody else")
    func states() throws {
        let box = Shared(try Mailbox())
        defer { box.free() }
        var kernel = LinuxKernel()
        var events = EventBuffer()
        func isWoken(_ kernel: inout LinuxKernel) -> Bool {
            box.value.gate.wakeIfAsleep(with: &kernel)
        }
        #expect(!isWoken(&kernel))
        box.value.gate.announceSleep()
        #expect(isWoken(&kernel))
        #expect(!isWoken(&kernel))
        try kernel.wait(on: box.value.poller, for: &events, timeout: .zero)
        let token = events.count == 1 ? events[0].token : 0
        #expect(token == 7)
        // The edge was seen: without another wake nothing is ready.
        try kernel.wait(on: box.value.poller, for: &events, timeout: .zero)
        let count = events.count
        #expect(count == 0)
        box.value.gate.announceSleep()
        box.value.gate.announceAwake()
        #expect(!isWoken(&kernel))
    }

    @Test("no message is left behind by a consumer that goes to sleep", arguments: 1...3)
    func noLostWake(round: Int) throws {
        let count = repetitions(20_000)
        let box = Shared(try Mailbox())
        defer { box.free() }
        let taken = Atomic<Int>(0)
        let hung = Atomic<Bool>(false)
        try withThreads(2) { index in
            var kernel = LinuxKernel()
            if index == 0 {
                for number in 0..<count {
                    while box.value.ring.push(number) != nil {}
                    _ = box.value.gate.wakeIfAsleep(with: &kernel)
                    // Now and then the consumer is given the time to fall asleep.
                    if number % (50 * round) == 0 { TestClock.sleep(.microseconds(20)) }
                }
                return
            }
            var events = EventBuffer()
            var expected = 0
            while expected < count {
                while let number = box.value.ring.pop() {
                    if number == expected { taken.add(1, ordering: .relaxed) }
                    expected += 1
                }
                box.value.gate.announceSleep()
                if box.value.ring.isEmpty, expected < count {
                    try? kernel.wait(on: box.value.poller, for: &events, timeout: TestLimit.hang)
                    if events.count == 0 {
                        hung.store(true, ordering: .relaxed)
                        return
                    }
                }
                box.value.gate.announceAwake()
            }
        }
        let hasHung = hung.load(ordering: .relaxed)
        #expect(!hasHung)
        #expect(taken.load(ordering: .relaxed) == count)
    }
}
