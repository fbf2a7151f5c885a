import Basis
import Synchronization
import TestSupport
import Testing

@testable import Platform
@testable import Secure

/// What a connection leaves for the next one.
@Suite("resumption of TLS")
struct TLSResumptionTests {
    private static func settings(
        _ version: TLSSettings.Version? = nil, _ handshake: TLSSettings.Handshake = .resumed,
        early: Int = 0, tickets: Int = 2
    ) -> TLSSettings {
        var settings = TLSSettings()
        settings.version = version
        settings.handshake = handshake
        settings.earlyBytes = early
        settings.tickets = tickets
        return settings
    }

    /// Both ends of connections, one behind the other, that know what the last one left.
    private struct Line: ~Copyable {
        var client: TLSContext
        var server: TLSContext
        var pair: TLSPair

        init(client: TLSSettings, server: TLSSettings, keys: TicketKeys? = nil) throws {
            let mine = try TLSPair.clientContext(client)
            let its = try TLSContext(
                server: server,
                identity: TestAuthority.identity(.p256, names: ["one.test"], addresses: []),
                ticketKeys: keys)
            pair = try TLSPair(client: mine, server: its)
            (self.client, self.server) = (mine, its)
        }

        /// Opens, exchanges a word each way, so that tickets have come, and reconnects.
        mutating func pass() throws -> OpeningFacts? {
            let isOpen = pair.open()
            pair.client.output = Array("question".utf8)
            pair.server.output = Array("answer".utf8)
            let isDone = pair.run { client, server in
                client.input.count >= 6 && server.input.count >= 8 || client.isOver || server.isOver
            }
            let facts = pair.client.facts
            let its = pair.server.facts
            #expect(isOpen && isDone && facts?.isResumed == its?.isResumed)
            try pair.reconnect(client: client, server: server)
            return facts
        }
    }

    @Test("a ticket is used, again and again", arguments: TLSSettings.Version.allCases)
    func again(version: TLSSettings.Version) throws {
        var line = try Line(client: Self.settings(version), server: Self.settings(version))
        let first = try line.pass()
        #expect(first?.isResumed == false)
        for round in 0..<20 {
            let next = try line.pass()
            #expect(next?.isResumed == true && next?.early == EarlyOutcome.none, "\(round)")
        }
    }

    @Test(
        "nothing is resumed unless both want it", arguments: TLSSettings.Version.allCases,
        [(TLSSettings.Handshake.full, 2), (TLSSettings.Handshake.resumed, 0)])
    func unwanted(version: TLSSettings.Version, wish: (TLSSettings.Handshake, Int)) throws {
        var line = try Line(
            client: Self.settings(version, wish.0),
            server: Self.settings(version, tickets: wish.1))
        for _ in 0..<3 {
            let facts = try line.pass()
            #expect(facts?.isResumed == false)
        }
    }

    @Test("a ticket of 1.3 is used once: without a new one, the next handshake is full")
    func drained() throws {
        var line = try Line(
            client: Self.settings(.tls13), server: Self.settings(.tls13, tickets: 1))
        _ = try line.pass()
        // The second connection takes the only ticket and ends before it has brought another.
        try line.pair.reconnect(client: line.client, server: line.server)
        let third = try line.pass()
        #expect(third?.isResumed == false)
    }

    @Test(
        "keys turn: a ticket opens for one more period, and none later",
        arguments: TLSSettings.Version.allCases, [(0, true), (1, true), (2, false), (5, false)])
    func turning(version: TLSSettings.Version, wait: (Int, Bool)) throws {
        let time = Mutex(Instant(raw: 0))
        let keys = TicketKeys(period: .seconds(60)) { time.withLock { $0 } }
        var line = try Line(
            client: Self.settings(version), server: Self.settings(version), keys: keys)
        _ = try line.pass()
        for _ in 0..<wait.0 { time.withLock { $0 = $0 + .seconds(60) } }
        let next = try line.pass()
        #expect(next?.isResumed == wait.1)
    }

    @Test(
        "what goes early is read before the handshake is done, and answered", arguments: [1, 500])
    func early(count: Int) throws {
        var line = try Line(
            client: Self.settings(.tls13, .early), server: Self.settings(.tls13, early: 16_384))
        _ = try line.pass()
        for _ in 0..<4 {
            let text = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            line.pair.client.isHasty = true
            line.pair.client.output = text
            line.pair.client.step()
            line.pair.server.output = Array("half a round trip".utf8)
            line.pair.server.step()
            let early = line.pair.server.earlyInput
            let left = line.pair.server.output
            #expect(early == text && left.isEmpty, "before the client has said more")
            let isDone = line.pair.run { client, _ in client.input.count >= 17 || client.isOver }
            let facts = line.pair.client.facts
            #expect(isDone && facts?.early == .accepted && facts?.earlyBytes == count)
            // The tickets follow the client's last word.
            let waits = line.pair.client.awaitsTicket
            let hasCome = line.pair.run { client, _ in !client.awaitsTicket }
            #expect(waits && hasCome)
            let its = line.pair.server.facts
            #expect(its?.early == .accepted && its?.isResumed == true)
            try line.pair.reconnect(client: line.client, server: line.server)
        }
    }

