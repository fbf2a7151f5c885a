import Basis
import Report
import Serve
import TestSupport
import Testing

/// A client of grpcio with raw bytes for messages, which asks and says what came.
private let client = """
    import grpc, time, threading
    channel = grpc.insecure_channel("127.0.0.1:%d" % given["port"], options=[
        ("grpc.enable_retries", 0), ("grpc.max_receive_message_length", 8 << 20)])
    same = lambda data: data
    bench = "/switchyard.v1.Bench/"
    unary = channel.unary_unary(bench + "Unary", same, same)
    def status(call):
        try:
            call()
            return "OK"
        except grpc.RpcError as error:
            return error.code().name + (": " + error.details() if error.details() else "")
    def varint(value):
        out = b""
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])
    def field(number, value):
        return varint(number << 3) + varint(value)
    def payload(data):
        return b"" if not data else b"\\x0a" + varint(len(data)) + data
    asked = 0
    said = {}

    """

private let script = """
    said["empty"] = unary(b"", timeout=20).hex()
    said["nine"] = unary(field(2, 9), timeout=20).hex()
    said["large"] = len(unary(payload(b"a" * 300000) + field(2, 3000000), timeout=20))
    said["waits"] = status(lambda: unary(field(3, 50000), timeout=20))
    said["works"] = status(lambda: unary(field(4, 1000), timeout=20))
    said["status"] = status(lambda: unary(field(5, 9) + b"\\x32\\x07no 100%", timeout=20))
    said["overdue"] = status(lambda: unary(field(3, 30000000), timeout=0.2))
    said["broken"] = status(lambda: unary(b"\\x10", timeout=20))
    said["too large"] = status(lambda: unary(payload(b"a" * (5 << 20)), timeout=20))
    said["unknown"] = status(
        lambda: channel.unary_unary(bench + "Nary", same, same)(b"", timeout=20))
    said["compressed"] = status(
        lambda: unary(payload(b"a" * 9999), timeout=20, compression=grpc.Compression.Gzip))
    check = channel.unary_unary("/grpc.health.v1.Health/Check", same, same)
    said["health"] = check(b"", timeout=20).hex()
    said["no service"] = status(lambda: check(b"\\x0a\\x01x", timeout=20))

    call = unary.future(field(3, 30000000), timeout=20)
    time.sleep(0.1)
    call.cancel()
    said["cancelled"] = call.code().name
    calls = [unary.future(field(2, n), timeout=20) for n in range(200)]
    said["many"] = all(len(c.result()) == len(payload(b"x" * n)) for n, c in enumerate(calls))

    stream = channel.unary_stream(bench + "ServerStream", same, same)
    said["stream"] = [m.hex() for m in stream(field(1, 3) + field(2, 2), timeout=20)]
    said["long stream"] = sum(len(m) for m in stream(field(1, 500) + field(2, 5000), timeout=20))
    began = time.monotonic()
    said["interval"] = len(list(stream(field(1, 4) + field(3, 50000), timeout=20)))
    said["took its time"] = 0.15 <= time.monotonic() - began < 10
    said["late stream"] = status(
        lambda: list(stream(field(1, 1000) + field(3, 100000), timeout=0.3)))
    call = stream(field(1, 1000000) + field(2, 1000), timeout=20)
    next(call)
    call.cancel()
    said["broken off"] = call.code().name

    count = channel.stream_unary(bench + "ClientStream", same, same)
    said["counts"] = count(iter([payload(b"abc")] * 300), timeout=20).hex()
    said["counts nothing"] = count(iter([]), timeout=20).hex()

    bidi = channel.stream_stream(bench + "Bidi", same, same)
    sent = [payload(b"m" * n) for n in (0, 1, 70000, 200, 1000000)]
    said["echo"] = list(bidi(iter(sent), timeout=20)) == sent
    turn = threading.Semaphore(1)
    def one_by_one():
        for n in range(20):
            turn.acquire()
            yield b"%d" % n
    echoed = []
    for m in bidi(one_by_one(), timeout=20):
        echoed.append(m)
        turn.release()
    said["ping-pong"] = echoed == [b"%d" % n for n in range(20)]
    said["echo of nothing"] = len(list(bidi(iter([]), timeout=20)))
    said["after all"] = unary(field(2, 1), timeout=20).hex()
    print(json.dumps(said))
    """

