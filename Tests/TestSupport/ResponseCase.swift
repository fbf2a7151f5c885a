/// A response as servers of the field write them, and what a client is to make of it. curl is asked
/// about each of them, too.
package struct ResponseCase: CustomStringConvertible, Sendable {
    /// What a client makes of a response.
    package enum Meaning: Equatable, Sendable {
        case answer(status: Int, bodyBytes: Int, keepsOpen: Bool)
        /// For the refusal of this name.
        case refused(String)
        /// The connection's end is in the middle of it.
        case cutOff
    }

    /// What curl makes of it.
    package enum Curl: Sendable {
        case agrees
        /// curl 7.88 makes another thing of it, which is not followed for the reason given.
        case differs(String)
        /// Versions of curl differ on it.
        case varies
    }

    package let name: String
    package let bytes: [UInt8]
    package let meaning: Meaning
    package let curl: Curl

    package var description: String { name }

    /// Whether every curl agrees.
    package var isAsCurl: Bool { if case .agrees = curl { true } else { false } }

    /// Whether the response's end is the connection's.
    package var closes: Bool {
        if case .answer(_, _, let keepsOpen) = meaning { !keepsOpen } else { true }
    }

    /// - Parameter text: each character is sent as one byte.
    init(_ name: String, _ text: String, _ meaning: Meaning, _ curl: Curl = .agrees) {
        self.name = name
        bytes = text.unicodeScalars.map { UInt8($0.value) }
        self.meaning = meaning
        self.curl = curl
    }
}

extension ResponseCase {
    private static let three = Meaning.answer(status: 200, bodyBytes: 3, keepsOpen: true)
    private static let threeAtClose = Meaning.answer(status: 200, bodyBytes: 3, keepsOpen: false)
    private static let length = "Content-Length: 3\r\n\r\nabc"
    private static let chunks = "3\r\nabc\r\n0\r\n\r\n"

    /// With `fields` between an ordinary status line and a body of a told length.
    private static func field(
        _ name: String, _ fields: String, _ meaning: Meaning = three, _ curl: Curl = .agrees
    ) -> ResponseCase {
        ResponseCase(name, "HTTP/1.1 200 OK\r\n\(fields)\r\n\(length)", meaning, curl)
    }

    /// With these fields and what follows them.
    private static func head(
        _ name: String, _ fields: String, _ body: String, _ meaning: Meaning = three,
        _ curl: Curl = .agrees
    ) -> ResponseCase {
        ResponseCase(name, "HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n\(body)", meaning, curl)
    }

    private static func status(
        _ line: String, _ meaning: Meaning = three, _ curl: Curl = .agrees
    ) -> ResponseCase {
        ResponseCase("status line '\(line.prefix(40))'", "\(line)\r\n\(length)", meaning, curl)
    }

    private static func chunked(
        _ name: String, _ body: String, _ meaning: Meaning = three, _ curl: Curl = .agrees
    ) -> ResponseCase {
        head(name, "Transfer-Encoding: chunked", body, meaning, curl)
    }

    private static func letters(_ count: Int) -> String { String(repeating: "y", count: count) }

    /// `count` field lines of about a thousand bytes.
    private static func lines(_ count: Int) -> String {
        Array(repeating: "X: \(letters(1_000))", count: count).joined(separator: "\r\n")
    }

    package static let statusLines: [ResponseCase] = [
        status("HTTP/1.1 200 OK"), status("HTTP/1.1 200"), status("HTTP/1.1 200 "),
        status("HTTP/1.1 200OK"), status("HTTP/1.1  200  OK"), status("http/1.1 200 OK"),
        status("HTTP/1.1 200 Caf\u{e9}"), status("HTTP/1.1 200 O\u{1}K"),
        status("HTTP/1.1 200 O\rK"), status("HTTP/1.1 200 \(letters(20_000))"),
        status("HTTP/1.1\t200\tOK", three, .differs("RFC 9112 §4 lets any white space pass")),
        status("HTTP/1.2 200 OK", three, .differs("RFC 9110 §2.5: a later minor version")),
        status("HTTP/1.0 200 OK", threeAtClose),
        status("HTTP/1.1 600 What", .answer(status: 600, bodyBytes: 3, keepsOpen: true)),
        status(
            "HTTP/1.1 099 What", .answer(status: 500, bodyBytes: 3, keepsOpen: true),
            .differs("RFC 9110 §15: like one of class 5xx")),
        status("HTTP/1.1 20 OK", .refused("badStatusLine")),
        status("HTTP/1.1 2000 OK", .refused("badStatusLine")),
        status("HTTP/1.1 two OK", .refused("badStatusLine")),
        status("HTTP/1.1200 OK", .refused("badStatusLine")),
        status("HTTP/1 200 OK", .refused("unsupportedVersion")),
        status("HTTP/1.11 200 OK", .refused("badStatusLine")),
        status("HTTP/2.0 200 OK", .refused("unsupportedVersion"), .varies),
        status("HTTP/1.1 200 O\0K", .refused("badFieldValue")),
        status("ICY 200 OK", .refused("badFirstByte")),
        ResponseCase("HTTP/0.9", "hello", .refused("badFirstByte")),
        ResponseCase("nothing", "", .cutOff),
        ResponseCase(
            "empty lines before it", "\r\n\n\r\n\r\nHTTP/1.1 200 OK\r\n\(length)", three,
            .differs("other clients let what a body left behind pass")),
        ResponseCase(
            "too many empty lines before it", "\r\n\r\n\r\n\r\n\r\nHTTP/1.1 200 OK\r\n\(length)",
            .refused("tooManyEmptyLines")),
    ]

