import Basis
import Foundation
import Wire

extension ParserCommand.Subject {
    static var all: [Self] {
        [
            request("HTTP/1.1 request, as wrk sends it", plainRequest),
            request("HTTP/1.1 request, as a browser sends it", browserRequest),
            reply, response, predictedResponse,
        ]
    }

    static let plainRequest = "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"

    static let browserRequest = """
        GET /articles/2024/execution-patterns?ref=front&page=2 HTTP/1.1\r
        Host: www.example.org\r
        User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r
        Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r
        Accept-Language: en-GB,en;q=0.5\r
        Accept-Encoding: gzip, deflate, br, zstd\r
        Connection: keep-alive\r
        Cookie: session=6f1ed002ab5595859014ebf0951522d9; theme=dark; consent=1\r
        Upgrade-Insecure-Requests: 1\r
        Sec-Fetch-Dest: document\r
        Sec-Fetch-Mode: navigate\r
        Priority: u=0, i\r
        \r

        """

    /// Parses a run of equal requests one after the other, as a pipelining client would send them.
    private static func request(_ name: String, _ text: String) -> Self {
        let count = 32
        let bytes = Array(String(repeating: text, count: count).utf8)
        return Self(name: name, bytes: text.utf8.count) { repeats in
            var parser = HTTP1.RequestParser()
            var head = HTTP1.RequestHead()
            var offset = 0
            var sum = 0
            for _ in 0..<repeats {
                guard case .head(let end) = parser.next(bytes.span, from: offset, into: &head)
                else {
                    return 0
                }
                sum &+= Int(head.path.count)
                offset = end == bytes.count ? 0 : end
            }
            return sum
        }
    }

    static let plainResponse = """
        HTTP/1.1 200 OK\r
        Server: switchyard\r
        Date: Sun, 06 Nov 1994 08:49:37 GMT\r
        Content-Type: text/plain\r
        Content-Length: 13\r
        \r
        Hello, World!
        """

    private static var response: Self {
        let bytes = Array(plainResponse.utf8)
        return Self(name: "HTTP/1.1 response to /plaintext, parsed", bytes: bytes.count) {
            repeats in
            var parser = HTTP1.ResponseParser()
            var sum = 0
            for _ in 0..<repeats {
                guard case .complete(let response, _) = parser.next(bytes.span, from: 0) else {
                    return 0
                }
                sum &+= response.headBytes
            }
            return sum
        }
    }

    /// The usual case of a benchmark: the head equals the last one.
    private static var predictedResponse: Self {
        let bytes = Array(plainResponse.utf8)
        return Self(name: "HTTP/1.1 response to /plaintext, predicted", bytes: bytes.count) {
            repeats in
            var parser = HTTP1.ResponseParser()
            var predictor = HTTP1.ResponsePredictor()
            var sum = 0
            for _ in 0..<repeats {
                guard
                    case .complete(let response, _) = parser.next(
                        bytes.span, from: 0, predictor: &predictor)
                else { return 0 }
                sum &+= response.headBytes
            }
            return sum
        }
    }

    private static var reply: Self {
        var output = ByteQueue()
        let head = plainHead()
        let content = Array("Hello, World!".utf8)
        func write(_ date: borrowing HTTPDate, _ output: inout ByteQueue) {
            var encoder = HTTP1.ReplyEncoder(answering: head)
            encoder.write(
                .ok, contentType: "text/plain", content: content.span, date: date, to: &output)
        }
        write(HTTPDate(unixSeconds: 0), &output)
        return Self(name: "HTTP/1.1 reply to /plaintext", bytes: output.count) { repeats in
            var output = ByteQueue()
            let date = HTTPDate(unixSeconds: 1_000_000_000)
            var sum = 0
            for _ in 0..<repeats {
                write(date, &output)
                sum &+= output.count
                output.removeAll()
            }
            return sum
        }
    }

    private static func plainHead() -> HTTP1.RequestHead {
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        let bytes = Array(plainRequest.utf8)
        guard case .head = parser.next(bytes.span, from: 0, into: &head) else {
            preconditionFailure("the plain request is well-formed")
        }
        return head
    }

    /// The least any code does to a message: copy it once and look at each byte once.
    static func touching(_ count: Int) -> Self {
        Self(name: "memcpy and memchr", bytes: count) { repeats in
            let source = [UInt8](repeating: 0x61, count: count)
            var copy = [UInt8](repeating: 0, count: count)
            var sum = 1
            for _ in 0..<repeats {
                // SAFETY: both arrays hold `count` bytes and neither is used elsewhere meanwhile.
                unsafe source.withUnsafeBytes { from in
                    unsafe copy.withUnsafeMutableBytes { to in
                        unsafe memcpy(to.baseAddress!, from.baseAddress!, count)
                        sum &+= unsafe memchr(to.baseAddress!, 0, count) == nil ? 1 : 0
                    }
                }
            }
            return sum
        }
    }
}
