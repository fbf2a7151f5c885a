import Basis
import Platform
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Serve

@Suite("work queue, work items and desk")
struct WorkTests {
    @Test("a queue gives what it was given, oldest first, around its ring")
    func order() {
        let queue = Shared(WorkQueue(capacity: 4))
        defer { queue.free() }
        var slept: UInt64 = 0
        for base in stride(from: UInt32(0), to: 30, by: 3) {
            for offset in 0..<3 {
                let hasWoken = queue.value.push(base + UInt32(offset))
                #expect(!hasWoken)
            }
            for offset in 0..<3 {
                let item = queue.value.pop(slept: &slept)
                #expect(item == base + UInt32(offset))
            }
        }
        #expect(slept == 0)
    }

    @Test("a closed queue lets its workers go at once, asleep or not, whatever it holds")
    func closed() throws {
        let queue = Shared(WorkQueue(capacity: 8))
        defer { queue.free() }
        let gone = Atomic<Int>(0)
        let sleepers = Handover(
            try Thread(named: "waiting") {
                var slept: UInt64 = 0
                while queue.value.pop(slept: &slept) != nil {}
                gone.add(1, ordering: .relaxed)
            })
        TestClock.sleep(.milliseconds(5))
        queue.value.close()
        sleepers.take().join()
        #expect(gone.load(ordering: .relaxed) == 1)
        _ = queue.value.push(1)
        var slept: UInt64 = 0
        let left = queue.value.pop(slept: &slept)
        #expect(left == nil)
    }

    @Test("many workers take every item exactly once")
    func everyItemOnce() throws {
        let count = UInt32(repetitions(20_000))
        let queue = Shared(WorkQueue(capacity: 64))
        defer { queue.free() }
        let room = Atomic<Int>(64)
        let seen = Guarded([Int](repeating: 0, count: Int(count)))
        try withThreads(4) { index in
            if index == 0 {
                for item in 0..<count {
                    while room.load(ordering: .acquiring) == 0 {}
                    room.subtract(1, ordering: .acquiringAndReleasing)
                    _ = queue.value.push(item)
                }
                while room.load(ordering: .acquiring) < 64 { TestClock.sleep(.microseconds(50)) }
                queue.value.close()
                return
            }
            var slept: UInt64 = 0
            while let item = queue.value.pop(slept: &slept) {
                seen.withLock { $0[Int(item)] += 1 }
                room.add(1, ordering: .acquiringAndReleasing)
            }
        }
        let isExact = seen.withLock { $0.allSatisfy { $0 == 1 } }
        #expect(isExact)
    }

    @Test("an item keeps what its holder wrote, and indices are apart")
    func items() {
        let pool = Shared(WorkItemPool(capacity: 8))
        defer { pool.free() }
        for index in pool.value.indices {
            pool.value.withItem(index) { item in
                item.head.source = ReplySource(left: Int(index) + 1)
                item.body.append(UInt8(index))
            }
        }
        for index in pool.value.indices {
            let (filler, count, first) = pool.value.withItem(index) { item in
                (Int(item.head.source.left), item.body.count, item.body.bytes[0])
            }
            #expect(filler == Int(index) + 1 && count == 1 && first == UInt8(index))
        }
        #expect(pool.value.indices.count == 8)
    }