/// grpcio, which wraps gRPC's C core, at the other end.
@Suite("gRPC: grpcio at the other end", .serialized)
struct GRPCPeerTests {
    @Test(
        "calls of all kinds, deadlines and cancellation",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence), arguments: bytePatterns)
    func calls(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let said = try PythonOracle.answer(client + script, ["port": .integer(Int64(server.port))])
        let expected: JSONValue = [
            "empty": "", "nine": "0a09787878787878787878", "large": 3_000_005,
            "waits": "OK", "works": "OK", "status": "FAILED_PRECONDITION: no 100%",
            "overdue": "DEADLINE_EXCEEDED: Deadline Exceeded",
            "broken": "INTERNAL: a message is not of its type",
            "too large": "RESOURCE_EXHAUSTED: a message is larger than is taken",
            "unknown": "UNIMPLEMENTED: no such method",
            "compressed": "UNIMPLEMENTED: messages are not compressed here",
            "health": "0801", "no service": "NOT_FOUND: no such service",
            "cancelled": "CANCELLED", "many": true,
            "stream": ["0a027878", "0a027878", "0a027878"], "long stream": 2_501_500,
            "interval": 4, "took its time": true,
            "late stream": "DEADLINE_EXCEEDED: Deadline Exceeded", "broken off": "CANCELLED",
            "counts": "08ac0210dc0b", "counts nothing": "",
            "echo": true, "ping-pong": true, "echo of nothing": 0, "after all": "0a0178",
        ]
        guard case .object(let members) = expected else { return }
        for member in members {
            let (name, value) = (member.name, member.value)
            // Whose deadline is noticed first is open.
            if name == "overdue" || name == "late stream", case .string(let text)? = said[name] {
                #expect(text.hasPrefix("DEADLINE_EXCEEDED"), "\(name): \(text)")
            } else {
                #expect(said[name] == value, "\(name)")
            }
        }
        _ = try server.stop()
    }

    @Test(
        "curl is told of another content type", .enabled(if: Programs.isPresent("curl"), "no curl"))
    func contentType() throws {
        let server = try ServerUnderTest("single")
        let url = "http://127.0.0.1:\(server.port)/switchyard.v1.Bench/Unary"
        for (version, type, status) in [
            ("--http2-prior-knowledge", "application/json", "415"),
            ("--http1.1", "application/grpc", "415"),
        ] {
            let tool = try Tool(
                "curl",
                [
                    "-sS", "--max-time", "20", version, "-o", "/dev/null", "-w", "%{http_code}",
                    "-H", "Content-Type: \(type)", "--data", "x", url,
                ])
            #expect(tool.output == status)
        }
        _ = try server.stop()
    }

    // MARK: our generator

    /// A server of grpcio on a port of its own.
    private static let foreign = """
        import grpc
        from concurrent import futures
        same = lambda data: data
        class Bench(grpc.GenericRpcHandler):
            def service(self, details):
                name = details.method.rsplit("/", 1)[1]
                if name == "Unary":
                    return grpc.unary_unary_rpc_method_handler(lambda r, c: r, same, same)
                if name == "ServerStream":
                    return grpc.unary_stream_rpc_method_handler(
                        lambda r, c: iter([b"abcd"] * 5), same, same)
                if name == "ClientStream":
                    return grpc.stream_unary_rpc_method_handler(
                        lambda r, c: b"%d" % sum(1 for _ in r), same, same)
                if name == "Bidi":
                    return grpc.stream_stream_rpc_method_handler(lambda r, c: r, same, same)
                if name == "Fails":
                    def fail(r, c):
                        c.abort(grpc.StatusCode.PERMISSION_DENIED, "not you: 100%\\u00e4")
                    return grpc.unary_unary_rpc_method_handler(fail, same, same)
        server = grpc.server(futures.ThreadPoolExecutor(16), handlers=[Bench()])
        print(server.add_insecure_port("127.0.0.1:0"), flush=True)
        server.start()
        server.wait_for_termination()
        """

    /// What the generator reports of a load on a server.
    private func load(_ port: UInt16, _ arguments: [String]) throws -> LoadReport {
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--json", "-", "-q", "-c", "2", "-d", "400ms", "--warmup", "50ms"] + arguments
                + ["grpc://127.0.0.1:\(port)"])
        return try LoadReport(json: JSONValue(parsing: tool.output))
    }

    private static let kinds: [[String]] = [
        [], ["-m", "20"], ["-m", "3", "-R", "300"], ["--requests-per-connection", "7"],
        ["--grpc-kind", "server", "-m", "4"], ["--grpc-kind", "client", "-m", "4"],
        ["--grpc-kind", "bidi", "-m", "4"],
    ]

    @Test(
        "a foreign server is loaded without an error, to the byte",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence), arguments: kinds)
    func generator(arguments: [String]) throws {
        let server = try PythonServer(Self.foreign)
        let report = try load(server.port, arguments)
        #expect(report.requests > 0 && report.errors.total == 0, "\(report.errors)")
        #expect(report.statuses.success2xx == report.requests && report.protocol == "grpc")
        let bytes: [String: Int64] = ["server": 20, "client": 2, "bidi": 150]
        let kind = arguments.count > 1 && arguments[0] == "--grpc-kind" ? arguments[1] : "unary"
        if kind == "server" || kind == "bidi" {
            // Parts of calls that were cut off at the end count, too.
            #expect(report.bodyBytes >= report.requests * (bytes[kind] ?? 0))
            #expect(report.firstPartHistogram != nil && report.partGapHistogram != nil)
        } else {
            #expect(report.bodyBytes == report.requests * (bytes[kind] ?? 2))
            #expect(report.firstPartHistogram == nil)
        }
        server.stop()
    }

    @Test(
        "a failure is told by its name and its text",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: [
            ("/a.B/Fails", "a call ended with PERMISSION_DENIED: not you: 100%\u{E4}", true),
            ("/a.B/Nothing", "a call ended with UNIMPLEMENTED: Method not found!", false),
        ])
    func failures(method: String, reason: String, isOurs: Bool) throws {
        let server = try PythonServer(Self.foreign)
        let report = try load(server.port, ["--grpc-method", method])
        #expect(report.firstFailure?.reason == reason)
        #expect(report.errors.status > 0 && report.errors.total == report.errors.status)
        #expect((isOurs ? report.statuses.client4xx : report.statuses.server5xx) > 0)
        server.stop()
    }

    @Test("our own two ends agree, whatever the kind", arguments: bytePatterns)
    func bothEnds(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        for (arguments, bytes) in [
            (["--message-size", "100", "-m", "8"], 102), (["--message-size", "0"], 0),
            (["--grpc-kind", "client", "--messages", "30", "-m", "8"], 5),
            (["--grpc-kind", "server", "--messages", "30", "-m", "8"], 450),
            (["--grpc-kind", "bidi", "--messages", "30", "-m", "8"], 450),
        ] as [([String], Int64)] {
            let report = try load(server.port, arguments)
            #expect(report.requests > 0 && report.errors.total == 0, "\(arguments)")
            #expect(report.bodyBytes >= report.requests * bytes, "\(arguments)")
        }
        _ = try server.stop()
    }
}