    package static let fieldLines: [ResponseCase] = [
        field("a folded line", "X: a\r\n b"), field("folded by a tab", "X: a\r\n\tb"),
        field("folded three times", "X: a\r\n b\r\n  c\r\n\td"),
        field("folded to nothing", "X: a\r\n "), field("folded before its value", "X:\r\n a"),
        field(
            "white space before the first field", " X: a", three, .varies),
        field("white space before a colon", "X : a"), field("an empty name", ": a"),
        field("a blank in a name", "A B: a"), field("parentheses in a name", "A(B): a"),
        field("high bytes", "X\u{ff}: \u{fe}"), field("a control character", "X: a\u{1}b\u{7f}"),
        field("a bare CR", "X: a\rb"), field("two CR", "X: a\r"),
        field("a NUL", "X: a\0b", .refused("badFieldValue")),
        field("no colon", "nonsense", .refused("badFieldName")),
        ResponseCase(
            "bare LF throughout", "HTTP/1.1 200 OK\nX: a\nContent-Length: 3\n\nabc", three),
        ResponseCase(
            "bare LF at the end", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\nabc", three),
        ResponseCase(
            "two CR at the end", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\r\nabc", three),
        field("101 lines", Array(repeating: "X: a", count: 101).joined(separator: "\r\n")),
        field(
            "6000 lines", Array(repeating: "X: a", count: 6_000).joined(separator: "\r\n"), three,
            .varies),
        field("a line of 90,000 bytes", "X: \(letters(90_000))"),
        field(
            "a line of 250,000 bytes", "X: \(letters(250_000))", three,
            .differs("curl bounds a line by 100 KiB")),
        field("290,000 bytes", lines(290)),
        field("310,000 bytes", lines(310), .refused("headTooLarge")),
    ]

    package static let lengths: [ResponseCase] = [
        head("no blank before the length", "Content-Length:3", "abc"),
        head("blanks around the length", "Content-Length: \t 3 \t", "abc"),
        head("zeros before the length", "Content-Length: 003", "abc"),
        head("the length twice", "Content-Length: 3\r\nContent-Length: 3", "abc"),
        head("the length as a list", "Content-Length: 3, 3", "abc"),
        head("a comma behind the length", "Content-Length: 3,", "abc"),
        head(
            "a folded length", "Content-Length:\r\n 3", "abc", three, .varies),
        head(
            "white space before the colon of the length", "Content-Length : 3", "abc", three,
            .differs("curl reads until the end")),
        head(
            "two lengths", "Content-Length: 4\r\nContent-Length: 3", "abc",
            .refused("badContentLength"), .differs("it is not known where the body ends")),
        head(
            "two lengths in a list", "Content-Length: 3, 4", "abc", .refused("badContentLength"),
            .differs("it is not known where the body ends")),
        head(
            "a sign", "Content-Length: +3", "abc", .refused("badContentLength"),
            .differs("not a number of RFC 9110 §8.6")),
        head("a negative length", "Content-Length: -3", "abc", .refused("badContentLength")),
        head(
            "something behind the length", "Content-Length: 3x", "abc",
            .refused("badContentLength"), .differs("not a number of RFC 9110 §8.6")),
        head(
            "a hexadecimal length", "Content-Length: 0x3", "abc", .refused("badContentLength"),
            .differs("curl reads a zero")),
        head("no length", "Content-Length:", "abc", .refused("badContentLength")),
        head("a word for a length", "Content-Length: x", "abc", .refused("badContentLength")),
        head(
            "a length beyond 64 bits", "Content-Length: 99999999999999999999999", "abc",
            .refused("bodyTooLarge"), .differs("curl reads until the end")),
        head("until the end", "X: a", "abc", threeAtClose),
        head("cut off", "Content-Length: 9", "abc", .cutOff),
        ResponseCase("cut off in the head", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", .cutOff),
        ResponseCase("HTTP/1.0 until the end", "HTTP/1.0 200 OK\r\n\r\nabc", threeAtClose),
        ResponseCase(
            "HTTP/1.0 that stays", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\(length)",
            three),
        field("close among others", "Connection: x, close, keep-alive", threeAtClose),
        field(
            "close on a second line", "Connection: keep-alive\r\nConnection: close", threeAtClose),
        field("a folded close", "Connection: x,\r\n close", threeAtClose),
        field("an offered upgrade", "Upgrade: h2c\r\nConnection: upgrade"),
        ResponseCase(
            "304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
            .answer(status: 304, bodyBytes: 0, keepsOpen: true)),
        ResponseCase(
            "204 with a bad length", "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n",
            .answer(status: 204, bodyBytes: 0, keepsOpen: true)),
    ]

    package static let codings: [ResponseCase] = [
        chunked("chunked", chunks), head("CHUNKED", "Transfer-Encoding: CHUNKED", chunks),
        head(
            "a folded coding", "Transfer-Encoding:\r\n chunked", chunks, three, .varies),
        head("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", chunks),
        head("chunked twice in a list", "Transfer-Encoding: chunked, chunked", chunks),
        head("empty elements", "Transfer-Encoding: , chunked,", chunks),
        head("identity and chunked", "Transfer-Encoding: identity, chunked", chunks),
        head(
            "identity and a length", "Transfer-Encoding: identity\r\nContent-Length: 3", "abc",
            three, .differs("curl reads until the end")),
        head(
            "no coding and a length", "Transfer-Encoding:\r\nContent-Length: 3", "abc", three,
            .differs("curl reads until the end")),
        head("a length before chunked", "Content-Length: 9\r\nTransfer-Encoding: chunked", chunks),
        head("a length behind chunked", "Transfer-Encoding: chunked\r\nContent-Length: 9", chunks),
        head(
            "a bad length and chunked", "Transfer-Encoding: chunked\r\nContent-Length: 9, 8", chunks
        ),
        head(
            "an unknown coding", "Transfer-Encoding: x", "abc", threeAtClose,
            .differs("RFC 9112 §6.3, item 4: until the end")),
        head(
            "an unknown coding and chunked", "Transfer-Encoding: x, chunked", chunks, three,
            .differs("what the coding hides is not looked at")),
        head(
            "chunked with a parameter", "Transfer-Encoding: chunked;q=1", chunks,
            .refused("badTransferEncoding")),
        ResponseCase(
            "HTTP/1.0 and chunked",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunks, threeAtClose),
    ]

    package static let chunkLines: [ResponseCase] = [
        chunked("an extension", "3;a=b\r\nabc\r\n0\r\n\r\n"),
        chunked("a quoted extension", "3;a=\"x;y\\\"z\"\r\nabc\r\n0;b\r\n\r\n"),
        chunked("a long extension", "3;\(letters(100_000))\r\nabc\r\n0\r\n\r\n"),
        chunked("blanks behind the size", "3   \r\nabc\r\n0   \r\n\r\n"),
        chunked("a blank before the semicolon", "3\t;x\r\nabc\r\n0\r\n\r\n"),
        chunked("words behind the size", "3 x\r\nabc\r\n0\r\n\r\n"),
        chunked("bare LF in the chunks", "3\nabc\n0\n\n"),
        chunked("some bare LF in the chunks", "3\r\nabc\n0\r\n\n"),
        chunked("zeros before the size", "0000000000000003\r\nabc\r\n000\r\n\r\n"),
        chunked(
            "a capital size", "A\r\n0123456789\r\n0\r\n\r\n",
            .answer(status: 200, bodyBytes: 10, keepsOpen: true)),
        chunked(
            "letters behind the size", "3junk\r\nabc\r\n0\r\n\r\n", .refused("badChunk"),
            .differs("0x3 would be a zero")),
        chunked("a blank before the size", " 3\r\nabc\r\n0\r\n\r\n", .refused("badChunk")),
        chunked("no size", "\r\nabc\r\n0\r\n\r\n", .refused("badChunk")),
        chunked("a negative size", "-1\r\nabc\r\n0\r\n\r\n", .refused("badChunk")),
        chunked("17 digits", "00000000000000003\r\nabc\r\n0\r\n\r\n", .refused("badChunk")),
        chunked("no line end behind the data", "3\r\nabc0\r\n\r\n", .refused("badChunk")),
        chunked("more data than told", "3\r\nabcd\r\n0\r\n\r\n", .refused("badChunk")),
        chunked("no last chunk", "3\r\nabc\r\n", .cutOff),
        chunked("a cut trailer", "3\r\nabc\r\n0\r\nX: y\r\n", .cutOff),
        chunked("a trailer", "3\r\nabc\r\n0\r\nX: y\r\n\r\n"),
        chunked("a folded trailer", "3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n"),
        chunked(
            "a trailer without a colon", "3\r\nabc\r\n0\r\nx\r\n\r\n", three,
            .differs("trailers are dropped unread")),
        chunked("a long trailer section", "3\r\nabc\r\n0\r\n\(lines(200))\r\n\r\n"),
        chunked(
            "an endless trailer section", "3\r\nabc\r\n0\r\n\(lines(310))\r\n\r\n",
            .refused("trailersTooLarge"), .varies),
    ]

    package static let interim: [ResponseCase] = [
        ResponseCase(
            "100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\(length)", three),
        ResponseCase(
            "103 and 100 with fields",
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n"
                + "Content-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\n\(length)", three),
        ResponseCase(
            "199 with bare LF", "HTTP/1.1 199 Hm\n\nHTTP/1.1 200 OK\r\n\(length)", three),
        ResponseCase(
            "2000 times 102",
            String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 2_000)
                + "HTTP/1.1 200 OK\r\n\(length)", three),
    ]

    package static let all = statusLines + fieldLines + lengths + codings + chunkLines + interim
}
