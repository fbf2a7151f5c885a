import Basis
import Testing

@testable import Wire

extension HTTP2.ResponseFields {
    mutating func read(
        _ line: String, _ section: HTTP2.Section = .head, endStream: Bool = false
    ) throws(HTTP2.Failure) -> Kind {
        begin(section)
        for field in fieldSection(line) {
            visit(
                HTTP.FieldName(field.name.span), name: field.name.span, value: field.value.span,
                isSensitive: false)
        }
        return try conclude(stream: 5, endStream: endStream)
    }
}

@Suite("HTTP/2: the fields of responses")
struct ResponseFieldsTests {
    @Test("interim heads, then a final one, then trailers")
    func kinds() throws {
        var fields = HTTP2.ResponseFields()
        #expect(try fields.read(":status: 100") == .interim)
        #expect(try fields.read(":status: 103|link: </a>") == .interim)
        #expect(
            try fields.read(
                ":status: 200|content-length: 13|content-type: application/grpc|grpc-status: 5")
                == .final)
        #expect(fields.status == .ok && fields.contentLength == 13 && fields.isGRPC)
        #expect(fields.grpcStatus == 5)
        #expect(
            try fields.read("grpc-status: 12|grpc-message: a%20b", .trailers, endStream: true)
                == .trailers)
        #expect(fields.grpcStatus == 12 && fields.grpcMessage.array == Array("a%20b".utf8))
        #expect(fields.contentLength == nil && !fields.isGRPC)
        #expect(try fields.read(":status: 302|location: /b", endStream: true) == .final)
        #expect(fields.status.isRedirect && fields.location.array == Array("/b".utf8))
        #expect(fields.grpcStatus == nil && fields.grpcMessage.isEmpty)
        #expect(try fields.read("grpc-status: x", .trailers, endStream: true) == .trailers)
        #expect(fields.grpcStatus == nil)
    }

    @Test(
        "what RFC 9113 calls malformed",
        arguments: [
            ("", .head, false), ("a: b", .head, false), (":status: 101", .head, false),
            (":status: 100", .head, true), (":status: 20", .head, false),
            (":status: 2000", .head, false), (":status: 099", .head, false),
            (":status: abc", .head, false), (":status: 200|:status: 200", .head, false),
            ("a: b|:status: 200", .head, false), (":status: 200|:path: /", .head, false),
            (":status: 200|:unknown: a", .head, false), (":status: 200|A: b", .head, false),
            (":status: 200|connection: close", .head, false),
            (":status: 200|transfer-encoding: chunked", .head, false),
            (":status: 200|content-length: x", .head, false),
            (":status: 200|content-length: 1|content-length: 2", .head, false),
            (":status: 200", .trailers, true), ("grpc-status: 0", .trailers, false),
        ] as [(String, HTTP2.Section, Bool)])
    func malformed(line: String, section: HTTP2.Section, endStream: Bool) {
        #expect(throws: HTTP2.Failure(.protocol, .stream(5), "")) {
            var fields = HTTP2.ResponseFields()
            _ = try fields.read(line, section, endStream: endStream)
        }
    }
}
