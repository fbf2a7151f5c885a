import Basis
import Report
import TestSupport
import Testing
import Wire

/// Frames, fields and settings against h2 for Python, both ways, without a socket.
@Suite("HTTP/2: h2 for Python")
struct HTTP2WirePeerTests {
    private static let large = [UInt8](repeating: 0x61, count: 20_000)

    /// What a connection's bytes say, in a line each.
    private static func lines(_ bytes: [UInt8], role: HTTP2.Role) throws -> [String] {
        var reader = HTTP2.FrameReader(role: role)
        var decoder = HPACKDecoder(listBytesMax: 64 * 1_024)
        var request = HTTP2.RequestFields()
        var response = HTTP2.ResponseFields()
        var block = ByteQueue()
        var endsStream = false
        var hasHead: Set<UInt32> = []
        var lines: [String] = []
        var at = 0
        func text(_ span: Span<UInt8>) -> String {
            String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
        }
        func concludeBlock(_ stream: UInt32) throws {
            let section = hasHead.contains(stream) ? HTTP2.Section.trailers : .head
            if role == .server {
                request.begin(section)
                _ = try decoder.decode(block.bytes, into: &request)
                try request.conclude(stream: stream)
                lines.append(
                    "\(section) \(stream) \(request.method) \(text(request.path)) "
                        + "\(text(request.authority)) \(request.contentLength ?? 0)")
            } else {
                response.begin(section)
                _ = try decoder.decode(block.bytes, into: &response)
                let kind = try response.conclude(stream: stream, endStream: endsStream)
                let status = response.grpcStatus.map { " grpc-status \($0)" } ?? ""
                lines.append("\(kind) \(stream) \(response.status.code)\(status)")
                if kind == .interim { return }
            }
            hasHead.insert(stream)
        }
        while true {
            switch reader.next(bytes.span, from: at) {
            case .needMore:
                #expect(at == bytes.count)
                return lines
            case .failure(let failure), .streamFault(let failure, _, _): throw failure
            case .preface(let next), .skipped(let next): at = next
            case .frame(let frame, let next):
                at = next
                switch frame {
                case .headers(let stream, let run, let endStream, let endHeaders):
                    block.removeAll()
                    block.append(run.bytes(of: bytes.span))
                    endsStream = endStream
                    if endHeaders { try concludeBlock(stream) }
                case .continuation(let stream, let run, let endHeaders):
                    block.append(run.bytes(of: bytes.span))
                    if endHeaders { try concludeBlock(stream) }
                case .data(let stream, let run, let flowBytes, let endStream):
                    lines.append("data \(stream) \(run.count) \(flowBytes) \(endStream)")
                case .settings(let run):
                    var settings = HTTP2.Settings()
                    _ = try settings.apply(run.bytes(of: bytes.span))
                    lines.append("settings \(settings.initialWindowSize)")
                case .goAway(let last, let code, _):
                    lines.append("goaway \(last) \(code.name.map { "\($0)" } ?? "?")")
                default: lines.append("\(frame)")
                }
            }
        }
    }

    @Test(
        "we read what its client sends",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
    func client() throws {
        let script = """
            from h2.config import H2Configuration
            from h2.connection import H2Connection
            from h2.settings import SettingCodes
            c = H2Connection(H2Configuration(client_side=True))
            c.initiate_connection()
            c.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 70000})
            head = [(":method", "GET"), (":scheme", "http")]
            head += [(":authority", "a:80"), (":path", "/b?c")]
            c.send_headers(1, head, end_stream=True)
            head[0] = (":method", "POST")
            c.send_headers(3, head + [("content-length", "5")])
            c.send_data(3, b"hello", pad_length=7)
            c.send_headers(3, [("checksum", "x")], end_stream=True)
            c.send_headers(5, head + [("large", given["large"])], end_stream=True)
            c.ping(b"abcdefgh")
            c.increment_flow_control_window(9, 5)
            c.prioritize(7, weight=9)
            c.reset_stream(5, 8)
            c.close_connection()
            print(json.dumps(c.data_to_send().hex()))
            """
        let large = String(decoding: Self.large, as: UTF8.self)
        let answer = try PythonOracle.answer(script, ["large": .string(large)])
        let lines = try Self.lines(answer.bytes, role: .server)
        #expect(
            lines == [
                "settings 65535", "settings 70000", "head 1 get /b a:80 0", "head 3 post /b a:80 5",
                "data 3 5 13 false", "trailers 3 other   0", "head 5 post /b a:80 0",
                "ping(\(0x6162_6364_6566_6768))", "windowUpdate(stream: 5, increment: 9)",
                "ignored", "resetStream(stream: 5, Wire.HTTP2.ErrorCode(rawValue: 8))",
                "goaway 0 NO_ERROR",
            ])
    }

