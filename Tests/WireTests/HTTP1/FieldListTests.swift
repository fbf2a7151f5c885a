import Basis
import Testing

@testable import Wire

@Suite("the fields of a request head")
struct FieldListTests {
    @Test(
        "are given back in order and as they were sent, whatever the target's form",
        arguments: [
            "GET / HTTP/1.1", "GET http://h/a?b HTTP/1.0", "OPTIONS * HTTP/1.1",
            "CONNECT h:1 HTTP/1.1", "\r\nPOST /x?y HTTP/1.1",
        ])
    func fields(line: String) throws {
        let text = "\(line)\r\nHost: h\r\nX-A:  b c \r\nx-a:\r\nContent-Length: 0\r\n\r\nrest: no"
        let input = Array(text.utf8)
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        guard case .head = parser.next(input.span, from: 0, into: &head) else {
            Issue.record("no head")
            return
        }
        var fields: [String] = []
        func part(_ run: HTTP1.Run) -> String {
            String(decoding: input[run.range], as: UTF8.self)
        }
        head.forEachField(in: input.span) { fields.append("\(part($0))=\(part($1))") }
        #expect(fields == ["Host=h", "X-A=b c", "x-a=", "Content-Length=0"])
    }
}
