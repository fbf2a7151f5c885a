import Basis
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
    private func run(
        connections: Int = 2, duration: Nanoseconds = .milliseconds(20), isBegun: Bool = true,
        _ script: (EchoServer) -> Void = { _ in }
    ) throws -> (result: GeneratorResult?, server: EchoServer, control: GeneratorControl) {
        var run = WorldRun(connections: connections, duration: duration)
        run.plan.timeout = .milliseconds(100)
        let server = EchoServer(run.world)
        script(server)
        if isBegun { run.control.begin(at: run.start + .milliseconds(10)) }
        let template = try HTTP1.RequestTemplate(target: "/ws", host: "a")
        let client = WebSocketClient(
            request: try WebSocketRequest(template, kind: .text, message: [97, 98]), window: 1,
            seed: 1)
        let result = try run.run(
            ClosedPacing(), over: PlainStream.self, PlainStream.Context(), client)
        return (result, server, run.control)
    }

    @Test("the handshake is no part of a message's time")
    func times() throws {
        let (result, server, control) = try run()
        let tally = try result.unwrapped().tally
        #expect(tally.succeeded == 40 && tally.errors == ErrorCounts())
        #expect(tally.response.max == .milliseconds(1))
        #expect(server.handshakes == 2 && control.established == 2)
    }

    @Test(
        "who opens none before the start ends the run, with the reason",
        arguments: [
            ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "status 404"),
            ("", "100ms passed before the answer to the handshake"),
        ])
    func refused(answer: String, reason: String) throws {
        let (result, _, control) = try run(isBegun: false) { $0.welcomes = { _ in answer } }
        #expect(result == nil && control.established == 0)
        guard case .declined(let text) = control.openingRefusal else {
            Issue.record("no refusal")
            return
        }
        #expect(text.hasSuffix(reason), "\(text)")
    }

    @Test("later it is an attempt that failed, and the next one is made")
    func refusedLater() throws {
        let (result, server, _) = try run(connections: 1, duration: .milliseconds(100)) { server in
            server.handshakeTime = .zero
            server.behind = { connection, number in
                connection == 0 && number == 5
                    ? [.send([0x88, 2, 3, 0xE9], after: .zero)] : []
            }
            server.welcomes = { $0 == 1 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : nil }
        }
        let whole = try result.unwrapped()
        #expect(whole.tally.errors.handshake == 1 && whole.tally.succeeded > 50)
        #expect(whole.firstFailure?.failure.phase == .connect)
        #expect(whole.firstFailure?.failure.reason.hasSuffix("status 503") == true)
        #expect(server.handshakes == 3)
        // The Close frame came with the fifth echo, when the sixth message was on its way or not.
        #expect(server.closes == [0])
    }

    @Test("a connection that is lost in its opening costs an attempt", arguments: [1, 3])
    func lost(connection: Int) throws {
        let (result, server, _) = try run(connections: 1, duration: .milliseconds(100)) { server in
            server.handshakeTime = .zero
            server.behind = { _, number in number == 5 ? [.close(after: .zero)] : [] }
            server.welcomes = { $0 == connection ? "HTTP/1.1 200 OK\r\n\r\n" : nil }
        }
        let whole = try result.unwrapped()
        #expect(whole.tally.errors.handshake == 1 && server.handshakes > connection)
    }
}
