// Hot path
import Basis
import Wire

/// Writes the heads of one connection's requests. Those of a kind are alike, so as soon as the
/// server's table has their fields, the same few bytes say each of them.
struct HTTP2RequestEncoder: ~Copyable {
    private var fields = HPACKEncoder()
    /// The field block of a request, as long as encoding it again would give the same.
    private var block = ByteQueue()
    private var isSteady = false
    /// The kind that `block` is of.
    private var kind: UInt8 = 0

    /// The server has said how large its table may be.
    mutating func peerAllows(tableBytes: UInt32) {
        fields.peerAllows(tableBytes: tableBytes)
        isSteady = false
    }

    @inline(always)
    mutating func write(
        _ request: HTTP2Request, kind: UInt8 = 0, stream: UInt32, to output: inout ByteQueue
    ) {
        if !isSteady || kind != self.kind {
            self.kind = kind
            encode(request)
        }
        HTTP2.FrameWriter.headers(
            stream: stream, block: block.bytes, endStream: request.body.isEmpty, to: &output)
    }

    /// Writes the head of a request with fields of its own.
    ///
    /// - Parameter filled: the literals of those fields in their order, each behind its length in
    ///   four bytes.
    @inline(never)
    mutating func write(
        _ request: HTTP2Request, filled: Span<UInt8>, stream: UInt32, endStream: Bool,
        to output: inout ByteQueue
    ) {
        isSteady = false
        block.removeAll()
        fields.begin(&block)
        var at = 0
        for field in request.fields {
            guard field.isFilled else {
                append(field)
                continue
            }
            let start = at &+ 4
            at = start &+ Int(filled.bigEndian(UInt32.self, at: at))
            block.append(filled.extracting(start..<at))
        }
        HTTP2.FrameWriter.headers(
            stream: stream, block: block.bytes, endStream: endStream, to: &output)
    }

    @inline(always)
    private mutating func append(_ field: HTTP2Request.Field) {
        fields.append(
            name: field.name.span, value: field.value.span,
            indexing: field.isSecret ? .never : .incremental, to: &block)
    }

    /// Encodes the request as the tables are now.
    @inline(never)
    private mutating func encode(_ request: HTTP2Request) {
        let insertions = fields.insertions
        let tellsSize = fields.owesSizeUpdate
        block.removeAll()
        fields.begin(&block)
        for field in request.fields { append(field) }
        isSteady = !tellsSize && fields.insertions == insertions
    }
}
