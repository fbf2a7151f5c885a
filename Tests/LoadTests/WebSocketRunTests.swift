import Basis
import Measure
import Platform
import Report
import Secure
import Testing
import Wire

@testable import Load

/// The server's side of a WebSocket in the virtual world: answers the handshake and echoes.
private final class EchoServer: @unchecked Sendable {
    // One thread runs a generator and this server.
    var welcomes: (_ connection: Int) -> String? = { _ in nil }
    var handshakeTime = Nanoseconds.milliseconds(5)
    /// What follows the echo of the message of this number on a connection.
    var behind: (_ connection: Int, _ number: Int) -> [VirtualWorld.Action] = { _, _ in [] }
    /// What follows the answer to a handshake.
    var onOpen: (_ connection: Int) -> [VirtualWorld.Action] = { _ in [] }
    private(set) var closes: [Int] = []
    private(set) var handshakes = 0
    private var unread: [Int: [UInt8]] = [:]
    private var open: Set<Int> = []
    private var counts: [Int: Int] = [:]

    init(_ world: VirtualWorld) {
        world.hear = { [self] connection, bytes, _ in hear(connection, bytes) }
    }

    private func hear(_ connection: Int, _ bytes: [UInt8]) -> [VirtualWorld.Action] {
        unread[connection, default: []] += bytes
        if open.contains(connection) { return echo(connection) }
        let request = unread[connection, default: []]
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        guard case .head(let end) = parser.next(request.span, from: 0, into: &head),
            case .accept(let acceptance) = WebSocket.ServerHandshake.judge(head, in: request.span)
        else { return [] }
        handshakes += 1
        unread[connection] = Array(request[end...])
        if let refusal = welcomes(connection) {
            return refusal.isEmpty ? [] : [.send(Array(refusal.utf8), after: handshakeTime)]
        }
        open.insert(connection)
        var output = ByteQueue()
        WebSocket.ServerHandshake.write(
            acceptance: acceptance, date: HTTPDate(unixSeconds: 0), to: &output)
        let answer = output.bytes
        return [.send(answer.indices.map { answer[$0] }, after: handshakeTime)]
            + onOpen(connection)
    }

    /// Echoes of whole frames; their payload is short.
    private func echo(_ connection: Int) -> [VirtualWorld.Action] {
        var actions: [VirtualWorld.Action] = []
        while let frame = unread[connection], frame.count >= 6,
            frame.count >= 6 + Int(frame[1] & 0x7F)
        {
            let count = Int(frame[1] & 0x7F)
            unread[connection] = Array(frame[(6 + count)...])
            if frame[0] == 0x88 {
                closes.append(connection)
                continue
            }
            let payload = (0..<count).map { frame[6 + $0] ^ frame[2 + $0 % 4] }
            actions.append(.send([frame[0], UInt8(count)] + payload, after: .milliseconds(1)))
            counts[connection, default: 0] += 1
            actions += behind(connection, counts[connection, default: 0])
        }
        return actions
    }
}

/// The engine with a protocol that has an opening of its own.
struct WebSocketRunTests {
    /// What came of a run, and its two ends.
    private struct Outcome: ~Copyable {
        var result: GeneratorResult?
        let server: EchoServer
        let control: GeneratorControl

        mutating func whole() throws -> GeneratorResult { try result.take().unwrapped() }
    }

    private func run(
        connections: Int = 2, duration: Nanoseconds = .milliseconds(20), isBegun: Bool = true,
        _ script: (EchoServer) -> Void = { _ in }
    ) throws -> Outcome {
        var run = WorldRun(connections: connections, duration: duration)
        run.plan.timeout = .milliseconds(100)
        let server = EchoServer(run.world)
        script(server)
        if isBegun { run.control.begin(at: run.start + .milliseconds(10)) }
        let template = try HTTP1.RequestTemplate(target: "/ws", host: "a")
        let client = WebSocketClient<Echoes>(
            request: try WebSocketRequest(template, kind: .text, message: [97, 98]), window: 1,
            seed: 1)
        let result = try run.run(
            ClosedPacing(), over: PlainStream.self, PlainStream.Context(), client)
        return Outcome(result: result, server: server, control: run.control)
    }

