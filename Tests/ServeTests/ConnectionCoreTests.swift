import Basis
import Foundation
import Platform
import Secure
import TestSupport
import Testing
import Wire

@testable import Serve

private typealias Loop = VirtualConnection<OwnDesk, HTTP1Session>
private typealias Balanced = VirtualConnection<ScriptedDesk, HTTP1Session>

/// A desk at which every message takes until `end`.
private struct HoldingDesk: MessageDesk, ~Copyable {
    static var isDeferred: Bool { false }
    let end: LoopTime

    mutating func submit(
        _ message: Message, body: Span<UInt8>, from owner: Exchange, mustFollow: Bool,
        items: inout WorkItems, tally: inout Tally
    ) -> Submission {
        .worked(Content(status: .ok, payload: .text("done")), until: end)
    }

    mutating func nextDone() -> UInt32? { nil }
    var hasDone: Bool { false }
    var counts: SyscallCounts { SyscallCounts() }
}

/// What a connection does in time and over any transport, on a clock of the test's making.
@Suite("a connection's state machine")
struct ConnectionCoreTests {
    private func loop(_ change: (inout ServerOptions) -> Void = { _ in }) -> Loop {
        var options = ServerOptions()
        change(&options)
        return Loop(OwnDesk(responder: Responder(ledger: PaymentLedger())), options: options)
    }

    private func balanced(
        items: Int = Limit.messagesInFlight, _ change: (inout ServerOptions) -> Void = { _ in }
    ) -> Balanced {
        var options = ServerOptions()
        change(&options)
        return Balanced(ScriptedDesk(), options: options, items: items)
    }

    private static let get = HTTPText.get("/plaintext")

    private func statuses(_ text: String) -> [Int] {
        text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
    }

    // MARK: time

    static let slowStarts = [
        "GET /", "GET / HTTP/1.1\r\nA: ",
        HTTPText.get("/echo", method: "POST", fields: ["Content-Length: 100000"]),
        HTTPText.get("/echo", method: "POST", fields: ["Transfer-Encoding: chunked"]) + "10000\r\n",
    ]

    @Test("a head or a payload that comes too slowly gets 408", arguments: slowStarts)
    func slow(start: String) {
        let connection = loop()
        connection.receive(start)
        // A byte a second: far below a kibibyte a second.
        for _ in 0..<9 {
            connection.advance(.seconds(1))
            #expect(connection.sent.isEmpty)
            connection.receive("a")
        }
        connection.advance(.seconds(2))
        #expect(statuses(connection.text) == [408] && connection.hasFinishedSending)
        connection.finish()
        #expect(connection.isClosed)
    }

    @Test("a payload that comes at the slowest rate that is allowed is taken")
    func steady() {
        let connection = loop()
        connection.receive(
            HTTPText.get("/echo", method: "POST", fields: ["Content-Length: 61440"]))
        for _ in 0..<60 {
            connection.advance(.seconds(1))
            connection.receive([UInt8](repeating: 97, count: 1_024))
        }
        #expect(statuses(connection.text) == [200])
    }

    @Test("a burst of payload does not buy a long silence")
    func burst() {
        let connection = loop()
        connection.receive(
            HTTPText.get("/echo", method: "POST", fields: ["Content-Length: 1000000"]))
        connection.receive([UInt8](repeating: 97, count: 900_000))
        connection.advance(.seconds(9))
        #expect(connection.sent.isEmpty)
        connection.advance(.seconds(2))
        #expect(statuses(connection.text) == [408])
    }

    @Test("an idle connection ends without a word, and an empty line does not make it busy")
    func idle() {
        let connection = loop { $0.headTimeout = .seconds(1) }
        connection.receive(Self.get + "\r\n")
        #expect(statuses(connection.takeText()) == [200])
        connection.advance(.seconds(59))
        #expect(connection.sent.isEmpty && !connection.hasFinishedSending)
        connection.receive(Self.get)
        #expect(statuses(connection.takeText()) == [200])
        connection.advance(.seconds(61))
        #expect(connection.sent.isEmpty && connection.hasFinishedSending)
    }

