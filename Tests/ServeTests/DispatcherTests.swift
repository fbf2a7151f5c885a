import Basis
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Serve

/// Some readers' sides of a dispatcher, without the readers.
private struct Ways {
    let all: [Dispatcher.Destination]

    init(_ count: Int) throws {
        all = try (0..<count).map { _ in
            Dispatcher.Destination(port: Shared(try ReaderPort()), inbox: Shared(Inbox()))
        }
    }

    func dispatcher(_ mode: HandoffMode, _ balance: Balance, seed: UInt64 = 1) -> Dispatcher {
        Dispatcher(destinations: all, mode: mode, balance: balance, seed: seed)
    }

    /// Connections that wait at each reader, taken out.
    func take() -> [Int] {
        all.map { destination in
            var count = 0
            while destination.inbox.value.arrivals.pop() != nil { count += 1 }
            return count
        }
    }

    func load(_ reader: Int) -> Int { all[reader].port.value.load.load(ordering: .relaxed) }

    func free() {
        for destination in all {
            destination.port.free()
            destination.inbox.free()
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
        let destinations = try Ways(readers)
        defer { destinations.free() }
        var dispatcher = destinations.dispatcher(.queue, .roundRobin)
        var tally = Tally()
        try hand(readers * 5, &dispatcher, &tally)
        #expect(destinations.take() == Array(repeating: 5, count: readers))
        #expect(tally.handoffs == UInt64(readers * 5) && tally.shed == 0)
    }

    @Test("least connections fills the emptiest, and spreads over equals", arguments: [1, 2, 5])
    func leastConnections(readers: Int) throws {
        let destinations = try Ways(readers)
        defer { destinations.free() }
        var dispatcher = destinations.dispatcher(.queue, .leastConnections)
        var tally = Tally()
        try hand(readers * 3, &dispatcher, &tally)
        #expect(destinations.take() == Array(repeating: 3, count: readers))
        // The last reader loses all of its connections: the next ones are for it.
        _ = destinations.all[readers - 1].port.value.load.exchange(0, ordering: .relaxed)
        try hand(3, &dispatcher, &tally)
        #expect(destinations.take().last == 3)
    }

    @Test("two choices never pick the fuller of the two", arguments: UInt64(1)...5)
    func twoChoices(seed: UInt64) throws {
        let destinations = try Ways(2)
        defer { destinations.free() }
        var dispatcher = destinations.dispatcher(.queue, .twoChoices, seed: seed)
        var tally = Tally()
        destinations.all[0].port.value.load.wrappingAdd(1_000, ordering: .relaxed)
        try hand(200, &dispatcher, &tally)
        let taken = destinations.take()
        // The full reader gets one only when both draws fall on it: a quarter of 200, give or take.
        #expect(
            taken[0] + taken[1] == 200 && (20...90).contains(taken[0]), "seed \(seed): \(taken)")
    }

    @Test("a full ring sheds the connection, closes it and does not count it as load")
    func fullRing() throws {
        let destinations = try Ways(1)
        defer { destinations.free() }
        let plan = FaultPlan()
        var kernel = FaultyKernel(plan)
        var dispatcher = destinations.dispatcher(.queue, .roundRobin)
        var tally = Tally()
        for _ in 0..<(Limit.arrivals + 3) {
            dispatcher.hand(try Descriptor.placeholder(), with: &kernel, tally: &tally)
        }
        #expect(tally.handoffs == UInt64(Limit.arrivals) && tally.shed == 3 && plan.closed == 3)
        #expect(destinations.load(0) == Limit.arrivals)
        #expect(destinations.take() == [Limit.arrivals])
    }

    @Test("without a promised slot a connection is shed after the reader was woken")
    func noPromise() throws {
        let destinations = try Ways(1)
        defer { destinations.free() }
        var dispatcher = destinations.dispatcher(.direct, .roundRobin)
        var tally = Tally()
        try hand(1, &dispatcher, &tally)
        #expect(tally.shed == 1 && tally.handoffs == 0 && tally.wakeups > 0)
        #expect(destinations.load(0) == 0 && destinations.take() == [0])
    }

    @Test("with a promised slot the connection arrives under it, and wakes nobody")
    func promised() throws {
        let destinations = try Ways(1)
        defer { destinations.free() }
        let promised = ConnectionReference(slot: 5, generation: 9)
        _ = destinations.all[0].inbox.value.promises.push(promised)
        var dispatcher = destinations.dispatcher(.direct, .roundRobin)
        var tally = Tally()
        try hand(1, &dispatcher, &tally)
        var arrived: ConnectionReference?
        if let arrival = destinations.all[0].inbox.value.arrivals.pop() {
            arrived = arrival.promised
        }
        #expect(arrived == promised)
        #expect(tally.handoffs == 1 && tally.wakeups == 0 && destinations.load(0) == 1)
    }
}