    @Test("the handshake is no part of a message's time")
    func times() throws {
        var outcome = try run()
        let whole = try outcome.whole()
        #expect(whole.tally.succeeded == 40 && whole.tally.errors == ErrorCounts())
        #expect(whole.tally.response.max == .milliseconds(1))
        #expect(outcome.server.handshakes == 2 && outcome.control.established == 2)
    }

    @Test(
        "who opens none before the start ends the run, with the reason",
        arguments: [
            ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "status 404"),
            ("", "100ms passed before the answer to the handshake"),
        ])
    func refused(answer: String, reason: String) throws {
        let outcome = try run(isBegun: false) { $0.welcomes = { _ in answer } }
        let hasResult = outcome.result != nil
        #expect(!hasResult && outcome.control.established == 0)
        guard case .declined(let text) = outcome.control.openingRefusal else {
            Issue.record("no refusal")
            return
        }
        #expect(text.hasSuffix(reason), "\(text)")
    }

    @Test("later it is an attempt that failed, and the next one is made")
    func refusedLater() throws {
        var outcome = try run(connections: 1, duration: .milliseconds(100)) { server in
            server.handshakeTime = .zero
            server.behind = { connection, number in
                connection == 0 && number == 5
                    ? [
                        .send([0x88, 2, 3, 0xE9], after: .zero),
                        .close(after: .milliseconds(1)),
                    ] : []
            }
            server.welcomes = { $0 == 1 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : nil }
        }
        let whole = try outcome.whole()
        let server = outcome.server
        #expect(whole.tally.errors.handshake == 1 && whole.tally.succeeded > 50)
        #expect(whole.firstFailure?.failure.phase == .connect)
        #expect(whole.firstFailure?.failure.reason.hasSuffix("status 503") == true)
        #expect(server.handshakes == 3)
        #expect(server.closes == [0])
    }

    @Test("a connection that is lost in its opening costs an attempt", arguments: [1, 3])
    func lost(connection: Int) throws {
        var outcome = try run(connections: 1, duration: .milliseconds(100)) { server in
            server.handshakeTime = .zero
            server.behind = { _, number in number == 5 ? [.close(after: .zero)] : [] }
            server.welcomes = { $0 == connection ? "HTTP/1.1 200 OK\r\n\r\n" : nil }
        }
        let whole = try outcome.whole()
        let server = outcome.server
        #expect(whole.tally.errors.handshake == 1 && server.handshakes > connection)
    }

    @Test("published messages are events of the window, and a Close frame ends them too early")
    func subscription() throws {
        var run = WorldRun(connections: 1, duration: .milliseconds(40))
        run.plan.timeout = .milliseconds(50)
        run.plan.unixOffset = .seconds(1_000)
        let begin = run.start
        let server = EchoServer(run.world)
        func message(_ milliseconds: Int) -> [UInt8] {
            let due = begin + .milliseconds(milliseconds) + Nanoseconds.seconds(1_000)
            let text = Array((EventText.stamp(due.raw) + " xx").utf8)
            return [0x81, UInt8(text.count)] + text
        }
        // One that is due each 10 ms comes 2 ms late, behind the answer to the handshake, which
        // takes 5 ms.
        server.onOpen = { connection in
            (connection == 0 ? 1...4 : 5...9).map { number in
                .send(message(10 * number), after: .milliseconds(10 * number + 2))
            } + (connection == 0 ? [.send([0x88, 2, 3, 0xE9], after: .milliseconds(43))] : [])
        }
        run.control.begin(at: begin + .milliseconds(15))
        let template = try HTTP1.RequestTemplate(target: "/ws/topic/x", host: "a")
        let request = try WebSocketRequest(
            template, use: .subscriptions, kind: .text, message: [])
        let result = try run.run(
            ClosedPacing(), over: PlainStream.self, PlainStream.Context(),
            WebSocketClient<Subscriptions>(request: request, window: 1, seed: 1)
        ).unwrapped()
        // The window is 15 to 55 ms: 20, 30 and 40 from the first connection; 50 comes later.
        #expect(result.tally.succeeded == 4 && result.tally.bodyBytes == 4 * 22)
        #expect(result.tally.response.min == .milliseconds(2))
        #expect(result.tally.errors.read == 1 && result.tally.errors.total == 1)
        #expect(
            result.firstFailure?.failure.reason
                == "the server ended the subscription after its Close frame with 1001")
        #expect(server.handshakes == 2 && server.closes == [0])
    }
}
