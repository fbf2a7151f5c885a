import Testing

@testable import Wire

@Suite("HTTP: field names")
struct FieldNameTests {
    static let names: [(String, HTTP.FieldName)] = [
        (":method", .method), (":scheme", .scheme), (":path", .path), (":authority", .authority),
        (":protocol", .protocol), (":status", .status), ("host", .host),
        ("content-length", .contentLength), ("content-type", .contentType), ("expect", .expect),
        ("te", .te), ("location", .location), ("idempotency-key", .idempotencyKey),
        ("connection", .connection), ("keep-alive", .keepAlive),
        ("proxy-connection", .proxyConnection), ("transfer-encoding", .transferEncoding),
        ("upgrade", .upgrade), ("grpc-timeout", .grpcTimeout), ("grpc-status", .grpcStatus),
        ("grpc-message", .grpcMessage), ("grpc-encoding", .grpcEncoding),
    ]

    @Test("each is known by its bytes and by no others", arguments: names)
    func known(name: String, known: HTTP.FieldName) {
        let bytes = Array(name.utf8)
        #expect(HTTP.FieldName(bytes.span) == known)
        #expect(known.isPseudo == (name.first == ":"))
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x20
            #expect(HTTP.FieldName(other.span) == .other)
            other.remove(at: index)
            #expect(HTTP.FieldName(other.span) == .other)
        }
        #expect(HTTP.FieldName((bytes + [0x61]).span) == .other)
        #expect(HTTP.FieldName(Span()) == .other)
    }
}
