import Testing
import Wire

@Suite("What a request head says")
struct RequestHeadTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let text: String
        let heads: [String]

        init(_ text: String, _ heads: String...) {
            self.text = text
            self.heads = heads
        }

        var testDescription: String { String(text.prefix(60)).debugDescription }
    }

    static let targets = [
        Case(get(""), "get / http11 keep"),
        Case(
            "GET /a/b%20c;d=1?x=1&y=?z HTTP/1.1\r\nHost: a\r\n\r\n",
            "get /a/b%20c;d=1?x=1&y=?z http11 path=/a/b%20c;d=1 query=x=1&y=?z keep"),
        Case("GET /? HTTP/1.1\r\nHost: a\r\n\r\n", "get /? http11 path=/ keep"),
        Case(
            "GET /a-rather-long-path/beyond/sixteen/bytes?and=a-rather-long-query HTTP/1.1\r\n"
                + "Host: a\r\n\r\n",
            "get /a-rather-long-path/beyond/sixteen/bytes?and=a-rather-long-query http11 "
                + "path=/a-rather-long-path/beyond/sixteen/bytes query=and=a-rather-long-query keep"
        ),
        // RFC 9112 §3.2.2, absolute-form.
        Case(
            "GET http://b:80/p/q?r HTTP/1.1\r\nHost: a\r\n\r\n",
            "get http://b:80/p/q?r http11 path=/p/q query=r keep"),
        Case(
            "GET HTTPS://b HTTP/1.1\r\nHost: a\r\n\r\n", "get HTTPS://b http11 path=/ keep"),
        Case(
            "GET http://[::1]:80?q HTTP/1.1\r\nHost: a\r\n\r\n",
            "get http://[::1]:80?q http11 path=/ query=q keep"),
        // §3.2.3, authority-form, and §3.2.4, asterisk-form.
        Case(
            "CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n", "connect b:443 http11 path= keep"),
        Case("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "options * http11 path= keep"),
        Case(
            "OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n", "options http://b http11 path= keep"),
    ]

    static let methods = [
        Case("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "head / http11 keep"),
        Case("PUT / HTTP/1.1\r\nHost: a\r\n\r\n", "put / http11 keep"),
        Case("POST / HTTP/1.1\r\nHost: a\r\n\r\n", "post / http11 keep"),
        Case("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", "delete / http11 keep"),
        Case("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", "options / http11 keep"),
        Case("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "trace / http11 keep"),
        Case("PATCH / HTTP/1.1\r\nHost: a\r\n\r\n", "patch / http11 keep"),
        // RFC 9110 §9.1: case-sensitive, and open to methods not known here.
        Case("get / HTTP/1.1\r\nHost: a\r\n\r\n", "other / http11 keep"),
        Case("GETS / HTTP/1.1\r\nHost: a\r\n\r\n", "other / http11 keep"),
        Case("!#$%&'*+-.^_`|~09az / HTTP/1.1\r\nHost: a\r\n\r\n", "other / http11 keep"),
    ]

    static let connections = [
        Case(get("Connection: close\r\n"), "get / http11 close"),
        Case(get("connection:CLOSE\r\n"), "get / http11 close"),
        Case(get("Connection: Keep-Alive, Close\r\n"), "get / http11 close"),
        Case(get("Connection: keep-alive\r\nConnection: ,\tclose ,\r\n"), "get / http11 close"),
        Case(get("Connection: closed\r\n"), "get / http11 keep"),
        Case("GET / HTTP/1.0\r\n\r\n", "get / http10 close hostless"),
        Case(get("", version: "HTTP/1.0"), "get / http10 close"),
        Case(get("Connection: keep-alive\r\n", version: "HTTP/1.0"), "get / http10 keep"),
        Case(get("Connection: Keep-Alive, x\r\n", version: "HTTP/1.0"), "get / http10 keep"),
        Case(
            get("Connection: keep-alive, close\r\n", version: "HTTP/1.0"), "get / http10 close"),
        // RFC 9110 §2.5: a higher minor version is read as the highest one known.
        Case(get("", version: "HTTP/1.2"), "get / http11 keep"),
        Case(get("", version: "HTTP/1.9"), "get / http11 keep"),
    ]

    static let fields = [
        Case(
            get(
                "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            ),
            "get / http11 keep websocket wskey=dGhlIHNhbXBsZSBub25jZQ== wsversion=13"),
        Case(get("Upgrade: WebSocket\r\n"), "get / http11 keep"),
        Case(
            get("Upgrade: h2c, websocket\r\nConnection: upgrade\r\n"),
            "get / http11 keep websocket h2c"),
        // RFC 9110 §7.8: HTTP/1.0 knows no Upgrade.
        Case(
            get("Upgrade: websocket\r\nConnection: upgrade\r\n", version: "HTTP/1.0"),
            "get / http10 close"),
        Case(
            post("Content-Type:  application/json \t\r\nIDEMPOTENCY-KEY: \"k 1\"\r\n"),
            "post /echo http11 keep type=application/json key=\"k 1\""),
        Case(get("Content-Type: a\r\nContent-Type: b\r\n"), "get / http11 keep type=a"),
        Case(get("Empty:\r\nBlank: \t \r\n"), "get / http11 keep"),
        Case(get("X-Tab: a\tb\r\nX-Text: caf\u{e9}\r\n"), "get / http11 keep"),
        Case(get("X~odd!name: 1\r\n"), "get / http11 keep"),
        // Expectations: RFC 9110 §10.1.1.
        Case(
            post("Expect: 100-Continue\r\nContent-Length: 3\r\n"),
            "post /echo http11 keep length(3) expects"),
        Case(post("Expect: 100-continue\r\n"), "post /echo http11 keep"),
        Case(
            "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
            "post / http10 close length(3) hostless"),
    ]

    static let framings = [
        Case(post("Content-Length: 0\r\n"), "post /echo http11 keep"),
        Case(post("Content-Length: 0005\r\n"), "post /echo http11 keep length(5)"),
        // RFC 9112 §6.3 item 5.
        Case(post("Content-Length: 5, 5\r\n"), "post /echo http11 keep length(5)"),
        Case(
            post("Content-Length: 5\r\nContent-Length: 5\r\n"),
            "post /echo http11 keep length(5)"),
        Case(post("Transfer-Encoding: chunked\r\n"), "post /echo http11 keep chunked"),
        Case(post("transfer-encoding:\tChunked \r\n"), "post /echo http11 keep chunked"),
    ]

    static let sequences = [
        Case("\r\n\r\n" + get(""), "get / http11 keep"),
        Case(get("") + "\r\n" + get("A: b\r\n"), "get / http11 keep", "get / http11 keep"),
        Case(
            post("Content-Length: 3\r\n", "abc") + get("Connection: close\r\n"),
            "post /echo http11 keep length(3)", "get / http11 close"),
    ]

    @Test(
        "each property of a head is read as the RFC says",
        arguments: [targets, methods, connections, fields, framings, sequences].joined())
    func reads(_ test: Case) {
        let trace = RequestTrace(Array(test.text.utf8))
        #expect(trace.heads == test.heads)
        #expect(trace.refusal == nil)
        #expect(trace.badReply == nil)
    }

    @Test(
        "a Host may be any host with an optional port",
        arguments: [
            "", "a", "localhost:8080", "127.0.0.1:", "[::1]", "[::1]:80", "[v1.a:b]", "a_b.c~d",
            "%41b", "a,b", "xn--caf-dma.example.",
        ])
    func takesHost(_ host: String) {
        let trace = RequestTrace(Array("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8))
        #expect(trace.heads == ["get / http11 keep"])
    }

    @Test("the set of token characters is the one of RFC 9110 §5.6.2")
    func tokens() {
        let named = Set("!#$%&'*+-.^_`|~".utf8)
        for byte in UInt8.min...UInt8.max {
            let isToken =
                named.contains(byte) || (0x30...0x39).contains(byte)
                || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            let name = Array("GET / HTTP/1.1\r\nHost: a\r\nX".utf8) + [byte]
            let trace = RequestTrace(name + Array("Y: 1\r\n\r\n".utf8))
            // A colon ends the name instead of belonging to it.
            #expect((trace.refusal == nil) == (isToken || byte == 0x3A), "byte \(byte)")
        }
    }

    private func prefaceVerdict(_ bytes: [UInt8]) -> HTTP1.PrefaceVerdict {
        HTTP1.looksLikeHTTP2Preface(bytes.span)
    }

    @Test("the HTTP/2 preface is told from HTTP/1 by its first line")
    func preface() {
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        for count in 0...preface.count {
            let verdict = prefaceVerdict(Array(preface.prefix(count)))
            #expect(verdict == (count < 16 ? .needMore : .yes), "\(count) bytes")
        }
        for text in ["PRI", "PUT / HTTP/1.1", "PRI * HTTP/1.1\r\n"] {
            let verdict = prefaceVerdict(Array(text.utf8))
            #expect(verdict == (text == "PRI" ? .needMore : .no), "\(text)")
        }
        #expect(RequestTrace(preface).refusal == .unsupportedVersion)
    }
}
