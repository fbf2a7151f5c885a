import Basis
import Testing

@testable import Wire

@Suite("gRPC: statuses")
struct StatusTests {
    @Test("numbers are those of the specification")
    func numbers() {
        let names = [
            "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
            "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
            "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
            "UNAUTHENTICATED",
        ]
        #expect(GRPC.Status.allCases.map { "\($0.name)" } == names)
        for code in 0..<names.count {
            #expect(GRPC.Status(code: UInt32(code)) == GRPC.Status.allCases[code])
        }
        #expect(GRPC.Status(code: 17) == .unknown && GRPC.Status(code: 258) == .unknown)
    }

    @Test(
        "HTTP's statuses without one of gRPC",
        arguments: [
            (200, .unknown), (400, .internal), (401, .unauthenticated), (403, .permissionDenied),
            (404, .unimplemented), (415, .unknown), (429, .unavailable), (431, .internal),
            (500, .unknown), (502, .unavailable), (503, .unavailable), (504, .unavailable),
        ] as [(UInt16, GRPC.Status)])
    func http(code: UInt16, status: GRPC.Status) {
        #expect(GRPC.Status(http: HTTP.Status(code)) == status)
    }

    @Test("resets")
    func resets() {
        let table: [(HTTP2.ErrorCode, GRPC.Status)] = [
            (.none, .internal), (.refusedStream, .unavailable), (.cancel, .cancelled),
            (.enhanceYourCalm, .resourceExhausted), (.inadequateSecurity, .permissionDenied),
            (.flowControl, .internal),
        ]
        for (code, status) in table { #expect(GRPC.Status(reset: code) == status) }
    }

    @Test(
        "texts are escaped and come back",
        arguments: [
            ("all is well", "all is well"), ("100%", "100%25"), ("a\nb\u{7F}", "a%0Ab%7F"),
            ("\u{E4}\u{1F600}", "%C3%A4%F0%9F%98%80"), ("", ""),
        ])
    func text(plain: String, escaped: String) {
        var output = ByteQueue()
        GRPC.MessageText.append(encoding: Array(plain.utf8).span, to: &output)
        #expect(String(decoding: output.array, as: UTF8.self) == escaped)
        let back = GRPC.MessageText.decode(output.bytes)
        #expect(back == plain)
    }

    @Test(
        "what is no escape stands for itself",
        arguments: [
            ("%", "%"), ("%2", "%2"), ("%zz1", "%zz1"), ("%c3%A4", "\u{E4}"), ("%%41", "%A"),
        ]
    )
    func tolerant(escaped: String, plain: String) {
        let bytes = Array(escaped.utf8)
        #expect(GRPC.MessageText.decode(bytes.span) == plain)
    }
}
