import Basis
import Testing

@testable import Wire

extension HTTP2.RequestFields {
    mutating func read(
        _ line: String, _ section: HTTP2.Section = .head, takesConnectProtocol: Bool = false
    ) -> HTTP2.Failure? {
        begin(section)
        for field in fieldSection(line) {
            visit(
                HTTP.FieldName(field.name.span), name: field.name.span, value: field.value.span,
                isSensitive: false)
        }
        do throws(HTTP2.Failure) {
            try conclude(stream: 5, takesConnectProtocol: takesConnectProtocol)
            return nil
        } catch {
            return error
        }
    }
}

@Suite("HTTP/2: the fields of requests")
struct RequestFieldsTests {
    private static let get = ":method: GET|:scheme: http|:path: /|"
    private static let connect = ":method: CONNECT|:authority: a:443|"
    private static let webSocket =
        ":method: CONNECT|:protocol: websocket|:scheme: https|:path: /chat|:authority: a|"

    @Test(
        "what RFC 9113 calls malformed",
        arguments: [
            // §8.3: pseudo-fields.
            get + ":method: GET", get + ":path: /", get + ":authority: a|:authority: a",
            "a: b|" + get, ":method: GET|a: b|:scheme: http|:path: /", get + ":status: 200",
            get + ":unknown: a", get + ": a", ":scheme: http|:path: /", ":method: GET|:path: /",
            ":method: GET|:scheme: http", "",
            // §8.3.1.
            ":method: GET|:scheme: http|:path:", ":method: GET|:scheme: http|:path: *",
            ":method: GET|:scheme: http|:path: a", ":method: GET|:scheme: http|:path: /a b",
            ":method: GET|:scheme: http|:path: /a#b", ":method: GET|:scheme: http|:path: **",
            ":method: G T|:scheme: http|:path: /", ":method:|:scheme: http|:path: /",
            ":method: GET|:scheme: 1a|:path: /", ":method: GET|:scheme:|:path: /",
            ":method: GET|:scheme: a/b|:path: /", get + ":authority: a@b", get + ":authority: a/b",
            get + "host: a b", get + ":authority: a|host: b", get + "host: a|host: a",
            get + ":authority: a|host: a:80",
            // §8.2, §8.2.1.
            get + "Upper: a", get + "a\u{0}: b", get + "a b: c", get + "a\u{7F}: b",
            get + "a\u{E9}: b", get + "long-name-of-a-field-with-an-upper-Case: a",
            get + "a: b\u{0}c", get + "a: b\rc", get + "a: b\nc", get + "a:  b", get + "a: b ",
            get + "a: b\t", get + "a: \tb", get + "a:  ",
            get + "a: a long value that takes several lanes of sixteen bytes,\nthen a line feed",
            // §8.2.2.
            get + "connection: close", get + "keep-alive: 1", get + "proxy-connection: close",
            get + "transfer-encoding: chunked", get + "upgrade: h2c", get + "te: gzip",
            get + "te: trailers, gzip", get + "te:",
            // RFC 9110 §8.6.
            get + "content-length: a", get + "content-length:", get + "content-length: +1",
            get + "content-length: 1, 1", get + "content-length: 1|content-length: 2",
            get + "content-length: -1", get + "content-length: 1 1",
            // §8.5.
            ":method: CONNECT", ":method: CONNECT|:authority: a", connect + ":scheme: http",
            connect + ":path: /", ":method: CONNECT|:authority:", connect + "host: b:443",
            // RFC 8441 §4: not announced.
            webSocket, get + ":protocol: websocket",
        ])
    func malformed(line: String) {
        var fields = HTTP2.RequestFields()
        let failure = fields.read(line)
        #expect(failure == HTTP2.Failure(.protocol, .stream(5), ""), "\(fields.method)")
        // The next one is none the worse.
        #expect(fields.read(Self.get) == nil)
    }

    @Test("an empty name, which no line of a test can hold")
    func emptyName() {
        var fields = HTTP2.RequestFields()
        fields.begin(.head)
        let value = Array("a".utf8)
        fields.visit(.other, name: Span(), value: value.span, isSensitive: false)
        #expect(throws: HTTP2.Failure(.protocol, .stream(1), "")) { try fields.conclude(stream: 1) }
    }

    @Test(
        "what is well-formed",
        arguments: [
            get, get + ":authority: a", get + ":authority: [::1]:80", get + "host: a",
            get + ":authority: a|host: A", ":path: /|:method: POST|:scheme: HTTPS",
            get + "te: trailers", get + "te: Trailers", get + "a:", get + "a: b c\td",
            get + "!#$%&'*+-.^_`|~09az: caf\u{E9}", get + "content-length: 0",
            get + "content-length: 7|content-length: 7", ":method: OPTIONS|:scheme: http|:path: *",
            ":method: M-SEARCH|:scheme: a+b.c-d|:path: /?", connect, get + "cookie: a|cookie: b",
            get + ":authority:", connect + "a: b",
        ])
    func wellFormed(line: String) {
        var fields = HTTP2.RequestFields()
        #expect(fields.read(line) == nil)
    }

