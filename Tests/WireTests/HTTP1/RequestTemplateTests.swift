import Basis
import Testing
import Wire

@Suite("Building requests")
struct RequestTemplateTests {
    typealias Field = HTTP1.RequestTemplate.Field

    @Test("a request is composed to the byte")
    func composes() throws {
        let plain = try HTTP1.RequestTemplate(target: "/plaintext", host: "127.0.0.1:8080")
        #expect(
            String(decoding: plain.bytes, as: UTF8.self)
                == "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n")
        #expect(plain.headBytes == plain.bytes.count)
        #expect(!plain.answersHead)
        let payload = try HTTP1.RequestTemplate(
            method: "POST", target: "/echo?a=b", host: "a",
            fields: [Field("X-One", "1"), Field("host", "b:1"), Field("X-Two", "2 \t3")],
            body: Array("hello".utf8))
        #expect(
            String(decoding: payload.bytes, as: UTF8.self)
                == "POST /echo?a=b HTTP/1.1\r\nHost: b:1\r\nX-One: 1\r\nX-Two: 2 \t3\r\n"
                + "Content-Length: 5\r\n\r\nhello")
        #expect(payload.headBytes == payload.bytes.count - 5)
        let empty = try HTTP1.RequestTemplate(method: "PUT", target: "/", host: "a")
        #expect(String(decoding: empty.bytes, as: UTF8.self).contains("Content-Length: 0\r\n"))
        let head = try HTTP1.RequestTemplate(method: "HEAD", target: "/", host: "a")
        #expect(head.answersHead)
    }

    @Test("bytes that are no UTF-8 are sent as they are")
    func rawBytes() throws {
        let raw: [UInt8] = [0x2F, 0xE9, 0xFF, 0xC3, 0xA9]
        let request = try HTTP1.RequestTemplate(
            method: "PUT", target: raw, host: "a", fields: [Field("X", bytes: raw)], body: raw)
        #expect(
            request.bytes
                == Array("PUT ".utf8) + raw + Array(" HTTP/1.1\r\nHost: a\r\nX: ".utf8) + raw
                + Array("\r\nContent-Length: 5\r\n\r\n".utf8) + raw)
        #expect(throws: Complaint.self) {
            try HTTP1.RequestTemplate(
                target: "/", host: "a", fields: [Field("X", bytes: [0xE9, 10])])
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var target = "/"
        var host = "a"
        var fields: [Field] = []
        var body = ""
        /// What the complaint must name.
        let names: String

        var testDescription: String { names }
    }

    static let bad = [
        Bad(method: "", names: "method"), Bad(method: "GE T", names: "GE T"),
        Bad(method: "GET\r\nX:", names: "method"), Bad(method: "CONNECT", names: "CONNECT"),
        Bad(method: "TRACE", body: "x", names: "TRACE"),
        Bad(target: "", names: "target"), Bad(target: "a", names: "'a'"),
        Bad(target: "/a b", names: "/a b"), Bad(target: "/a\r\nX: y", names: "target"),
        Bad(target: "/\u{7f}", names: "target"), Bad(target: "/a#b", names: "/a#b"),
        Bad(target: "*", names: "'*'"),
        Bad(host: "a b", names: "a b"), Bad(host: "", names: "host"),
        Bad(host: "a\r\nX: y", names: "host"),
        Bad(fields: [Field("Host", "a"), Field("HOST", "b")], names: "host"),
        Bad(fields: [Field("X Y", "1")], names: "X Y"),
        Bad(fields: [Field("X:", "1")], names: "X:"),
        Bad(fields: [Field("X", "1\r\nY: 2")], names: "X"),
        Bad(fields: [Field("X", "1\n")], names: "X"),
        Bad(fields: [Field("X", "\0")], names: "X"),
        Bad(fields: [Field("content-length", "3")], names: "content-length"),
        Bad(fields: [Field("Transfer-Encoding", "chunked")], names: "Transfer-Encoding"),
        Bad(fields: [Field("X", String(repeating: "y", count: 16_384))], names: "head"),
    ]

    @Test("what would not be one well-formed request is refused with a remedy", arguments: bad)
    func refuses(_ bad: Bad) {
        do {
            let request = try HTTP1.RequestTemplate(
                method: bad.method, target: bad.target, host: bad.host, fields: bad.fields,
                body: Array(bad.body.utf8))
            Issue.record("built \(String(decoding: request.bytes, as: UTF8.self))")
        } catch {
            #expect(error.problem.contains(bad.names))
            #expect(!error.remedy.isEmpty)
            #expect(!error.description.contains("\n"))
        }
    }

    @Test("whatever is built is one request that the server's side takes", arguments: 0..<20)
    func readsBack(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func text(_ most: Int) -> String {
            let alphabet = Array("aZ0-._~!'*+/?%=&: ;,\t\"#(\u{e9}\r\n")
            return String(
                (0..<Int.random(in: 0...most, using: &generator)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                })
        }
        for round in 0..<200 {
            let fields = (0..<Int.random(in: 0..<3, using: &generator)).map { _ in
                Field("X" + text(2), text(8))
            }
            let body = Array(text(4).utf8)
            guard
                let request = try? HTTP1.RequestTemplate(
                    method: Bool.random(using: &generator) ? "GET" : "POST",
                    // The server takes no target beyond ASCII.
                    target: "/" + text(3).filter(\.isASCII), host: "a" + text(2), fields: fields,
                    body: body)
            else { continue }
            let trace = RequestTrace(request.bytes)
            #expect(trace.refusal == nil, "seed \(seed), round \(round)")
            #expect(trace.heads.count == 1, "seed \(seed), round \(round)")
            let payload: [RequestTrace.Step] = body.isEmpty ? [] : [.body(body), .end]
            #expect(Array(trace.steps.dropFirst()) == payload, "seed \(seed), round \(round)")
        }
    }
}