    @Test("a reply that is held back comes at its time, before what follows it")
    func heldBack() {
        let connection = loop { $0.idleTimeout = .seconds(1) }
        connection.receive(HTTPText.get("/wait?us=30000000") + Self.get)
        connection.advance(.milliseconds(29_999))
        #expect(connection.sent.isEmpty && !connection.isClosed)
        connection.advance(.milliseconds(1))
        let text = connection.text
        #expect(statuses(text) == [200, 200] && text.contains("waited\n"))
        #expect(text.hasSuffix("Hello, World!"))
    }

    @Test("a peer that takes nothing for half a minute is given up, one that takes a little is not")
    func slowReader() {
        let connection = loop()
        connection.room = 0
        connection.receive(HTTPText.get("/bytes/300000"))
        #expect(connection.waitsFor.contains(.writable))
        for _ in 0..<5 {
            connection.advance(.seconds(29))
            #expect(!connection.isClosed)
            connection.makeRoom(1_000)
        }
        connection.advance(.seconds(31))
        #expect(connection.isClosed && connection.sent.count == 5_000)
    }

    @Test("the deadline of the opening is the head's")
    func neverSpeaks() {
        let connection = loop { $0.idleTimeout = .seconds(3) }
        connection.advance(.seconds(11))
        #expect(connection.hasFinishedSending || connection.isClosed)
    }

    @Test("times and the date count from the end of a handler that held the thread")
    func afterWork() {
        var options = ServerOptions()
        options.idleTimeout = .seconds(2)
        let desk = HoldingDesk(
            end: LoopTime(now: Instant(raw: 6_000_000_000), unixSeconds: 784_111_787))
        let connection = VirtualConnection<HoldingDesk, HTTP1Session>(desk, options: options)
        connection.receive(Self.get)
        #expect(connection.text.contains("Date: Sun, 06 Nov 1994 08:49:47 GMT"))
        // It was asked at 1 s and answered at 6 s.
        connection.advance(.milliseconds(6_900))
        #expect(!connection.hasFinishedSending)
        connection.advance(.milliseconds(300))
        #expect(connection.hasFinishedSending)
    }

    // MARK: cuts

    /// Two of each kind of request, pipelined.
    private static let pipeline =
        [
            get, HTTPText.post("/echo", "abc"), HTTPText.get("/bytes/70000"),
            HTTPText.get("/wait?us=1000"), HTTPText.get("/json", method: "HEAD"),
            HTTPText.post("/echo", String(repeating: "x", count: 5_000)),
        ].joined() + HTTPText.get("/plaintext", fields: ["Connection: close"])

    private func whole() -> [UInt8] {
        let connection = loop()
        connection.receive(Self.pipeline)
        connection.advance(.milliseconds(2))
        return connection.sent
    }