    /// A block of any fields.
    private static func append(
        _ fields: [(String, String)], stream: UInt32, endStream: Bool,
        by encoder: inout HPACKEncoder, to output: inout ByteQueue
    ) {
        let start = HTTP2.FrameWriter.beginHeaders(to: &output)
        encoder.begin(&output)
        for (name, value) in fields {
            encoder.append(name: Array(name.utf8).span, value: Array(value.utf8).span, to: &output)
        }
        HTTP2.FrameWriter.endHeaders(
            from: start, stream: stream, endStream: endStream, in: &output)
    }

    @Test(
        "its server reads what our client's side writes, and we read its answers",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence))
    func server() throws {
        typealias Writer = HTTP2.FrameWriter
        var output = ByteQueue()
        var encoder = HPACKEncoder()
        Writer.clientPreface(to: &output)
        let settings = [
            HTTP2.Setting(.enablePush, 0), HTTP2.Setting(.initialWindowSize, 1 << 30),
        ]
        Writer.settings(settings.span, to: &output)
        Writer.windowUpdate(stream: 0, increment: 1 << 20, to: &output)
        let head = [(":method", "POST"), (":scheme", "http"), (":path", "/a"), (":authority", "b")]
        Self.append(head, stream: 1, endStream: false, by: &encoder, to: &output)
        Writer.data(stream: 1, Array("hello".utf8).span, endStream: false, to: &output)
        Self.append([("sum", "5")], stream: 1, endStream: true, by: &encoder, to: &output)
        let large = String(decoding: Self.large, as: UTF8.self)
        Self.append(
            head + [("large", large)], stream: 3, endStream: true, by: &encoder, to: &output)
        Writer.ping(77, isAck: false, to: &output)
        Writer.resetStream(3, .cancel, to: &output)
        var last = ByteQueue()
        Writer.goAway(lastStream: 0, .none, debug: "done", to: &last)
        let script = """
            from h2.config import H2Configuration
            from h2.connection import H2Connection
            import h2.events as e
            s = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
            s.initiate_connection()
            said = []
            answers = b""
            def events():
                # Once it has heard the last word it forgets what it had to say.
                global answers
                for part in given["parts"]:
                    yield from s.receive_data(bytes.fromhex(part))
                    answers += s.data_to_send()
            for event in events():
                line = type(event).__name__
                if isinstance(event, e.RequestReceived):
                    line += " %d %s" % (event.stream_id, dict(event.headers)[":path"])
                    line += " %d" % len(dict(event.headers).get("large", ""))
                    if event.stream_id == 1:
                        s.send_headers(1, [(":status", "103")])
                        s.send_headers(1, [(":status", "200"), ("content-length", "2")])
                if isinstance(event, e.DataReceived): line += " " + event.data.decode()
                if isinstance(event, e.TrailersReceived):
                    line += " " + dict(event.headers)["sum"]
                    s.send_data(1, b"ok")
                    s.send_headers(1, [("grpc-status", "7")], end_stream=True)
                if isinstance(event, e.StreamReset): line += " %d" % event.error_code
                if isinstance(event, e.ConnectionTerminated):
                    line += " " + event.additional_data.decode()
                said.append(line)
            print(json.dumps({"said": said, "bytes": answers.hex()}))
            """
        let answer = try PythonOracle.answer(
            script, ["parts": .array([hex(output.copy), hex(last.copy)])])
        #expect(
            answer["said"]?.elements.map(\.text) == [
                "RemoteSettingsChanged", "WindowUpdated", "RequestReceived 1 /a 0",
                "DataReceived hello", "TrailersReceived 5", "StreamEnded",
                "RequestReceived 3 /a 20000", "StreamEnded", "PingReceived",
                "StreamReset 8", "ConnectionTerminated done",
            ])
        let lines = try Self.lines(answer["bytes"]?.bytes ?? [], role: .client)
        #expect(
            lines == [
                "settings 65535", "settingsAck", "pingAck(77)", "interim 1 103", "final 1 200",
                "data 1 2 2 false",
                "trailers 1 0 grpc-status 7",
            ])
    }
}
