import Testing
import Wire

@Suite("The limits of a request")
struct RequestLimitTests {
    private typealias Limit = HTTP1.Limit

    /// A request line of exactly `count` bytes.
    private func requestLine(_ count: Int) -> String {
        let frame = "GET / HTTP/1.1\r\n"
        return "GET /" + String(repeating: "a", count: count - frame.utf8.count)
            + " HTTP/1.1\r\n"
    }

    /// A head of exactly `count` bytes.
    private func head(_ count: Int) -> String {
        let frame = get("A: \r\n")
        return get("A: " + String(repeating: "b", count: count - frame.utf8.count) + "\r\n")
    }

    private func trace(_ text: String, bodyLimit: UInt64 = Limit.bodyBytes) -> RequestTrace {
        let bytes = Array(text.utf8)
        let whole = RequestTrace(bytes, bodyLimit: bodyLimit)
        let cuts = Array(stride(from: 0, to: bytes.count, by: 61))
        #expect(RequestTrace(bytes, cuts: cuts, bodyLimit: bodyLimit) == whole)
        return whole
    }

    @Test("a request line may have 8192 bytes")
    func requestLineBytes() {
        let fits = requestLine(Limit.requestLineBytes) + "Host: a\r\n\r\n"
        #expect(trace(fits).heads.count == 1)
        let exceeds = requestLine(Limit.requestLineBytes + 1) + "Host: a\r\n\r\n"
        #expect(trace(exceeds).steps == [.refuse(.targetTooLong)])
        let unfinished = String(exceeds.prefix(Limit.requestLineBytes))
        #expect(trace(unfinished).steps == [.refuse(.targetTooLong)])
        #expect(trace(String(unfinished.dropLast())).steps == [])
        let method = String(repeating: "A", count: Limit.requestLineBytes)
        #expect(trace(method).steps == [.refuse(.targetTooLong)])
    }

    @Test("a head may have 16384 bytes")
    func headBytes() {
        #expect(trace(head(Limit.headBytes)).heads.count == 1)
        #expect(trace(head(Limit.headBytes + 1)).steps == [.refuse(.headTooLarge)])
        let unfinished = String(head(Limit.headBytes).dropLast())
        #expect(trace(unfinished).steps == [])
        let behind = trace(get("") + head(Limit.headBytes + 1))
        #expect(behind.heads.count == 1)
        #expect(behind.refusal == .headTooLarge)
    }

    @Test("a head may have 100 field lines")
    func fieldLines() {
        let lines = (1..<Limit.fieldLines).map { "A\($0): b\r\n" }.joined()
        #expect(trace(get(lines)).heads.count == 1)
        #expect(trace(get(lines + "B: c\r\n")).steps == [.refuse(.headTooLarge)])
    }

    @Test("a payload may have as many bytes as the caller takes")
    func bodyBytes() {
        let body = String(repeating: "x", count: 10)
        let length = post("Content-Length: 10\r\n", body)
        #expect(trace(length, bodyLimit: 10).steps.last == .end)
        #expect(trace(length, bodyLimit: 9).steps == [.refuse(.bodyTooLarge)])
        let chunks = post("Transfer-Encoding: chunked\r\n", "6\r\nxxxxxx\r\n4\r\nxxxx\r\n0\r\n\r\n")
        #expect(trace(chunks, bodyLimit: 10).steps.last == .end)
        #expect(trace(chunks, bodyLimit: 9).refusal == .bodyTooLarge)
        #expect(trace(chunks, bodyLimit: 5).refusal == .bodyTooLarge)
    }

    @Test("a chunk line may have 512 bytes")
    func chunkLineBytes() {
        func body(_ line: Int) -> String {
            let filler = String(repeating: "a", count: line - 4)
            return post("Transfer-Encoding: chunked\r\n", "1;\(filler)\r\nx\r\n0\r\n\r\n")
        }
        #expect(trace(body(Limit.chunkLineBytes)).steps.last == .end)
        #expect(trace(body(Limit.chunkLineBytes + 1)).refusal == .chunkOverhead)
    }

    @Test("one-byte chunks pass, a body of extensions does not")
    func chunkOverhead() {
        let plain = String(repeating: "1\r\nx\r\n", count: 20_000)
        let start = post("Transfer-Encoding: chunked\r\n")
        let tiny = RequestTrace(Array((start + plain + "0\r\n\r\n").utf8))
        #expect(tiny.steps.last == .end)
        let padded = String(
            repeating: "1;\(String(repeating: "a", count: 300))\r\nx\r\n", count: 100)
        #expect(RequestTrace(Array((start + padded).utf8)).refusal == .chunkOverhead)
    }

    @Test("a trailer section may have 8192 bytes with the last chunk's line")
    func trailerBytes() {
        func body(_ count: Int) -> String {
            let frame = "0\r\nA: \r\n\r\n".utf8.count
            let value = String(repeating: "b", count: count - frame)
            return post("Transfer-Encoding: chunked\r\n", "0\r\nA: \(value)\r\n\r\n")
        }
        #expect(trace(body(Limit.trailerBytes)).steps.last == .end)
        #expect(trace(body(Limit.trailerBytes + 1)).refusal == .trailersTooLarge)
    }

    @Test("the parser and its head stay small, since every connection has them")
    func sizes() {
        #expect(MemoryLayout<HTTP1.RequestParser>.size <= 32)
        #expect(MemoryLayout<HTTP1.ResponseParser>.size <= 64)
        #expect(MemoryLayout<HTTP1.ReplyEncoder>.size <= 8)
        #expect(MemoryLayout<HTTP1.RequestHead>.size <= 96)
    }
}
