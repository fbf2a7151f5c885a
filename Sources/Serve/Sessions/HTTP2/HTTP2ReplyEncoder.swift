// Hot path
import Basis
import Wire

/// Writes the heads of one connection's replies. What they say again and again the peer's table has
/// after the first, so a head is about nine bytes behind its frame's nine.
struct HTTP2ReplyEncoder: ~Copyable {
    private var fields = HPACKEncoder()
    private var serverField = HPACKCachedField()
    private var dateField = HPACKCachedField()
    private var callTypeField = HPACKCachedField()
    private var callStatusField = HPACKCachedField()
    private var types = InlineArray<4, HPACKCachedField>(repeating: HPACKCachedField())
    /// The field block of the last head, as long as encoding that again would give the same.
    private var block = ByteQueue()
    private var blockFacts = Facts()
    private var blockInsertions: UInt64 = 0

    /// What the field block of a reply follows from.
    private struct Facts: BitwiseCopyable, Equatable {
        /// 0 where nothing is known.
        var status: UInt16 = 0
        /// Bytes of the type's name, by which the few there are differ.
        var type = 0
        var length: UInt64?
        var second: UInt64 = 0
    }

    /// The peer has said how large its table may be.
    mutating func peerAllows(tableBytes: UInt32) {
        fields.peerAllows(tableBytes: tableBytes)
        blockFacts = Facts()
    }

    /// Appends the head of a reply.
    ///
    /// Hot: once a reply.
    /// - Parameters:
    ///   - length: bytes of the payload; nil where the status has none.
    ///   - endStream: whether no payload follows.
    mutating func write(
        _ status: HTTP.Status, contentType: StaticString?, allowed: StaticString?, length: UInt64?,
        date now: borrowing HTTPDate, stream: UInt32, endStream: Bool,
        to output: inout ByteQueue
    ) {
        let facts = Facts(
            status: status.code, type: contentType?.utf8CodeUnitCount ?? 0, length: length,
            second: UInt64(now.unixSeconds))
        if allowed == nil, facts == blockFacts, fields.insertions == blockInsertions {
            HTTP2.FrameWriter.header(
                length: block.count, .headers,
                endStream ? HTTP2.FrameFlags.endHeaders.union(.endStream) : .endHeaders,
                stream: stream, to: &output)
            output.append(block.bytes)
            return
        }
        let insertions = fields.insertions
        let tellsSize = fields.owesSizeUpdate
        let start = HTTP2.FrameWriter.beginHeaders(to: &output)
        encode(facts, status, contentType, allowed, now, to: &output)
        if allowed == nil, !tellsSize, fields.insertions == insertions {
            block.removeAll()
            block.append(
                output.bytes.extracting(droppingFirst: start + HTTP2.FrameHeader.size))
            blockFacts = facts
            blockInsertions = insertions
        }
        HTTP2.FrameWriter.endHeaders(
            from: start, stream: stream, endStream: endStream, in: &output)
    }

    private mutating func encode(
        _ facts: Facts, _ status: HTTP.Status, _ contentType: StaticString?,
        _ allowed: StaticString?, _ now: borrowing HTTPDate, to output: inout ByteQueue
    ) {
        fields.begin(&output)
        append(status, to: &output)
        fields.append("server", Self.server.span, cached: &serverField, to: &output)
        fields.append(
            "date", now.text.span, stamp: facts.second, cached: &dateField, to: &output)
        if let contentType { append(contentType, to: &output) }
        if let allowed { fields.append(name: Self.allow.span, value: allowed.span, to: &output) }
        if let length = facts.length {
            fields.append(staticName: Index.contentLength, decimal: length, to: &output)
        }
    }

    /// Appends the head of a reply that events follow, or none to HEAD.
    mutating func writeEventsHead(
        date now: borrowing HTTPDate, stream: UInt32, endStream: Bool, to output: inout ByteQueue
    ) {
        let start = HTTP2.FrameWriter.beginHeaders(to: &output)
        fields.begin(&output)
        append(HTTP.Status.ok, to: &output)
        fields.append("server", Self.server.span, cached: &serverField, to: &output)
        fields.append(
            "date", now.text.span, stamp: UInt64(now.unixSeconds), cached: &dateField, to: &output)
        for field in EventStream.fields {
            fields.append(
                name: field.lowerCaseName.span, value: field.value.span, indexing: .none,
                to: &output)
        }
        HTTP2.FrameWriter.endHeaders(
            from: start, stream: stream, endStream: endStream, in: &output)
    }

