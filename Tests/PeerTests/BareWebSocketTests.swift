import Basis
import Report
import TestSupport
import Testing

/// The bare programs of Benchmarks/Floor speak WebSocket with ours and with others, or what they
/// are held against means nothing.
@Suite("WebSocket: the bare programs", .serialized)
struct BareWebSocketTests {
    /// On both sides of where a length takes two bytes, and the longest.
    private static let sizes = [1, 13, 125, 126, 4_000, 16_384]

    @Test("our server and the bare one answer with as many bytes", arguments: sizes)
    func bytes(size: Int) throws {
        let server = try ServerUnderTest("single")
        let bare = try BareServer("--websocket")
        for port in [server.port, bare.port] {
            let run = try BareRun(
                BareRun.tool(
                    port: port, ["--websocket", "--message-size", "\(size)", "-c", "3"]))
            #expect(run.requests > 10 && run.responseBytes == size + (size > 125 ? 4 : 2))
        }
        _ = try server.stop()
    }

    @Test("our generator asks the bare server", arguments: sizes.dropLast(), ["1", "20"])
    func generator(size: Int, streams: String) throws {
        let server = try BareServer("--websocket")
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--protocol", "ws", "-m", streams, "-c", "3", "-d", "150ms", "--warmup", "50ms"]
                + ["--message-size", "\(size)", "--json", "-", "-q"]
                + ["http://127.0.0.1:\(server.port)/ws"])
        let report = try LoadReport(json: JSONValue(parsing: tool.output))
        #expect(report.requests > 10 && report.errors.total == 0, "\(report.errors)")
        #expect(report.bodyBytes == Int64(size) * report.requests)
    }

    @Test(
        "a client in Python has its messages back as they were",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
    func python() throws {
        let server = try BareServer("--websocket")
        let script = """
            from websockets.sync.client import connect
            url = "ws://127.0.0.1:%d/ws" % given["port"]
            said = []
            with connect(url, compression=None) as socket:
                for message in ["", "a", "\\u00e4" * 60, "b" * 5000, bytes(range(256)) * 64]:
                    socket.send(message)
                    said.append(socket.recv(timeout=20) == message)
            print(json.dumps(said))
            """
        let said = try PythonOracle.answer(script, ["port": .integer(Int64(server.port))])
        #expect(said == [true, true, true, true, true])
    }

    @Test("the bare client says what it can't take")
    func refusals() throws {
        let server = try ServerUnderTest("single")
        let tool = try BareRun.tool(port: server.port, ["--websocket", "--path", "/plaintext"])
        #expect(tool.status == 1)
        #expect(tool.errors == "switchyard-floor: the server did not answer 101\n")
        _ = try server.stop()
    }
}
