import Testing
import Wire

/// Requests that two servers of a chain may read as different messages. The classes and most of the
/// texts are those of Linhart et al., "HTTP Request Smuggling" (2005); Kettle, "HTTP Desync
/// Attacks" (2019) and "Browser-Powered Desync Attacks" (2022); Kallus et al., "The HTTP Garden"
/// (2024); and Weikop, "Funky Chunks" (2025).
@Suite("Request smuggling")
struct SmugglingTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let refusal: HTTP1.Refusal

        init(_ name: String, _ text: String, _ refusal: HTTP1.Refusal) {
            self.name = name
            bytes = Array(text.utf8)
            self.refusal = refusal
        }

        var testDescription: String { name }
    }

    /// Text behind a POST whose fields hide a second request.
    private static let smuggled = "0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n"

    private static func lengthOrChunked(_ name: String, _ field: String) -> Case {
        Case(name, post("Content-Length: 40\r\n\(field)\r\n", smuggled), .conflictingFraming)
    }

    static let lengthAgainstChunked = [
        lengthOrChunked("CL.TE", "Transfer-Encoding: chunked"),
        Case(
            "TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", smuggled),
            .conflictingFraming),
        lengthOrChunked("CL.TE in odd case", "tRANSFER-eNCODING: CHUNKED"),
        lengthOrChunked("CL.TE with a coding nobody knows", "Transfer-Encoding: xchunked"),
        lengthOrChunked("CL.TE with identity", "Transfer-Encoding: identity"),
        lengthOrChunked("CL.TE with a coding that is none", "Transfer-Encoding: x"),
    ]

    /// TE.TE: one Transfer-Encoding that one side does not recognise.
    static let obfuscated = [
        Case("space before colon", post("Transfer-Encoding : chunked\r\n"), .badFieldName),
        Case("tab before colon", post("Transfer-Encoding\t: chunked\r\n"), .badFieldName),
        Case("leading space", post(" Transfer-Encoding: chunked\r\n"), .foldedLine),
        Case("value folded", post("Transfer-Encoding:\r\n chunked\r\n"), .badTransferEncoding),
        Case(
            "hidden in a folded line", post("X: y\r\n\tTransfer-Encoding: chunked\r\n"), .foldedLine
        ),
        Case("vertical tab", post("Transfer-Encoding: \u{b}chunked\r\n"), .badFieldValue),
        Case("form feed", post("Transfer-Encoding: chunked\u{c}\r\n"), .badFieldValue),
        Case("NUL in value", post("Transfer-Encoding: chunked\0\r\n"), .badFieldValue),
        Case("NUL in name", post("Transfer-Encoding\0: chunked\r\n"), .badFieldName),
        Case("no-break space", post("Transfer-Encoding:\u{a0}chunked\r\n"), .badTransferEncoding),
        Case("quoted", post("Transfer-Encoding: \"chunked\"\r\n"), .badTransferEncoding),
        Case("xchunked", post("Transfer-Encoding: xchunked\r\n"), .badTransferEncoding),
        Case("with a parameter", post("Transfer-Encoding: chunked;q=1\r\n"), .badTransferEncoding),
        Case("empty", post("Transfer-Encoding:\r\n"), .badTransferEncoding),
        Case("empty element", post("Transfer-Encoding: ,chunked\r\n"), .badTransferEncoding),
        Case("trailing comma", post("Transfer-Encoding: chunked,\r\n"), .badTransferEncoding),
        Case(
            "twice on one line", post("Transfer-Encoding: chunked, chunked\r\n"),
            .badTransferEncoding),
        Case(
            "twice on two lines",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            .badTransferEncoding),
        Case(
            "overruled on a second line",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
            .badTransferEncoding),
        Case(
            "chunked not last", post("Transfer-Encoding: chunked, gzip\r\n"), .badTransferEncoding),
        Case("identity", post("Transfer-Encoding: identity\r\n"), .badTransferEncoding),
        Case(
            "unknown, chunked last", post("Transfer-Encoding: gzip, chunked\r\n"),
            .unknownTransferCoding),
        Case("line feed before the name", post("\nTransfer-Encoding: chunked\r\n"), .bareLineFeed),
        Case(
            "in HTTP/1.0",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n\(smuggled)",
            .badTransferEncoding),
        Case("line feed only", post("Transfer-Encoding: chunked\n"), .bareLineFeed),
        Case(
            "line feed in a field", post("X: y\nTransfer-Encoding: chunked\r\n"), .bareLineFeed),
        Case(
            "carriage return splits a field", post("X: y\rTransfer-Encoding: chunked\r\n"),
            .bareCarriageReturn),
        Case(
            "carriage return before the name", post("\rTransfer-Encoding: chunked\r\n"),
            .bareCarriageReturn),
    ]

    static let lengths = [
        Case(
            "differing repeats", post("Content-Length: 3\r\nContent-Length: 4\r\n"),
            .badContentLength),
        Case("differing list", post("Content-Length: 3, 4\r\n"), .badContentLength),
        Case("empty", post("Content-Length:\r\n"), .badContentLength),
        Case("plus", post("Content-Length: +3\r\n"), .badContentLength),
        Case("minus", post("Content-Length: -3\r\n"), .badContentLength),
        Case("hexadecimal", post("Content-Length: 0x3\r\n"), .badContentLength),
        Case("fraction", post("Content-Length: 3.0\r\n"), .badContentLength),
        Case("inner space", post("Content-Length: 3 3\r\n"), .badContentLength),
        Case("underscore", post("Content-Length: 1_0\r\n"), .badContentLength),
        Case("trailing comma", post("Content-Length: 3,\r\n"), .badContentLength),
        Case("other digits", post("Content-Length: \u{ff13}\r\n"), .badContentLength),
        Case("2 to the 64", post("Content-Length: 18446744073709551616\r\n"), .bodyTooLarge),
        Case("2 to the 64 and 3", post("Content-Length: 18446744073709551619\r\n"), .bodyTooLarge),
    ]

    private static func chunked(
        _ name: String, _ body: String, _ refusal: HTTP1.Refusal = .badChunk
    ) -> Case {
        Case(name, post("Transfer-Encoding: chunked\r\n", body), refusal)
    }

    static let chunks = [
        chunked("TERM.EXT: line feed in an extension", "5;\nabcde\r\n0\r\n\r\n"),
        chunked("EXT.TERM: carriage return in an extension", "5;a\rb\r\nabcde\r\n0\r\n\r\n"),
        chunked("line feed after the size", "5\nabcde\r\n0\r\n\r\n"),
        chunked("TERM.SPILL: line feed after the payload", "5\r\nabcde\n0\r\n\r\n"),
        chunked("SPILL.TERM: any two bytes after the payload", "5\r\nabcdeXX0\r\n\r\n"),
        chunked("payload longer than its size", "5\r\nabcdef\r\n0\r\n\r\n"),
        chunked("no size", "\r\nabcde\r\n"),
        chunked("no size, extension", ";a\r\nabcde\r\n"),
        chunked("space before the size", " 5\r\nabcde\r\n"),
        chunked("space after the size", "5 \r\nabcde\r\n"),
        chunked("0x", "0x5\r\nabcde\r\n"),
        chunked("plus", "+5\r\nabcde\r\n"),
        chunked("minus", "-1\r\n"),
        chunked("comma", "5,5\r\nabcde\r\n"),
        chunked("size of 17 digits", "10000000000000005\r\nabcde\r\n"),
        chunked("17 digits with zeros", "00000000000000005\r\nabcde\r\n"),
        chunked("size of 2 to the 64 less 1", "FFFFFFFFFFFFFFFF\r\nabc", .bodyTooLarge),
        chunked("NUL in an extension", "5;a=\0\r\nabcde\r\n"),
        chunked("trailer folded", "0\r\nA: b\r\n c\r\n\r\n", .foldedLine),
        chunked("trailer with a space before the colon", "0\r\nA : b\r\n\r\n", .badFieldName),
        chunked("trailer ended by a line feed", "0\r\nA: b\n\r\n", .bareLineFeed),
        chunked("last line ended by a line feed", "0\r\n\n", .bareLineFeed),
        chunked("last line ended by a carriage return", "0\r\n\r\r\n", .bareCarriageReturn),
    ]

    @Test(
        "no request of a known attack is served",
        arguments: [lengthAgainstChunked, obfuscated, lengths, chunks].joined())
    func refuses(_ attack: Case) {
        let trace = RequestTrace(attack.bytes)
        #expect(trace.refusal == attack.refusal)
        #expect(!trace.heads.contains { $0.contains("admin") })
        #expect(Properties.requestFault(attack.bytes) == nil)
    }

    @Test("what only looks like an attack is served")
    func serves() {
        let harmless = [
            post("Transfer_Encoding: chunked\r\nContent-Length: 3\r\n", "abc"),
            post("X-Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "abc"),
            post("Transfer-Encoding: chunked\r\n", "3;a=\"b;c\"\r\nabc\r\n0;d\r\nA: b\r\n\r\n"),
            post("Transfer-Encoding: chunked\r\n", "3 \t;a\r\nabc\r\n000\r\n\r\n"),
        ]
        for text in harmless {
            let trace = RequestTrace(Array((text + get("")).utf8))
            #expect(trace.refusal == nil, "\(text.debugDescription)")
            #expect(trace.heads.count == 2, "\(text.debugDescription)")
            #expect(trace.steps.contains(.body(Array("abc".utf8))), "\(text.debugDescription)")
        }
    }
}
