import Basis
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Serve

/// Some readers' sides of a dispatcher, without the readers.
private struct Ways {
    let all: [Dispatcher.Way]

    init(_ count: Int) throws {
        all = try (0..<count).map { _ in
            Dispatcher.Way(port: Shared(try ReaderPort()), inbox: Shared(Inbox()))
        }
    }

    func dispatcher(_ passage: Passage, _ balance: Balance, seed: UInt64 = 1) -> Dispatcher {
        Dispatcher(ways: all, passage: passage, balance: balance, seed: seed)
    }

    /// Connections that wait at each reader, taken out.
    func take() -> [Int] {
        all.map { way in
            var count = 0
            while way.inbox.value.arrivals.pop() != nil { count += 1 }
            return count
        }
    }

    func load(_ reader: Int) -> Int { all[reader].port.value.load.load(ordering: .relaxed) }

    func free() {
        for way in all {
            way.port.free()
            way.inbox.free()
        }
    }
}

@Suite("dispatcher")
struct DispatcherTests {
    private func hand(
        _ count: Int, _ dispatcher: inout Dispatcher, _ tally: inout Tally
    ) throws {
        var kernel = LinuxKernel()
        for _ in 0..<count {
            dispatcher.hand(try Descriptor.placeholder(), with: &kernel, tally: &tally)
        }
    }

    @Test("round robin goes round", arguments: [1, 2, 3, 7])
    func roundRobin(readers: Int) throws {
        let ways = try Ways(readers)
        defer { ways.free() }
        var dispatcher = ways.dispatcher(.queue, .roundRobin)
        var tally = Tally()
        try hand(readers * 5, &dispatcher, &tally)
        #expect(ways.take() == Array(repeating: 5, count: readers))
        #expect(tally.handoffs == UInt64(readers * 5) && tally.shed == 0)
    }

    @Test("least connections fills the emptiest, and spreads over equals", arguments: [1, 2, 5])
    func leastConnections(readers: Int) throws {
        let ways = try Ways(readers)
        defer { ways.free() }
        var dispatcher = ways.dispatcher(.queue, .leastConnections)
        var tally = Tally()
        try hand(readers * 3, &dispatcher, &tally)
        #expect(ways.take() == Array(repeating: 3, count: readers))
        // The last reader loses all of its connections: the next ones are for it.
        _ = ways.all[readers - 1].port.value.load.exchange(0, ordering: .relaxed)
        try hand(3, &dispatcher, &tally)
        #expect(ways.take().last == 3)
    }

    @Test("two choices never pick the fuller of the two", arguments: UInt64(1)...5)
    func twoChoices(seed: UInt64) throws {
        let ways = try Ways(2)
        defer { ways.free() }
        var dispatcher = ways.dispatcher(.queue, .twoChoices, seed: seed)
        var tally = Tally()
        ways.all[0].port.value.load.wrappingAdd(1_000, ordering: .relaxed)
        try hand(200, &dispatcher, &tally)
        let taken = ways.take()
        // The full reader gets one only when both draws fall on it: a quarter of 200, give or take.
        #expect(
            taken[0] + taken[1] == 200 && (20...90).contains(taken[0]), "seed \(seed): \(taken)")
    }

    @Test("a full ring sheds the connection, closes it and does not count it as load")
    func fullRing() throws {
        let ways = try Ways(1)
        defer { ways.free() }
        let plan = FaultPlan()
        var kernel = FaultyKernel(plan)
        var dispatcher = ways.dispatcher(.queue, .roundRobin)
        var tally = Tally()
        for _ in 0..<(Limit.arrivals + 3) {
            dispatcher.hand(try Descriptor.placeholder(), with: &kernel, tally: &tally)
        }
        #expect(tally.handoffs == UInt64(Limit.arrivals) && tally.shed == 3 && plan.closed == 3)
        #expect(ways.load(0) == Limit.arrivals)
        #expect(ways.take() == [Limit.arrivals])
    }

    @Test("without a promised slot a connection is shed after the reader was woken")
    func noPromise() throws {
        let ways = try Ways(1)
        defer { ways.free() }
        var dispatcher = ways.dispatcher(.direct, .roundRobin)
        var tally = Tally()
        try hand(1, &dispatcher, &tally)
        #expect(tally.shed == 1 && tally.handoffs == 0 && tally.wakeups > 0)
        #expect(ways.load(0) == 0 && ways.take() == [0])
    }

    @Test("with a promised slot the connection arrives under it, and wakes nobody")
    func promised() throws {
        let ways = try Ways(1)
        defer { ways.free() }
        let promised = ConnectionReference(slot: 5, generation: 9)
        _ = ways.all[0].inbox.value.promises.push(promised)
        var dispatcher = ways.dispatcher(.direct, .roundRobin)
        var tally = Tally()
        try hand(1, &dispatcher, &tally)
        var arrived: ConnectionReference?
        if let arrival = ways.all[0].inbox.value.arrivals.pop() { arrived = arrival.promised }
        #expect(arrived == promised)
        #expect(tally.handoffs == 1 && tally.wakeups == 0 && ways.load(0) == 1)
    }
}
