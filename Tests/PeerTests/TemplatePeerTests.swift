import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

/// Requests with places, as foreign readers of HTTP/1.1 and HTTP/2 see them.
@Suite(
    "load: templates", .serialized,
    .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
struct TemplatePeerTests {
    /// Reads requests by h11 or h2, each refusing what is malformed, and tells all of them in JSON
    /// to whoever asks for /seen. Once a client of
    /// HTTP/2 has heard of it, its streams may send 16 bytes at a time.
    private static let server = """
        import json, socket, threading
        import h11
        import h2.config, h2.connection, h2.events, h2.settings

        seen, lock = [], threading.Lock()

        def note(method, target, fields, body):
            if target == "/seen":
                with lock: return json.dumps(seen).encode()
            with lock: seen.append([method, target, dict(fields), body.decode()])
            return b"ok"

        def speak1(peer, data):
            state = h11.Connection(h11.SERVER)
            state.receive_data(data)
            while True:
                event = state.next_event()
                if event is h11.NEED_DATA:
                    state.receive_data(peer.recv(65536))
                elif isinstance(event, h11.Request):
                    request, body = event, b""
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    fields = [(n.decode(), v.decode()) for n, v in request.headers]
                    text = note(
                        request.method.decode(), request.target.decode("latin-1"), fields, body)
                    peer.sendall(
                        state.send(h11.Response(
                            status_code=200, headers=[("content-length", str(len(text)))]))
                        + state.send(h11.Data(data=text)) + state.send(h11.EndOfMessage()))
                    state.start_next_cycle()
                else:
                    return

        def speak2(peer, data):
            state = h2.connection.H2Connection(
                h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
            state.initiate_connection()
            heads, bodies, narrow = {}, {}, False
            while True:
                peer.sendall(state.data_to_send())
                for event in state.receive_data(data):
                    if isinstance(event, h2.events.SettingsAcknowledged) and not narrow:
                        narrow = True
                        state.update_settings(
                            {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 16})
                    elif isinstance(event, h2.events.RequestReceived):
                        heads[event.stream_id] = event.headers
                        bodies[event.stream_id] = b""
                    elif isinstance(event, h2.events.DataReceived):
                        bodies[event.stream_id] += event.data
                        state.acknowledge_received_data(
                            event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        fields = heads.pop(event.stream_id)
                        named = dict(fields)
                        text = note(
                            named[":method"], named[":path"],
                            [f for f in fields if f[0][0] != ":"], bodies.pop(event.stream_id))
                        state.send_headers(
                            event.stream_id, [(":status", "200"), ("content-length",
                                str(len(text)))])
                        peer.sendall(state.data_to_send())
                        while text:
                            size = min(
                                len(text), state.local_flow_control_window(event.stream_id),
                                state.max_outbound_frame_size)
                            state.send_data(
                                event.stream_id, text[:size], end_stream=size == len(text))
                            text = text[size:]
                peer.sendall(state.data_to_send())
                data = peer.recv(65536)
                if not data: return

        def speak(peer):
            with peer:
                try:
                    data = peer.recv(65536)
                    if data: (speak2 if data.startswith(b"PRI ") else speak1)(peer, data)
                except (OSError, h11.RemoteProtocolError) as error:
                    with lock: seen.append(["broken", str(error), {}, ""])

        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        print(listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=speak, args=[listener.accept()[0]], daemon=True).start()
        """

    /// A request as the server saw it.
    private struct Seen {
        let method: String
        let target: String
        let fields: [String: String]
        let body: String

        init(_ value: JSONValue) throws {
            guard case .array(let parts) = value, parts.count == 4,
                case .string(let method) = parts[0], case .string(let target) = parts[1],
                case .object(let fields) = parts[2], case .string(let body) = parts[3]
            else { throw TestFailure("no request: \(value.compact)") }
            self.method = method
            self.target = target
            self.fields = Dictionary(
                uniqueKeysWithValues: fields.map { member in
                    guard case .string(let text) = member.value else { return (member.name, "") }
                    return (member.name.lowercased(), text)
                })
            self.body = body
        }
    }

    private static let names = ["ann", "b o/b", "c\"q,é", "100%"]
    private static let urls = ["/a/1?x=2", "/b", "/c%20d", "/e"]

    private static let mix = """
        {data: 'users.csv', kinds: [
          {name: 'get', weight: 3, path: '/u/{csv:name}?r={rand:5-7}&n={seq}',
            headers: {'X-Id': '{uuid}', 'X-Who': 'n {seq:1000} {csv:plain}', Cookie: 'c={seq}'}},
          {name: 'url', weight: 2, path: '{csv:url}', headers: {'X-N': '{seq}'}},
          {name: 'post', weight: 3, path: '/p',
            body: '{"n": {seq}, "who": "{csv:plain}", "far": {rand:0-18446744073709551615}}'},
          {name: 'same', weight: 1, path: '/same', body: '{{seq}', headers: {'X-One': 'y'}},
        ]}
        """

    @Test(
        "every place is filled for every request, as a foreign server reads it",
        arguments: [
            ["-c", "1"], ["-c", "6", "-t", "3"], ["-c", "2", "--pipeline", "16"],
            ["-c", "4", "-R", "2000"], ["-c", "2", "--keepalive", "off"],
            ["--protocol", "h2", "-c", "2", "-t", "2", "-m", "8"],
            ["--protocol", "h2", "-c", "1", "-R", "2000", "-m", "4"],
            ["-c", "2", "--write-shape", "trickle"],
        ])
    func places(arguments: [String]) throws {
        let folder = try TemporaryFolder()
        let rows = Self.names.enumerated().map { index, name in
            "\"\(name.replacing("\"", with: "\"\""))\",\(Self.urls[index]),p\(index)\n"
        }
        try ("name,url,plain\n" + rows.joined()).write(
            toFile: folder.file("users.csv"), atomically: true, encoding: .utf8)
        try Self.mix.write(
            toFile: folder.file("mix.json5"), atomically: true, encoding: .utf8)
        let server = try PythonServer(Self.server)
        defer { server.stop() }
        let url = "http://127.0.0.1:\(server.port)/"
        let count = 240
        let seed = Int64.random(in: 0..<1_000_000)
        let tool = try Tool(
            try Programs.own("switchyard-load"),
            ["--json", "-", "-q", "--warmup", "0s", "-n", "\(count)", "--seed", "\(seed)"]
                + ["--timeout", "10s", "--mix", folder.file("mix.json5")] + arguments + [url])
        let report = try LoadReport(json: JSONValue(parsing: tool.output))
        #expect(
            report.requests == count && report.errors.total == 0, "seed \(seed): \(tool.errors)")
        let list = try JSONValue(parsing: try Tool("curl", ["-sS", url + "seen"]).output)
        guard case .array(let values) = list else { throw TestFailure("no list") }
        let seen = try values.map { try Seen($0) }
        #expect(seen.count == count, "seed \(seed)")
        try check(seen, seed: seed)
        let kinds = Dictionary(uniqueKeysWithValues: report.kinds.map { ($0.name, $0.requests) })
        #expect(kinds["same"] == Int64(seen.count { $0.target == "/same" }))
        #expect(kinds["post"] == Int64(seen.count { $0.target == "/p" }))
    }

    private func check(_ seen: [Seen], seed: Int64) throws {
        var numbers: [Int] = []
        var ids: [String] = []
        var draws: Set<String> = []
        var far: [UInt64] = []
        let number = /^[0-9]+$/
        for request in seen {
            switch request.target {
            case "/same":
                #expect(request.body == "{seq}" && request.fields["x-one"] == "y")
            case "/p":
                #expect(request.fields["content-length"] == "\(request.body.utf8.count)")
                let value = try JSONValue(parsing: request.body)
                let match = try #require(request.body.wholeMatch(of: /.*"far": ([0-9]+)}/))
                far.append(try #require(UInt64(match.1)))
                guard case .integer(let n) = value["n"] else { throw TestFailure("no n") }
                numbers.append(Int(n))
                #expect(value["who"] == .string("p\((Int(n) - 1) % 4)"))
            case let target where target.hasPrefix("/u/"):
                let match = try #require(
                    target.wholeMatch(of: /\/u\/([^?]*)\?r=([0-9])&n=([0-9]+)/), "\(target)")
                let n = try #require(Int(match.3))
                numbers.append(n)
                draws.insert(String(match.2))
                #expect(String(match.1).removingPercentEncoding == Self.names[(n - 1) % 4])
                #expect(request.fields["x-who"] == "n \(n + 999) p\((n - 1) % 4)")
                #expect(request.fields["cookie"] == "c=\(n)")
                ids.append(request.fields["x-id"] ?? "")
            default:
                let text = try #require(request.fields["x-n"], "\(request)")
                #expect(text.contains(number))
                let n = try #require(Int(text))
                numbers.append(n)
                #expect(request.target == Self.urls[(n - 1) % 4])
            }
        }
        // Nobody has the number of another, and all threads count together.
        #expect(Set(numbers).count == numbers.count, "seed \(seed)")
        #expect(numbers.allSatisfy { $0 >= 1 && $0 <= 4 * seen.count }, "seed \(seed)")
        #expect(draws == ["5", "6", "7"], "seed \(seed)")
        let uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(Set(ids).count == ids.count && ids.allSatisfy { $0.wholeMatch(of: uuid) != nil })
        // Half of all words are above 2^63: of 40 or more, some.
        #expect(far.contains { $0 > 1 << 63 } && far.contains { $0 < 1 << 63 }, "seed \(seed)")
    }

    @Test("one seed makes the same requests again")
    func seeds() throws {
        let mix = "{kinds: [{weight: 1, path: '/{rand:1-1000000}/{uuid}'}]}"
        func targets(_ seed: Int) throws -> [String] {
            let server = try PythonServer(Self.server)
            defer { server.stop() }
            let url = "http://127.0.0.1:\(server.port)/"
            let tool = try Tool(
                try Programs.own("switchyard-load"),
                ["-q", "--warmup", "0s", "-n", "20", "-c", "1", "--seed", "\(seed)"]
                    + ["--mix", mix, url])
            #expect(tool.status == 0, "\(tool.errors)")
            let list = try JSONValue(parsing: try Tool("curl", ["-sS", url + "seen"]).output)
            guard case .array(let values) = list else { throw TestFailure("no list") }
            return try values.map { try Seen($0).target }
        }
        let first = try targets(7)
        #expect(first.count == 20 && Set(first).count == 20)
        #expect(try targets(7) == first)
        #expect(try targets(8) != first)
    }

    @Test(
        "tables and places that make no request are one line",
        arguments: [
            ("name\n", "/{csv:name}", "has no rows"),
            ("name\na\n", "/{csv:nam}", "there is no column 'nam'; did you mean 'name'?"),
            ("name\na,b\n", "/{csv:name}", "line 2: 2 fields under 1 columns"),
            ("name\na\n", "{csv:name}", "line 2: 'a' in column 'name' is no path"),
            ("name\n\"a", "/{csv:name}", "has no rows"),
            ("a,name\nb,\"x\ny\"\n", "header", "holds a control character"),
        ])
    func refusals(table: String, path: String, problem: String) throws {
        let folder = try TemporaryFolder()
        try table.write(toFile: folder.file("u.csv"), atomically: true, encoding: .utf8)
        let kind =
            path == "header"
            ? "{weight: 1, path: '/', headers: {'X-A': '{csv:name}'}}"
            : "{weight: 1, path: '\(path)'}"
        let mix = "{data: '\(folder.file("u.csv"))', kinds: [\(kind)]}"
        let tool = try Tool(
            try Programs.own("switchyard-load"), ["--mix", mix, "http://127.0.0.1:1/"])
        #expect(tool.status == 64 && tool.output.isEmpty, "\(tool.errors)")
        #expect(tool.errors.contains(problem), "\(tool.errors)")
        #expect(tool.errors.split(separator: "\n").count == 1, "\(tool.errors)")
    }
}
