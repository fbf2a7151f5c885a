import Testing
import Wire

@Suite("What a server does not take")
struct RequestRefusalTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let text: String
        let refusal: HTTP1.Refusal

        init(_ text: String, _ refusal: HTTP1.Refusal) {
            self.text = text
            self.refusal = refusal
        }

        var testDescription: String { String(text.prefix(70)).debugDescription }
    }

    static let requestLines = [
        Case("\u{16}\u{3}\u{1}", .badFirstByte),
        Case(" GET / HTTP/1.1\r\n", .badFirstByte),
        Case("\n", .badFirstByte),
        Case("GET  / HTTP/1.1\r\n", .badTarget),
        Case("GET\t/ HTTP/1.1\r\n", .badMethod),
        Case("G@T / HTTP/1.1\r\n", .badMethod),
        Case("GET\r\n", .badMethod),
        Case("GET\n", .bareLineFeed),
        // HTTP/0.9.
        Case("GET /\r\n", .badVersion),
        Case("GET /\n", .bareLineFeed),
        Case("GET / \r\n", .badVersion),
        Case("GET / HTTP/1.1 \r\n", .badVersion),
        Case("GET /  HTTP/1.1\r\n", .badVersion),
        Case("GET / x HTTP/1.1\r\n", .badVersion),
        Case("GET / http/1.1\r\n", .badVersion),
        Case("GET / HTTP/1.10\r\n", .badVersion),
        Case("GET / HTTP/11\r\n", .badVersion),
        Case("GET / HTTP/1,1\r\n", .badVersion),
        Case("GET / HTTP/a.1\r\n", .badVersion),
        Case("GET / HTTP/1.1\n", .bareLineFeed),
        Case("GET / HTTP/1.1\r\r\n", .badVersion),
        Case("GET / HTTP/0.9\r\n", .unsupportedVersion),
        Case("GET / HTTP/2.0\r\n", .unsupportedVersion),
        Case("GET / HTTP/3.1\r\n", .unsupportedVersion),
        Case("\r\n\r\n\r\n\r\n\r\n", .tooManyEmptyLines),
        Case("\rGET / HTTP/1.1\r\n", .bareCarriageReturn),
    ]

    static let targets = [
        Case("GET * HTTP/1.1\r\n", .badTarget),
        Case("GET a HTTP/1.1\r\n", .badTarget),
        Case("GET ?a HTTP/1.1\r\n", .badTarget),
        Case("GET a:80 HTTP/1.1\r\n", .badTarget),
        Case("GET /a#b HTTP/1.1\r\n", .badTarget),
        Case("GET /a?b#c HTTP/1.1\r\n", .badTarget),
        Case("GET /a\u{7f} HTTP/1.1\r\n", .badTarget),
        Case("GET /\u{e9} HTTP/1.1\r\n", .badTarget),
        Case("GET /a\0b HTTP/1.1\r\n", .badTarget),
        Case("GET /a\rb HTTP/1.1\r\n", .bareCarriageReturn),
        Case("GET http:///a HTTP/1.1\r\n", .badTarget),
        Case("GET http://u@b/ HTTP/1.1\r\n", .badTarget),
        Case("GET http://b:x/ HTTP/1.1\r\n", .badTarget),
        Case("GET ftp://b/ HTTP/1.1\r\n", .badTarget),
        Case("CONNECT /a HTTP/1.1\r\n", .badTarget),
        Case("CONNECT b HTTP/1.1\r\n", .badTarget),
        Case("CONNECT b: HTTP/1.1\r\n", .badTarget),
    ]

    static let fields = [
        // RFC 9112 §5.1: no white space before the colon.
        Case(get("Content-Length : 0\r\n"), .badFieldName),
        Case(get("A\t: 0\r\n"), .badFieldName),
        Case(get(": 0\r\n"), .badFieldName),
        Case(get("A B: 0\r\n"), .badFieldName),
        Case(get("A\r\n"), .badFieldName),
        Case(get("(A): 0\r\n"), .badFieldName),
        Case(get("A\0: 0\r\n"), .badFieldName),
        Case(get("\u{e9}: 0\r\n"), .badFieldName),
        // §5.2, obs-fold, and §2.2, white space before the first field.
        Case(get("A: b\r\n c\r\n"), .foldedLine),
        Case(get("A: b\r\n\tc\r\n"), .foldedLine),
        Case("GET / HTTP/1.1\r\n Host: a\r\n", .foldedLine),
        // §2.2.
        Case(get("A: b\rc\r\n"), .bareCarriageReturn),
        Case(get("A: b\r\r\n"), .bareCarriageReturn),
        Case(get("A: b\n"), .bareLineFeed),
        Case(get("A\n"), .bareLineFeed),
        Case("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        Case("GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", .bareCarriageReturn),
        // RFC 9110 §5.5.
        Case(get("A: b\0c\r\n"), .badFieldValue),
        Case(get("A: \u{1}\r\n"), .badFieldValue),
        Case(get("A: a long value before it \u{7f}\r\n"), .badFieldValue),
        // RFC 9112 §3.2.
        Case("GET / HTTP/1.1\r\n\r\n", .missingHost),
        Case("GET / HTTP/1.1\r\nHosts: a\r\n\r\n", .missingHost),
        Case(get("Host: a\r\n"), .repeatedHost),
        Case(get("host: b\r\n", version: "HTTP/1.0"), .repeatedHost),
        // RFC 9110 §10.1.1.
        Case(post("Expect: 200-ok\r\n"), .unknownExpectation),
        Case(post("Expect: 100-continue, x\r\n"), .unknownExpectation),
    ]

    @Test(
        "a malformed head is refused for the right reason",
        arguments: [requestLines, targets, fields].joined())
    func refuses(_ test: Case) {
        let trace = RequestTrace(Array(test.text.utf8))
        #expect(trace.steps == [.refuse(test.refusal)])
    }

    @Test(
        "a Host that is not a host is refused",
        arguments: [
            "a b", "a:b", "a:80:90", "a/b", "u@a", ":80", "[::1", "[]", "[::1]x", "a\\b",
            "\u{e9}", "a%zz", "a%4", "a%", "%g0", "a%41%", "[1::2::3]", "[:::]", "[1:2:3:4:5:6:7]",
            "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7::8:9]", "[12345::]", "[::g]", "[:1::]", "[1:]",
            "[::1:]", "[1.2.3.4]", "[::1.2.3]", "[::1.2.3.256]", "[::01.2.3.4]", "[v.a]", "[v1.]",
            "[v1a]", "[vg.a]", "[v1.a b]", "[::%25eth0]", "[[::1]]", "a]", "a:8a",
        ])
    func refusesHost(_ host: String) {
        let trace = RequestTrace(Array("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8))
        #expect(trace.steps == [.refuse(.badHost)])
    }

    @Test(
        "a Host of every kind is taken",
        arguments: [
            "", "a", "a:", "a:80", "a.b-c_d~e", "1.2.3.4:1", "999.1", "a%41%7e:80", "!$&'()*+,;=",
            "[::]", "[::1]:80", "[1:2:3:4:5:6:7:8]", "[1::8]", "[1:2:3:4:5:6:7::]", "[::2:3]",
            "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", "[ABCD:ef01::]:", "[v1.a:b]", "[VF.~]:8",
        ])
    func takesHost(_ host: String) {
        let trace = RequestTrace(Array("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8))
        guard trace.steps.count == 1, case .head = trace.steps[0] else {
            Issue.record("\(trace.steps)")
            return
        }
    }

    @Test(
        "two Idempotency-Key fields are taken only where they agree",
        arguments: [("k", "k", true), ("k", "l", false), ("k", "", false), ("", "k", false)])
    func keys(first: String, second: String, isTaken: Bool) {
        let text =
            "POST /payments HTTP/1.1\r\nHost: a\r\nIdempotency-Key: \(first)\r\n"
            + "A: b\r\nidempotency-key: \(second)\r\n\r\n"
        for cut in 1..<text.utf8.count {
            let trace = RequestTrace(Array(text.utf8), cuts: [cut])
            #expect(
                trace.steps.contains(.refuse(.repeatedKey)) != isTaken, "\(cut): \(trace.steps)")
        }
    }

    @Test("each refusal has a status the server may send, and a reason")
    func statuses() {
        let expected: [HTTP1.Refusal: UInt16] = [
            .timedOut: 408, .bodyTooLarge: 413, .noRoomForBody: 503,
            .targetTooLong: 414, .unknownExpectation: 417,
            .headTooLarge: 431, .trailersTooLarge: 431, .unknownTransferCoding: 501,
            .unsupportedVersion: 505,
        ]
        for refusal in HTTP1.Refusal.allCases {
            #expect(refusal.status.code == expected[refusal] ?? 400, "\(refusal)")
            #expect(refusal.reason.utf8CodeUnitCount > 10, "\(refusal)")
            #expect(refusal.status.phrase.utf8CodeUnitCount > 0, "\(refusal)")
        }
    }
}