    @Test(
        "early data comes through a socket that cuts it anywhere",
        arguments: [1, 2, 3, 7, 100, 1_000])
    func cutEarly(size: Int) throws {
        var line = try Line(
            client: Self.settings(.tls13, .early), server: Self.settings(.tls13, early: 16_384))
        _ = try line.pass()
        line.pair.faults.limitTransfers(to: size)
        let text = (0..<3_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        line.pair.client.isHasty = true
        line.pair.client.output = text
        line.pair.server.output = text
        let isDone = line.pair.run { client, server in
            client.input.count >= 3_000 && server.input.count >= 3_000
                || client.isOver || server.isOver
        }
        let (down, up) = (line.pair.client.input, line.pair.server.input)
        let facts = line.pair.client.facts
        #expect(isDone && down == text && up == text && facts?.early == .accepted)
    }

    @Test("more than fits goes when the handshake is done", arguments: [16_384, 16_385, 40_000])
    func muchEarly(count: Int) throws {
        var line = try Line(
            client: Self.settings(.tls13, .early), server: Self.settings(.tls13, early: 16_384))
        _ = try line.pass()
        let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 11) }
        line.pair.client.isHasty = true
        line.pair.client.output = text
        let isDone = line.pair.run { client, server in
            server.input.count >= count && client.facts != nil || client.isOver || server.isOver
        }
        let up = line.pair.server.input
        let facts = line.pair.client.facts
        #expect(isDone && up == text && facts?.earlyBytes == 16_384)
    }

    @Test("a server takes no more than it has said", arguments: [1, 100])
    func smallRoom(room: Int) throws {
        var line = try Line(
            client: Self.settings(.tls13, .early), server: Self.settings(.tls13, early: room))
        _ = try line.pass()
        let said = line.pair.client.earlyRoom
        #expect(said == room)
    }

    @Test("what a server does not take early is sent again")
    func rejected() throws {
        var line = try Line(
            client: Self.settings(.tls13, .early), server: Self.settings(.tls13, early: 16_384))
        _ = try line.pass()
        // Another server of the same name knows nothing of the ticket.
        let other = try TLSPair.serverContext(Self.settings(.tls13, early: 16_384))
        try line.pair.reconnect(client: line.client, server: other)
        let text = Array("an early question".utf8)
        line.pair.client.isHasty = true
        line.pair.client.output = text
        let isDone = line.pair.run { client, server in
            server.input.count >= text.count || client.isOver || server.isOver
        }
        let (up, early) = (line.pair.server.input, line.pair.server.earlyInput)
        let (mine, its) = (line.pair.client.facts, line.pair.server.facts)
        // The ticket of the first connection went with the reconnection above; this one had the
        // second.
        #expect(isDone && up == text && early.isEmpty)
        #expect(mine?.early == .rejected && mine?.earlyBytes == 0 && mine?.isResumed == false)
        #expect(its?.early == .rejected)
    }

    @Test("the first flight of an earlier connection does nothing a second time")
    func replayed() throws {
        var line = try Line(
            client: Self.settings(.tls13, .early), server: Self.settings(.tls13, early: 16_384))
        _ = try line.pass()
        let text = Array("pay".utf8)
        line.pair.client.isHasty = true
        line.pair.client.output = text
        line.pair.client.step()
        let flight = try line.pair.server.peek()
        #expect(!flight.isEmpty)
        line.pair.server.step()
        let early = line.pair.server.earlyInput
        #expect(early == text)
        let (one, other) = try TLSEnd.sockets()
        var victim = TLSEnd(line.server, on: Descriptor(raw: other), faults: FaultPlan())
        let attacker = Descriptor(raw: one)
        var kernel = LinuxKernel()
        _ = try kernel.send(flight.span, to: attacker)
        for _ in 0..<10 { victim.step() }
        let again = victim.earlyInput + victim.input
        #expect(again.isEmpty)
    }

    @Test("an end that comes with an early answer waits for the handshake")
    func finishedEarly() throws {
        var line = try Line(
            client: Self.settings(.tls13, .early), server: Self.settings(.tls13, early: 16_384))
        _ = try line.pass()
        line.pair.client.isHasty = true
        line.pair.client.output = Array("question".utf8)
        line.pair.client.step()
        line.pair.server.output = Array("answer".utf8)
        line.pair.server.step()
        line.pair.server.finishSending()
        let isDone = line.pair.run { client, _ in client.isOver }
        let (input, end) = (line.pair.client.input, line.pair.client.end)
        #expect(isDone && input == Array("answer".utf8) && end == .closed)
    }
}