    @Test("an index that does not exist stops the program")
    func strayIndex() async {
        await #expect(processExitsWith: .failure) {
            let pool = WorkItemPool(capacity: 8)
            pool.withItem(8) { $0.delay = nil }
        }
    }

    /// A desk that puts messages into lanes whose workers are the test's.
    private struct Crew: ~Copyable {
        let pool = Shared(WorkItemPool())
        let lanes: [Shared<WorkerLane>]
        var items: WorkItems
        var desk: WorkerDesk<LinuxKernel>
        var tally = Tally()

        init(lanes count: Int, answersItself: Bool = false) throws {
            lanes = try (0..<count).map { _ in Shared(try WorkerLane()) }
            items = WorkItems(pool)
            desk = WorkerDesk(
                kernel: LinuxKernel(),
                team: WorkerTeam(pool: pool, lanes: lanes, distribution: .perWorker),
                responder: Responder(ledger: PaymentLedger()), answersItself: answersItself)
        }

        deinit {
            pool.free()
            for lane in lanes { lane.free() }
        }

        mutating func submit(
            _ message: Message, body: [UInt8] = [],
            from owner: Exchange = Exchange(connection: .init(slot: 0, generation: 0), stream: 0)
        ) -> Submission {
            desk.submit(
                message, body: body.span, from: owner, mustFollow: false, items: &items,
                tally: &tally)
        }
    }

    private func message(_ line: String) throws -> Message {
        try withHead("\(line) HTTP/1.1\r\nHost: h\r\n\r\n") { head, input in
            Message(route: chosenRoute(of: head, in: input))
        }
    }

    @Test("a returned item has forgotten its message, and gives back what is much")
    func release() throws {
        var crew = try Crew(lanes: 1)
        let owner = Exchange(connection: .init(slot: 1, generation: 2), stream: 3)
        let body = [UInt8](repeating: 1, count: 100_000)
        let message = try message("POST /echo")
        for _ in 0..<3 {
            guard
                case .passedOn(let index) = crew.submit(message, body: body, from: owner)
            else {
                Issue.record("the desk answered by itself")
                return
            }
            let isSame = crew.items.withItem(index) { $0.body.count == 100_000 }
            let link = crew.items[index]
            #expect(isSame && link.owner == owner && link.next == WorkItem.none)
            #expect(link.state == .withWorker)
            let taken = crew.lanes[0].value.inbound.pop()
            #expect(taken == index)
            crew.items.withItem(index) { $0.output.append(1) }
            // What one use leaves behind must not show in the next.
            crew.items[index].state = .done
            crew.items[index].next = 5
            crew.items.release(index)
            let kept = crew.items.withItem(index) { item in
                (item.message == nil, item.body.storageBytes, item.output.count)
            }
            #expect(kept == (true, 0, 0))
        }
        #expect(crew.tally.handoffs == 3)
    }

    @Test("the first message has its times taken, and then one of so many, whatever is between")
    func timing() throws {
        var crew = try Crew(lanes: 2, answersItself: true)
        let (slow, quick) = (try message("GET /block?us=1"), try message("GET /plaintext"))
        var timed: [Int] = []
        for number in 0..<2 * Limit.messagesPerTiming + 1 {
            // What the loop answers itself stands in no queue.
            _ = crew.submit(quick)
            guard case .passedOn(let index) = crew.submit(slow) else {
                Issue.record("the desk answered by itself")
                return
            }
            if crew.items.withItem(index, { $0.queued.take() }) != nil { timed.append(number) }
            _ = crew.lanes[number % 2].value.inbound.pop()
            crew.items.release(index)
        }
        #expect(timed == [0, Limit.messagesPerTiming, 2 * Limit.messagesPerTiming])
        // Lanes in turn: two that are timed behind each other have different workers.
        #expect(Limit.messagesPerTiming % 2 == 1)
    }

    @Test("the desk is full when every item is out, and lanes take turns")
    func fullDesk() throws {
        var crew = try Crew(lanes: 3)
        let message = try message("GET /plaintext")
        for _ in 0..<Limit.messagesInFlight {
            let hasRoom = crew.items.hasRoom
            #expect(hasRoom)
            _ = crew.submit(message)
        }
        let hasRoom = crew.items.hasRoom
        #expect(!hasRoom)
        let counts = crew.lanes.map { $0.value.inbound.count }
        #expect(counts.reduce(0, +) == Limit.messagesInFlight)
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        // What comes back on any lane is found.
        for lane in crew.lanes {
            let waiting = lane.value.inbound.pop()
            let item = try #require(waiting)
            _ = lane.value.outbound.push(item)
        }
        var found = 0
        while let item = crew.desk.nextDone() {
            crew.items.release(item)
            found += 1
        }
        let hasDone = crew.desk.hasDone
        #expect(found == 3 && !hasDone)
    }

    @Test("what a message weighs is its payload and that of its reply")
    func weight() throws {
        for (line, body, weight) in [
            ("GET /plaintext", 0, 0), ("GET /bytes/100", 0, 100), ("GET /bytes/1000000", 5, 65_541),
            ("POST /echo", 7, 7),
        ] {
            #expect(try message(line).weight(body: body) == weight, "\(line)")
        }
    }
}
