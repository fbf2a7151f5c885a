// Hot path
import Basis
import Wire

/// Writes the heads of one connection's requests. Those of one kind are alike, so as soon as the
/// server's table has their fields, the same few bytes say each of them.
struct HTTP2RequestEncoder: ~Copyable {
    private var fields = HPACKEncoder()
    /// The field block of a request, as long as encoding it again would give the same.
    private var block = ByteQueue()
    private var isSteady = false
    /// Where the table has the fields that a mix keeps there.
    private var kept: [HPACKCachedField] = []

    /// The server has said how large its table may be.
    mutating func peerAllows(tableBytes: UInt32) {
        fields.peerAllows(tableBytes: tableBytes)
        isSteady = false
    }

    @inline(always)
    mutating func write(_ request: HTTP2Request, stream: UInt32, to output: inout ByteQueue) {
        if !isSteady { encode(request) }
        HTTP2.FrameWriter.headers(
            stream: stream, block: block.bytes, endStream: request.body.isEmpty, to: &output)
    }

    /// Encodes the request as the tables are now.
    @inline(never)
    private mutating func encode(_ request: HTTP2Request) {
        let insertions = fields.insertions
        let tellsSize = fields.owesSizeUpdate
        block.removeAll()
        fields.begin(&block)
        for field in request.fields {
            fields.append(
                name: field.name.span, value: field.value.span,
                indexing: field.isSecret ? .never : .incremental, to: &block)
        }
        isSteady = !tellsSize && fields.insertions == insertions
    }

    /// Writes the head of a request of a mix.
    ///
    /// - Parameter filled: the values that are its own in their order, each behind its length in
    ///   four bytes.
    @inline(never)
    mutating func write(
        _ kind: Int, of heads: borrowing HTTP2MixHeads, filled: Span<UInt8>, stream: UInt32,
        endStream: Bool, to output: inout ByteQueue
    ) {
        if kept.count != heads.kept.count {
            kept = Array(repeating: HPACKCachedField(), count: heads.kept.count)
        }
        isSteady = false
        block.removeAll()
        fields.begin(&block)
        let bytes = heads.bytes.span
        let parts = heads.parts.span
        let known = heads.kept.span
        var at = 0
        for index in heads.kinds[kind] {
            switch parts[index] {
            case .bytes(let range): block.append(bytes.extracting(range))
            case .kept(let number, let literal):
                let field = known[number]
                if field.tableBytes <= fields.tableBytes {
                    fields.append(
                        name: bytes.extracting(field.name), value: bytes.extracting(field.value),
                        cached: &kept[number], to: &block)
                } else {
                    block.append(bytes.extracting(literal))
                }
            case .filled:
                let start = at &+ 4
                let count = Int(filled.bigEndian(UInt32.self, at: at))
                at = start &+ count
                HPACKInteger.append(count, prefix: 7, pattern: 0, to: &block)
                block.append(filled.extracting(start..<at))
            }
        }
        HTTP2.FrameWriter.headers(
            stream: stream, block: block.bytes, endStream: endStream, to: &output)
    }
}
