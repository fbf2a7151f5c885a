import Basis
import TestSupport
import Testing
import Wire

@testable import Serve

private typealias H2 = HTTP2Frames

/// What is remembered of a connection's last request and reply must never answer for another.
@Suite("HTTP/2 repetitions")
struct HTTP2RepetitionTests {
    /// `:path` with incremental indexing, then `:method: GET`, `:scheme: http` (RFC 7541 §6.2.1).
    private static func teaching(_ path: String) -> [UInt8] {
        [0x82, 0x86, 0x44, UInt8(path.utf8.count)] + Array(path.utf8)
    }
    /// The same with the newest entry of the table.
    private static let repeating: [UInt8] = [0x82, 0x86, 0xBE]

    private static func headers(_ stream: UInt32, _ block: [UInt8]) -> [UInt8] {
        H2.frame(1, flags: 5, stream: stream, block)
    }

    @Test("the same bytes say the same while the table is the same, and no longer")
    func table() {
        let connection = HTTP2Loop.make()
        connection.receive(
            H2.opening + Self.headers(1, Self.teaching("/nope"))
                + Self.headers(3, Self.repeating) + Self.headers(5, Self.repeating)
                + Self.headers(7, Self.teaching("/plaintext")) + Self.headers(9, Self.repeating)
                + Self.headers(11, Self.repeating)
                // The table is emptied: the same bytes are an error of compression.
                + Self.headers(13, [0x20, 0x3F, 0xE1, 0x1F] + H2.block(H2.request("GET", "/nope")))
                + Self.headers(15, Self.repeating))
        let heads = HTTP2Loop.words(connection).filter { !$0.contains("data") }
        #expect(
            heads == [
                "1:404", "3:404", "5:404", "7:200", "9:200", "11:200", "13:404",
                "goaway 13 COMPRESSION_ERROR",
            ])
    }

    @Test("trailers that change the table are noticed too")
    func trailers() {
        let connection = HTTP2Loop.make()
        connection.receive(
            H2.opening + Self.headers(1, Self.teaching("/nope")) + Self.headers(3, Self.repeating)
                + H2.headers(5, H2.request("POST", "/echo"), flags: 4)
                + H2.frame(1, flags: 5, stream: 5, [0x40, 1, 97, 1, 98])
                + Self.headers(7, Self.repeating))
        // The newest entry is `a: b` now: a request without a path.
        #expect(
            HTTP2Loop.words(connection).filter { !$0.contains("data") } == [
                "1:404", "3:404", "5:200 end", "7 reset PROTOCOL_ERROR",
            ])
    }

    @Test("a repeated request follows the rules of every stream")
    func rules() {
        let get = H2.block(H2.request("GET", "/plaintext"))
        let connection = HTTP2Loop.make()
        connection.receive(H2.opening + Self.headers(5, get) + Self.headers(7, get))
        connection.receive(Self.headers(3, get))
        #expect(HTTP2Loop.words(connection).last == "goaway 7 PROTOCOL_ERROR")

        // A request that does not end has no reply before it does.
        let other = HTTP2Loop.make()
        other.receive(
            H2.opening + Self.headers(1, get) + H2.frame(1, flags: 4, stream: 3, get))
        #expect(HTTP2Loop.words(other) == ["1:200", "1 data 13 end"])
        other.receive(H2.data(3, ""))
        #expect(HTTP2Loop.words(other).suffix(2) == ["3:200", "3 data 13 end"])
    }

    @Test("every head says what its own reply is", arguments: [nil, 0, 100, 4096] as [UInt32?])
    func heads(tableBytes: UInt32?) {
        var encoder = HTTP2ReplyEncoder()
        if let tableBytes { encoder.peerAllows(tableBytes: tableBytes) }
        var decoder = HPACKDecoder()
        var seen: [String] = []
        var wanted: [String] = []
        let types: [StaticString?] = ["text/plain", "application/json", nil]
        for index in 0..<400 {
            // Runs of equal replies, with every change between them.
            let step = index / 3
            let status: HTTP.Status = step % 5 == 0 ? .notFound : .ok
            let type = types[step / 2 % 3]
            let length: UInt64? = step % 7 == 0 ? nil : UInt64(step / 4)
            let date = HTTPDate(unixSeconds: Int64(1_000 + step / 8))
            if index == 200 { encoder.peerAllows(tableBytes: 60) }
            if index == 300 { encoder.peerAllows(tableBytes: 4096) }
            var output = ByteQueue()
            if index == 250 { encoder.writeContinue(1, to: &output) }
            let interim = output.count
            encoder.write(
                status, contentType: type, allowed: index % 50 == 49 ? "GET" : nil, length: length,
                date: date, stream: UInt32(2 * index + 1), endStream: index % 2 == 0, to: &output)
            if interim > 0 { seen.append(Self.fields(output.bytes, at: 0, &decoder)) }
            seen.append(Self.fields(output.bytes, at: interim, &decoder))
            if interim > 0 { wanted.append(":status=100;") }
            wanted.append(
                ":status=\(status.code);server=switchyard;date=\(Self.text(date.text.span));"
                    + (type.map { "content-type=\($0);" } ?? "")
                    + (index % 50 == 49 ? "allow=GET;" : "")
                    + (length.map { "content-length=\($0);" } ?? ""))
        }
        #expect(seen == wanted)
    }

    /// The fields of the frame at `offset`, in the order of the wire.
    private static func fields(
        _ bytes: Span<UInt8>, at offset: Int, _ decoder: inout HPACKDecoder
    ) -> String {
        var list = List()
        let end = offset + 9 + (Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2]))
        let block = bytes.extracting((offset + 9)..<end)
        guard (try? decoder.decode(block, into: &list)) != nil else { return "broken" }
        return list.text
    }

    private static func text(_ bytes: Span<UInt8>) -> String {
        String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }

    private struct List: FieldVisitor {
        var text = ""

        mutating func visit(
            _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>, isSensitive: Bool
        ) {
            text += "\(HTTP2RepetitionTests.text(name))=\(HTTP2RepetitionTests.text(value));"
        }
    }
}