    @Test("trailers: no pseudo-fields, and nothing in them counts, RFC 9110 §6.5.1")
    func trailers() {
        var fields = HTTP2.RequestFields()
        #expect(fields.read("grpc-status: 0|content-length: x|a: b", .trailers) == nil)
        #expect(fields.contentLength == nil)
        #expect(fields.read("", .trailers) == nil)
        for line in [":path: /", ":status: 200", "Upper: a", "connection: close", "a: b\n"] {
            #expect(fields.read(line, .trailers) != nil)
        }
    }

    @Test("extended CONNECT where it was announced, RFC 8441 §4")
    func extendedConnect() {
        var fields = HTTP2.RequestFields()
        func read(_ line: String) -> HTTP2.Failure? {
            fields.read(line, takesConnectProtocol: true)
        }
        #expect(read(Self.webSocket) == nil)
        #expect(fields.method == .connect && fields.connectProtocol == .webSocket)
        #expect(fields.path.array == Array("/chat".utf8))
        #expect(fields.authority.array == Array("a".utf8))
        #expect(read(Self.webSocket.replacing("websocket", with: "connect-udp")) == nil)
        #expect(fields.connectProtocol == .other)
        #expect(read(Self.connect) == nil)
        #expect(fields.connectProtocol == .none && fields.path.isEmpty)
        for missing in [":scheme: https|", ":path: /chat|", ":authority: a|"] {
            #expect(read(Self.webSocket.replacing(missing, with: "")) != nil)
        }
        #expect(read(Self.get + ":protocol: websocket") != nil)
    }

    @Test("what decides about the answer is kept until the next request")
    func gathered() {
        var fields = HTTP2.RequestFields()
        let request =
            ":method: POST|:scheme: http|:authority: example.org|:path: /pkg.Service/Call?a=b?c|"
            + "te: trailers|content-type: application/grpc+proto|grpc-timeout: 2010m|"
            + "content-length: 12|idempotency-key: k1|expect: 100-continue|user-agent: x"
        for _ in 0..<2 {
            #expect(fields.read(request) == nil)
            #expect(fields.method == .post && fields.contentLength == 12 && fields.isGRPC)
            #expect(fields.path.array == Array("/pkg.Service/Call".utf8))
            #expect(fields.query.array == Array("a=b?c".utf8))
            #expect(fields.authority.array == Array("example.org".utf8))
            #expect(fields.contentType.array == Array("application/grpc+proto".utf8))
            #expect(fields.idempotencyKey.array == Array("k1".utf8))
            #expect(fields.grpcTimeout == .within(.milliseconds(2_010)))
            #expect(fields.takesTrailers && fields.expectsContinue && fields.refusal == nil)
        }
        #expect(fields.read(Self.get + "host: h") == nil)
        #expect(fields.method == .get && fields.contentLength == nil && !fields.isGRPC)
        #expect(fields.query.isEmpty && fields.contentType.isEmpty && fields.grpcTimeout == nil)
        #expect(fields.idempotencyKey.isEmpty && !fields.takesTrailers && !fields.expectsContinue)
        #expect(fields.authority.array == Array("h".utf8))
    }

    @Test("what is well-formed but not taken has a status")
    func refused() {
        var fields = HTTP2.RequestFields()
        #expect(fields.read(Self.get + "expect: 200-ok") == nil)
        #expect(fields.refusal == .unknownExpectation)
        #expect(fields.read(Self.get + "idempotency-key: a|idempotency-key: b") == nil)
        #expect(fields.refusal == .repeatedKey)
        #expect(fields.read(Self.get + "idempotency-key: a|idempotency-key: a") == nil)
        #expect(fields.refusal == nil)
        #expect(fields.read(Self.get + "content-length: 99999999999999999999") == nil)
        #expect(fields.contentLength == .max)
    }

    @Test(
        "media types of gRPC",
        arguments: [
            ("application/grpc", true), ("application/grpc+proto", true),
            ("Application/GRPC;a=b", true), ("application/grpc-web", false),
            ("application/grp", false), ("text/plain", false),
        ])
    func media(type: String, isGRPC: Bool) {
        var fields = HTTP2.RequestFields()
        #expect(fields.read(Self.get + "content-type: \(type)") == nil)
        #expect(fields.isGRPC == isGRPC)
    }

    @Test(
        "grpc-timeout",
        arguments: [
            ("1H", .within(.seconds(3_600))), ("2M", .within(.seconds(120))),
            ("3S", .within(.seconds(3))), ("4m", .within(.milliseconds(4))),
            ("5u", .within(.microseconds(5))), ("6n", .within(Nanoseconds(raw: 6))),
            ("0n", .within(.zero)), ("99999999H", .within(.forever)), ("", .malformed),
            ("1", .malformed), ("H", .malformed), ("1h", .malformed), ("123456789S", .malformed),
            ("-1S", .malformed), ("1.5S", .malformed),
        ] as [(String, GRPCTimeout)])
    func timeouts(text: String, timeout: GRPCTimeout) {
        var fields = HTTP2.RequestFields()
        #expect(fields.read(Self.get + "grpc-timeout: \(text)") == nil)
        #expect(fields.grpcTimeout == timeout)
    }
}
