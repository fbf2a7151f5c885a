import Basis
import Testing
import Wire

@Suite("Messages in pieces")
struct CutTests {
    static let requests = [
        Sample("short", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Sample("empty lines", "\r\n\r\nGET / HTTP/1.0\r\n\r\n\r\n"),
        Sample("length", "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
        Sample(
            "chunked",
            "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nA: b\r\nC: d\r\n\r\n"),
        Sample(
            "pipeline",
            get("") + post("Content-Length: 2\r\n", "xy") + get("Connection: close\r\n")),
        Sample("refused at once", "\u{16}\u{3}\u{1}\u{2}"),
        Sample("refused in the request line", "GET / HTTP/2.0\r\n\r\n"),
        Sample("refused in a field", "GET / HTTP/1.1\r\nA: b\r\nC : d\r\n\r\n"),
        Sample("refused at the end", "GET / HTTP/1.1\r\nA: b\r\n\r\n"),
        Sample(
            "refused in a chunk",
            "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd"),
    ]

    static let responses = [
        Sample("length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
        Sample("no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
        Sample(
            "chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n"),
        Sample("until close", "HTTP/1.1 200 OK\r\n\r\nabc"),
        Sample(
            "interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"),
        Sample("malformed", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"),
        Sample("foreign", "\u{15}\u{3}\u{3}"),
    ]

    @Test("a request means the same wherever the network cuts it, once", arguments: requests)
    func cutOnce(_ sample: Sample) {
        let whole = RequestTrace(sample.bytes)
        for cut in 0...sample.bytes.count {
            #expect(RequestTrace(sample.bytes, cuts: [cut]) == whole, "cut at \(cut)")
        }
        #expect(RequestTrace(sample.bytes, cuts: Array(0..<sample.bytes.count)) == whole)
    }

    @Test("a request means the same wherever the network cuts it, twice", arguments: requests)
    func cutTwice(_ sample: Sample) {
        let whole = RequestTrace(sample.bytes)
        for first in 0...sample.bytes.count {
            for second in first...sample.bytes.count {
                if RequestTrace(sample.bytes, cuts: [first, second]) != whole {
                    Issue.record("cut at \(first) and \(second)")
                }
            }
        }
    }

    @Test("a response means the same wherever the network cuts it", arguments: responses)
    func cutResponse(_ sample: Sample) {
        let whole = ResponseTrace(sample.bytes)
        for first in 0...sample.bytes.count {
            for second in first...sample.bytes.count {
                if ResponseTrace(sample.bytes, cuts: [first, second]) != whole {
                    Issue.record("cut at \(first) and \(second)")
                }
            }
        }
    }

    @Test("an unfinished message is not mistaken for an idle connection", arguments: requests)
    func isMidMessage(_ sample: Sample) {
        let begin = sample.bytes.firstIndex { $0 != 0x0D && $0 != 0x0A } ?? 0
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        #expect(!parser.isMidMessage)
        guard
            case .needMore = parser.next(
                Array(sample.bytes.prefix(begin)).span, from: 0, into: &head)
        else { return }
        #expect(!parser.isMidMessage)
        guard
            case .needMore = parser.next(
                Array(sample.bytes.prefix(begin + 1)).span, from: 0, into: &head)
        else { return }
        #expect(parser.isMidMessage)
    }

    @Test("bytes before the unfinished line are not read again until the head is whole")
    func readsOnce() {
        var bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d".utf8)
        let line = bytes.count - 4
        var parser = HTTP1.RequestParser()
        var head = HTTP1.RequestHead()
        guard case .needMore = parser.next(bytes.span, from: 0, into: &head) else {
            Issue.record("an unfinished head is finished")
            return
        }
        // Were these bytes looked at again, they would be refused.
        for index in 0..<line { bytes[index] = 0 }
        for byte in "efgh\r\nI: j\r\nK".utf8 {
            bytes.append(byte)
            guard case .needMore = parser.next(bytes.span, from: 0, into: &head) else {
                Issue.record("read again at \(bytes.count)")
                return
            }
        }
        bytes += Array(": l\r\n\r\n".utf8)
        guard case .refuse = parser.next(bytes.span, from: 0, into: &head) else {
            Issue.record("a whole head is not read from its beginning")
            return
        }
    }
}
