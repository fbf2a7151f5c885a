import Basis
import Measure
import Platform
import Report
import TestSupport
import Testing

/// Our generator under servers of events that were written in Python.
@Suite("push: foreign servers", .serialized)
struct SubscriberPeerTests {
    /// Numbered events, one every 10 ms of the calendar clock, as a stream and in answers to polls;
    /// and replies of a few events with time between.
    private static let events = """
        import time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        from urllib.parse import urlparse, parse_qs
        TICK = 10_000_000
        def wait(due):
            time.sleep(max(0, (due - time.time_ns()) / 1e9))
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            def log_message(self, *arguments):
                pass
            def begin(self, *fields):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                for name, value in fields:
                    self.send_header(name, value)
                self.end_headers()
            def chunk(self, data):
                self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(data), data))
            def reply(self, hold):
                begin, kept = time.time_ns(), b""
                self.begin(("Transfer-Encoding", "chunked"))
                for number in range(1, 6):
                    due = begin + number * TICK
                    wait(due)
                    event = b"data: %019d x\\n\\n" % due
                    kept += event
                    if not hold:
                        self.chunk(event)
                if hold:
                    self.chunk(kept)
                self.chunk(b"")
            def stream(self):
                self.begin(("Transfer-Encoding", "chunked"))
                number = time.time_ns() // TICK
                while True:
                    number += 1
                    wait(number * TICK)
                    # Every fifth one is lost on its way.
                    if number % 5:
                        self.chunk(b"id: %d\\ndata: %019d\\n\\n" % (number, number * TICK))
            def poll(self, closes):
                last, now = self.headers.get("Last-Event-ID"), time.time_ns() // TICK
                body = b"retry: 30\\n"
                for number in range(int(last or now) + 1, now + 1):
                    body += b"id: %d\\ndata: %019d\\n\\n" % (number, number * TICK)
                body += b"id: %d\\n\\n" % now
                fields = [("Content-Length", str(len(body)))]
                self.begin(*fields + [("Connection", "close")] * closes)
                self.wfile.write(body)
            def do_GET(self):
                asked = urlparse(self.path)
                has = parse_qs(asked.query, keep_blank_values=True)
                try:
                    if asked.path == "/reply":
                        self.reply("hold" in has)
                    elif asked.path == "/stream":
                        self.stream()
                    elif asked.path == "/poll":
                        self.poll("close" in has)
                    else:
                        self.send_error(404)
                except OSError:
                    self.close_connection = True
        class Server(ThreadingHTTPServer):
            daemon_threads = True
            def handle_error(self, *arguments):
                pass
        with Server(("127.0.0.1", 0), Handler) as server:
            print(server.server_address[1], flush=True)
            server.serve_forever()
        """

    /// Passes every message on to all who are there, the sender included.
    private static let topic = """
        from websockets.sync.server import serve
        everyone = set()
        def handle(ws):
            everyone.add(ws)
            try:
                for message in ws:
                    for other in list(everyone):
                        try:
                            other.send(message)
                        except Exception:
                            everyone.discard(other)
            finally:
                everyone.discard(ws)
        with serve(handle, "127.0.0.1", 0) as server:
            print(server.socket.getsockname()[1], flush=True)
            server.serve_forever()
        """

    private func load(
        _ url: String, warmUp: String = "100ms", _ arguments: [String]
    ) throws -> LoadReport {
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--json", "-", "-q", "-d", "500ms", "--warmup", warmUp] + arguments + [url])
        return try LoadReport(json: JSONValue(parsing: tool.output))
    }

    @Test(
        "replies of events, and those that something holds back",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence), arguments: [false, true])
    func replies(holds: Bool) throws {
        let server = try PythonServer(Self.events)
        let report = try load(
            "http://127.0.0.1:\(server.port)/reply?\(holds ? "hold" : "")",
            ["--protocol", "sse", "-c", "3"])
        #expect(report.protocol == "sse" && report.requests > 10 && report.errors.total == 0)
        #expect(report.firstPart.samples == report.requests)
        #expect(report.partGap.samples == 4 * report.requests)
        #expect(report.eventDelay.samples == 5 * report.requests)
        #expect(report.bodyBytes == 5 * 21 * report.requests)
        if holds {
            #expect(report.bursts == report.requests && report.partGap.max < .milliseconds(10))
            #expect(report.eventDelay.max >= .milliseconds(40))
        } else {
            #expect(report.bursts < report.requests && report.firstPart.min >= .milliseconds(10))
        }
        server.stop()
    }

    @Test(
        "subscriptions to streams and to polls bring each event once",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: ["stream", "poll", "poll?close"])
    func subscriptions(path: String) throws {
        let server = try PythonServer(Self.events)
        let report = try load(
            "http://127.0.0.1:\(server.port)/\(path)", ["--subscribe", "-c", "3"])
        #expect(report.mode == .subscribe && report.errors.total == 0 && report.warnings == [])
        // The window has 50 times, of which a stream loses each fifth.
        let isStream = path == "stream"
        #expect(report.requests == (isStream ? 3 * 40 : 3 * 50))
        #expect((isStream ? 3 * 9...3 * 11 : 0...0).contains(Int(report.missedEvents)))
        #expect(report.latency.max < .milliseconds(300) && report.latency.samples > 0)
        server.stop()
    }

    @Test(
        "one publishes, others measure", .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
    func published() throws {
        let server = try PythonServer(Self.topic)
        let url = "ws://127.0.0.1:\(server.port)/ws/topic/x"
        var publisher = try ChildProcess(
            SpawnOptions(
                try Programs.own("switchyard-load"),
                [
                    "--json", "-", "-q", "-c", "1", "-R", "200", "-d", "4s", "--message", "time",
                    "--message-size", "40", url,
                ]))
        // By then the publisher publishes.
        let report = try load(url, warmUp: "1s", ["--subscribe", "-c", "3"])
        #expect(report.mode == .subscribe && report.errors.total == 0 && report.protocol == "ws")
        // 100 are due in the window, to three of them.
        #expect((3 * 99...3 * 101).contains(Int(report.requests)), "\(report.requests)")
        #expect(report.bodyBytes == 40 * report.requests)
        let said = publisher.remainingOutput(timeout: TestLimit.hang)
        #expect(try LoadReport(json: JSONValue(parsing: said)).errors.total == 0)
        _ = publisher.wait(timeout: TestLimit.hang)
        server.stop()
    }

    @Test(
        "who streams no events, or events without a time, is told in one line",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
    func refused() throws {
        let server = try PythonServer(Self.events)
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["-q", "-c", "2", "--subscribe", "http://127.0.0.1:\(server.port)/none"])
        #expect(tool.status == 1)
        #expect(tool.errors.contains("streams no events there, but answers with status 404"))
        #expect(tool.errors.split(separator: "\n").count == 1)
        server.stop()
    }
}