    @Test("replies do not depend on how the bytes were cut", arguments: [1, 2, 3, 7, 64, 1_000])
    func cutInput(size: Int) {
        let connection = loop()
        var rest = Array(Self.pipeline.utf8)[...]
        while !rest.isEmpty {
            connection.receive(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        connection.advance(.milliseconds(2))
        #expect(connection.sent == whole())
        #expect(connection.hasFinishedSending)
    }

    @Test("nor on how much of them a send takes", arguments: [1, 2, 113, 4_096])
    func shortWrites(piece: Int) {
        let connection = loop()
        connection.room = 0
        connection.receive(Self.pipeline)
        let expected = whole()
        var turns = 0
        while connection.sent.count < expected.count, turns < 200_000 {
            connection.makeRoom(piece)
            if connection.room > 0 { connection.advance(.milliseconds(1)) }
            turns += 1
        }
        #expect(connection.sent == expected)
        #expect(connection.hasFinishedSending && connection.held == 0)
    }

    @Test("a write that ends at any byte of a reply goes on there", arguments: [false, true])
    func shortAtEveryByte(isDeferred: Bool) {
        let count = statusesOfOne.utf8.count
        for cut in 0...count {
            let text: String
            if isDeferred {
                let connection = balanced()
                connection.room = cut
                connection.receive(Self.get)
                connection.deliver(0)
                connection.makeRoom(count)
                text = connection.text
            } else {
                let connection = loop()
                connection.room = cut
                connection.receive(Self.get)
                connection.makeRoom(count)
                text = connection.text
            }
            #expect(text == statusesOfOne, "cut at \(cut)")
        }
    }

    private var statusesOfOne: String {
        let connection = loop()
        connection.receive(Self.get)
        return connection.text
    }

    // MARK: ends

    @Test("a half close is answered to the end, then closed", arguments: [1, 50])
    func halfClose(count: Int) {
        let connection = loop()
        connection.room = 10
        connection.receive(String(repeating: Self.get, count: count))
        connection.finish()
        #expect(!connection.isClosed)
        connection.makeRoom(1_000_000)
        #expect(statuses(connection.text).count == count && connection.isClosed)
    }

    @Test("an unfinished request of a peer that has ended is dropped")
    func truncated() {
        let connection = loop()
        connection.receive(Self.get + "GET /plai")
        connection.finish()
        #expect(statuses(connection.text) == [200] && connection.isClosed)
    }

    @Test("a refusal comes behind the replies before it, and ends the connection")
    func refusal() {
        let connection = balanced()
        connection.receive(Self.get + HTTPText.get("/wait?us=1000"))
        connection.receive("BAD\r\n\r\n" + Self.get)
        #expect(connection.sent.isEmpty)
        connection.deliver(0)
        connection.deliver(0)
        connection.advance(.milliseconds(2))
        #expect(statuses(connection.text) == [200, 200, 400])
        #expect(connection.hasFinishedSending)
    }

    @Test("a lingering peer has as long as it acknowledges, and no longer")
    func lingering() {
        let connection = loop()
        connection.receive(HTTPText.get("/plaintext", fields: ["Connection: close"]))
        #expect(connection.hasFinishedSending && !connection.isClosed)
        connection.unacknowledged = 1_000
        connection.advance(.seconds(4))
        connection.receive("what nobody reads")
        #expect(!connection.isClosed && statuses(connection.text) == [200])
        connection.unacknowledged = 0
        connection.advance(.seconds(3))
        #expect(connection.isClosed)
    }

    // MARK: a stop

    @Test("a stop answers what has arrived, the last of it as the last")
    func drain() {
        let connection = loop()
        connection.room = 0
        connection.receive(Self.get)
        connection.stop(unread: 2 * Self.get.utf8.count)
        connection.room = -1
        connection.receive(Self.get + Self.get + Self.get)
        let text = connection.text
        #expect(statuses(text) == [200, 200, 200])
        #expect(text.components(separatedBy: "Connection: close").count == 2)
        #expect(connection.hasFinishedSending)
    }

    @Test("a stop lets an idle connection end, and a message that has begun arrive")
    func drainIdle() {
        let idle = loop()
        idle.stop()
        #expect(idle.hasFinishedSending && idle.sent.isEmpty)
        let begun = loop()
        begun.receive(String(Self.get.prefix(20)))
        begun.stop()
        #expect(!begun.hasFinishedSending)
        begun.receive(String(Self.get.dropFirst(20)))
        #expect(begun.text.contains("Connection: close") && begun.hasFinishedSending)
    }

    @Test("a stop tells the end in the last reply, wherever it is made", arguments: [0, 1, 2])
    func drainWithWorkers(delivered: Int) {
        let connection = balanced()
        connection.receive(Self.get + Self.get + HTTPText.get("/wait?us=5000"))
        for _ in 0..<delivered { connection.deliver(0) }
        connection.stop()
        for _ in delivered..<3 { connection.deliver(0) }
        connection.advance(.milliseconds(6))
        let text = connection.text
        #expect(statuses(text) == [200, 200, 200])
        let parts = text.components(separatedBy: "Connection: close")
        #expect(parts.count == 2 && parts[1].contains("waited"))
        #expect(connection.hasFinishedSending)
    }

    // MARK: workers

    @Test("replies leave in the order of their requests, in whatever order they are made")
    func order() {
        let orders = [[0, 0, 0, 0], [3, 2, 1, 0], [1, 0, 1, 0], [2, 0, 1, 0]]
        for order in orders {
            let connection = balanced()
            connection.receive(
                (1...3).map { HTTPText.post("/echo", "\($0)") }.joined()
                    + HTTPText.get("/bytes/100000"))
            for position in order { connection.deliver(position) }
            let bodies = connection.text.components(separatedBy: "\r\n\r\n").dropFirst()
            #expect(bodies.map { $0.prefix(1) } == ["1", "2", "3", "x"], "\(order)")
            #expect(connection.held == 0)
        }
    }

    @Test("with a long reply before it, a delayed one that came back first keeps its turn")
    func delayedBehindLong() {
        let connection = balanced()
        connection.room = 70_000
        connection.receive(HTTPText.get("/bytes/100000") + HTTPText.get("/wait?us=1000"))
        connection.deliver(1)
        connection.advance(.milliseconds(2))
        #expect(connection.sent.isEmpty)
        connection.deliver(0)
        #expect(connection.sent.count == 70_000)
        connection.makeRoom(1_000_000)
        #expect(statuses(connection.text) == [200, 200])
        #expect(connection.text.hasSuffix("waited\n"))
    }

    @Test("a full desk keeps messages where they are, and goes on when there is room")
    func fullDesk() {
        let connection = balanced(items: 2)
        connection.receive(String(repeating: Self.get, count: 10))
        for _ in 0..<10 {
            #expect(connection.waiting <= 2)
            connection.deliver(0)
        }
        #expect(statuses(connection.text).count == 10)
    }

    @Test("items that come back to a connection that has ended are given back")
    func abandoned() {
        let connection = balanced()
        connection.receive(HTTPText.post("/echo", "abc") + HTTPText.get("/bytes/70000"))
        connection.room = 0
        connection.deliver(0)
        connection.advance(.seconds(31))
        #expect(connection.isClosed)
        connection.deliver(0)
        #expect(connection.held == 0 && connection.freeItems == Limit.messagesInFlight)
    }

    // MARK: what payloads take

    @Test("payloads share a budget, and what is beyond it gets 503", arguments: [false, true])
    func budget(isAnnounced: Bool) {
        let connection = loop { $0.bodiesLimit = ByteCount(raw: 10_000) }
        let fields = [isAnnounced ? "Content-Length: 20000" : "Transfer-Encoding: chunked"]
        connection.receive(HTTPText.get("/echo", method: "POST", fields: fields))
        if !isAnnounced {
            connection.receive("2EE0\r\n" + String(repeating: "a", count: 12_000) + "\r\n")
        }
        #expect(statuses(connection.text) == [503] && connection.held == 0)
    }

    @Test("what came before the opening was done may be a replay, and pays nothing")
    func early() {
        var options = ServerOptions()
        options.pattern = .single
        let connection = Loop(
            OwnDesk(responder: Responder(ledger: PaymentLedger())), options: options,
            isEarly: true)
        let payment = HTTPText.get(
            "/payments", method: "POST", fields: ["Idempotency-Key: k", "Content-Length: 0"])
        connection.receive(Self.get + payment)
        #expect(statuses(connection.takeText()) == [200, 425])
        connection.open()
        connection.receive(payment)
        #expect(statuses(connection.takeText()) == [201])
    }
}
