import Basis
import Report
import Serve
import TestSupport
import Testing

/// Our server under foreign clients of WebSocket, and foreign servers under our generator.
@Suite("WebSocket: foreign peers", .serialized)
struct WebSocketServiceTests {
    @Test(
        "websockets for Python, in every pattern",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence), arguments: bytePatterns)
    func client(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let script = """
            from websockets.sync.client import connect
            address = f"ws://127.0.0.1:{given['port']}/ws"
            same = []
            with connect(address, proxy=None, max_size=None) as ws:
                for size in [0, 1, 125, 126, 127, 65535, 65536, 300000]:
                    for message in ["é" * (size // 2), bytes(range(256)) * (size // 256 + 1)]:
                        ws.send(message)
                        same.append(ws.recv(10) == message)
                ws.send(["frag", "", "mented"])
                same.append(ws.recv(10) == "fragmented")
                same.append(ws.ping("alive").wait(10))
                for number in range(200):
                    ws.send(str(number))
                same.append([ws.recv(10) for _ in range(200)] == [str(n) for n in range(200)])
            print(json.dumps({"same": same, "code": ws.close_code,
                              "extensions": len(ws.protocol.extensions)}))
            """
        let said = try PythonOracle.answer(script, ["port": .integer(Int64(server.port))])
        #expect(said["same"] == .array(Array(repeating: true, count: 19)), "\(said)")
        #expect(said["code"] == 1000 && said["extensions"] == 0)
        #expect(try server.stop().requests == 217)
    }

    @Test(
        "wsproto, byte for byte",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence), arguments: bytePatterns)
    func exact(pattern: String) throws {
        let server = try ServerUnderTest(pattern, ["--max-body", "70000"])
        let script = """
            import socket
            from wsproto import WSConnection, ConnectionType
            from wsproto.events import *
            from wsproto.frame_protocol import FrameProtocol
            def conversation(steps):
                talk = socket.create_connection(("127.0.0.1", given["port"]))
                talk.settimeout(20)
                client = WSConnection(ConnectionType.CLIENT)
                frames = FrameProtocol(False, [])
                talk.sendall(client.send(Request(host="h", target="/ws")))
                head = b""
                while not head.endswith(b"\\r\\n\\r\\n"):
                    head += talk.recv(1)
                client.receive_data(head)
                assert [type(e) for e in client.events()] == [AcceptConnection]
                for say, hear in steps:
                    talk.sendall(b"".join(s if type(s) is bytes else client.send(s) for s in say))
                    expected = hear(frames)
                    got = b""
                    while len(got) < len(expected):
                        piece = talk.recv(1 << 20)
                        if not piece:
                            break
                        got += piece
                    if got != expected:
                        return [got[:40].hex(), expected[:40].hex()]
                return [talk.recv(1).hex()]
            steps = []
            for size in [0, 1, 125, 126, 127, 65535, 65536]:
                text, data = "x" * size, bytes(size)
                steps.append(([TextMessage(text)], lambda f, t=text: bytes(f.send_data(t))))
                steps.append(([BytesMessage(data)], lambda f, d=data: bytes(f.send_data(d))))
            steps.append(([TextMessage("fr", message_finished=False), Ping(b"p")],
                          lambda f: bytes(f.pong(b"p"))))
            steps.append(([TextMessage("ag")], lambda f: bytes(f.send_data("frag"))))
            ends = [
                ([CloseConnection(4000, "why")], lambda f: bytes(f.close(4000))),
                ([b"\\x81\\x01x"], lambda f: bytes(f.close(1002, "a client masks its frames"))),
                ([b"\\x81\\x81\\0\\0\\0\\0\\xff"],
                 lambda f: bytes(f.close(1007, "the text is not UTF-8"))),
                ([BytesMessage(bytes(70001))],
                 lambda f: bytes(f.close(1009, "the message is too large"))),
            ]
            print(json.dumps([conversation(steps + [end]) for end in ends]))
            """
        let said = try PythonOracle.answer(script, ["port": .integer(Int64(server.port))])
        #expect(said == .array(Array(repeating: [""], count: 4)), "\(said)")
        _ = try server.stop()
    }

    @Test("curl is told to upgrade", .enabled(if: Programs.isPresent("curl"), "no curl"))
    func refusal() throws {
        let server = try ServerUnderTest("single")
        let tool = try Tool(
            "curl", ["-sS", "-i", "--max-time", "20", "http://127.0.0.1:\(server.port)/ws"])
        #expect(tool.output.hasPrefix("HTTP/1.1 426 Upgrade Required\r\n"))
        #expect(tool.output.contains("\r\nUpgrade: websocket\r\n"))
        #expect(tool.output.contains("\r\nSec-WebSocket-Version: 13\r\n"))
        _ = try server.stop()
    }

    /// What a server does with each message, and what the generator then says.
    private static let echo = "for message in ws: ws.send(message)"
    private static let fragments = """
        for message in ws: ws.ping(); ws.send([message[:3], message[3:3], message[3:]])
        """

    private func load(_ server: PythonServer, _ arguments: [String]) throws -> LoadReport {
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--json", "-", "-q", "-c", "3", "-d", "400ms", "--warmup", "50ms"] + arguments
                + ["ws://127.0.0.1:\(server.port)/"])
        return try LoadReport(json: JSONValue(parsing: tool.output))
    }

    private func server(_ handler: String) throws -> PythonServer {
        try PythonServer(
            """
            from websockets.sync.server import serve
            def handle(ws):
                \(handler)
            with serve(handle, "127.0.0.1", 0, ping_interval=0.05) as server:
                print(server.socket.getsockname()[1], flush=True)
                server.serve_forever()
            """)
    }

    @Test(
        "websockets for Python is loaded without an error, to the byte",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: [echo, fragments],
        [
            ["-m", "1"], ["-m", "20", "--message-size", "500"], ["-m", "5", "-R", "300"],
            ["--requests-per-connection", "7", "--message", "binary"],
        ])
    func generator(handler: String, arguments: [String]) throws {
        let server = try server(handler)
        let report = try load(server, arguments)
        #expect(
            report.requests > 0 && report.errors.total == 0,
            "\(report.errors) \(report.firstFailure?.reason ?? "")")
        let size = Int64(arguments.contains("500") ? 500 : 13)
        #expect(report.bodyBytes == size * report.requests)
        server.stop()
    }

    @Test(
        "what a server does instead of echoing is told of",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: [
            ("ws.recv(); ws.close(4001, 'enough')", "after its Close frame with 4001: enough"),
            ("ws.recv(); ws.send('less'); ws.recv()", "did not come back with the 13 bytes it had"),
            ("raise ValueError", "after its Close frame with 1011"),
        ])
    func failures(handler: String, reason: String) throws {
        let server = try server(handler)
        let report = try load(server, [])
        #expect(report.requests == 0 && report.errors.total > 0)
        #expect(
            report.firstFailure?.reason.contains(reason) == true,
            "\(report.firstFailure?.reason ?? "no failure")")
        server.stop()
    }
}