    /// The interim reply that lets a peer send its payload (RFC 9110 §15.2.1).
    mutating func writeContinue(_ stream: UInt32, to output: inout ByteQueue) {
        let start = HTTP2.FrameWriter.beginHeaders(to: &output)
        fields.begin(&output)
        fields.append(staticName: Index.status, decimal: 100, to: &output)
        HTTP2.FrameWriter.endHeaders(from: start, stream: stream, endStream: false, in: &output)
    }

    /// Seven codes are entries of the static table (RFC 7541 appendix A).
    @inline(always)
    private mutating func append(_ status: HTTP.Status, to output: inout ByteQueue) {
        switch status.code {
        case 200: fields.append(staticIndex: Index.status, to: &output)
        case 204: fields.append(staticIndex: Index.status + 1, to: &output)
        case 400: fields.append(staticIndex: Index.status + 4, to: &output)
        case 404: fields.append(staticIndex: Index.status + 5, to: &output)
        case 500: fields.append(staticIndex: Index.status + 6, to: &output)
        default:
            fields.append(
                staticName: Index.status, decimal: UInt64(status.code), to: &output)
        }
    }

    /// The few types there are differ in their lengths' eights.
    @inline(always)
    private mutating func append(_ type: StaticString, to output: inout ByteQueue) {
        let place = (type.utf8CodeUnitCount / 8) & 3
        fields.append(
            "content-type", type.span, stamp: UInt64(type.utf8CodeUnitCount),
            cached: &types[place], to: &output)
    }

    private static var server: StaticString { "switchyard" }
    private static var allow: StaticString { "allow" }

    /// Places in the static table (RFC 7541 appendix A).
    private enum Index {
        static let status = 8
        static let contentLength = 28
    }
}

/// Calls of gRPC, whose status comes behind the messages (the protocol, "Responses").
extension HTTP2ReplyEncoder {
    /// Appends the head of an answer that messages follow.
    ///
    /// Hot: once a call.
    mutating func writeCallHead(_ stream: UInt32, to output: inout ByteQueue) {
        let start = beginCall(&output)
        HTTP2.FrameWriter.endHeaders(from: start, stream: stream, endStream: false, in: &output)
    }

    /// Appends the trailers behind them.
    ///
    /// Hot: once a call.
    mutating func writeCallTrailers(
        _ status: GRPC.Status, _ text: Span<UInt8>, stream: UInt32, to output: inout ByteQueue
    ) {
        let start = HTTP2.FrameWriter.beginHeaders(to: &output)
        fields.begin(&output)
        append(status, text, to: &output)
        HTTP2.FrameWriter.endHeaders(from: start, stream: stream, endStream: true, in: &output)
    }

    /// Appends an answer without messages: head and trailers in one ("Trailers-Only").
    ///
    /// - Parameter accepts: whether it says which encodings of messages are taken.
    mutating func writeCallFailure(
        _ status: GRPC.Status, _ text: Span<UInt8>, accepts: Bool, stream: UInt32,
        to output: inout ByteQueue
    ) {
        let start = beginCall(&output)
        append(status, text, to: &output)
        if accepts {
            fields.append(
                name: Self.acceptEncoding.span, value: Self.identity.span, to: &output)
        }
        HTTP2.FrameWriter.endHeaders(from: start, stream: stream, endStream: true, in: &output)
    }

    @inline(always)
    private mutating func beginCall(_ output: inout ByteQueue) -> Int {
        let start = HTTP2.FrameWriter.beginHeaders(to: &output)
        fields.begin(&output)
        append(HTTP.Status.ok, to: &output)
        fields.append(
            "content-type", Self.callType.span, cached: &callTypeField, to: &output)
        return start
    }

    @inline(always)
    private mutating func append(
        _ status: GRPC.Status, _ text: Span<UInt8>, to output: inout ByteQueue
    ) {
        let number = status.rawValue
        let digits: [2 of UInt8] = [0x30 &+ number / 10, 0x30 &+ number % 10]
        fields.append(
            "grpc-status", digits.span.extracting(droppingFirst: number < 10 ? 1 : 0),
            stamp: UInt64(number), cached: &callStatusField, to: &output)
        if !text.isEmpty {
            fields.append(
                name: Self.message.span, value: text, indexing: .none, to: &output)
        }
    }

    private static var callType: StaticString { "application/grpc" }
    private static var message: StaticString { "grpc-message" }
    private static var acceptEncoding: StaticString { "grpc-accept-encoding" }
    private static var identity: StaticString { "identity" }
}
