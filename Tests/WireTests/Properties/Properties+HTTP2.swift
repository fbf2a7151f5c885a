import Basis
import Wire

extension Properties {
    /// What either end makes of a connection's frames does not depend on the cuts.
    static func http2Fault(_ bytes: [UInt8]) -> String? {
        for role in [HTTP2.Role.server, .client] {
            let whole = FrameTrace(bytes, role: role)
            if let fault = whole.badOffset { return fault }
            for cuts in cutSets(bytes) {
                let cut = FrameTrace(bytes, role: role, cuts: cuts)
                if cut != whole {
                    return "\(role), cut at \(cuts.prefix(8)): \(cut), but whole: \(whole)"
                }
            }
        }
        return nil
    }

    /// Fields that were decoded come back through an encoder, a Huffman string has one code, and
    /// no block makes a decoder hold more than its bounds.
    ///
    /// - Parameter bytes: blocks, each behind a byte that has its length.
    static func hpackFault(_ bytes: [UInt8]) -> String? {
        var decoder = HPACKDecoder()
        var encoder = HPACKEncoder()
        var reader = HPACKDecoder()
        var request = HTTP2.RequestFields()
        var response = HTTP2.ResponseFields()
        var rest = bytes[...]
        while let length = rest.popFirst() {
            let block = Array(rest.prefix(Int(length)))
            rest = rest.dropFirst(block.count)
            if let fault = huffmanFault(block) { return fault }
            var kept = KeptFields()
            let facts = try? decoder.decode(block.span, into: &kept)
            if decoder.storageBytes > 64 * 1_024 { return "\(decoder.storageBytes) bytes held" }
            guard let facts else { return nil }
            if !facts.isOversized, facts.fields != kept.fields.count {
                return "\(facts.fields) fields counted, \(kept.fields.count) visited"
            }
            var output = ByteQueue()
            encoder.begin(&output)
            for field in kept.fields { field.append(by: &encoder, to: &output) }
            var back = KeptFields()
            guard (try? reader.decode(output.bytes, into: &back)) != nil, back == kept else {
                return "\(kept) came back as \(back)"
            }
            for section in [HTTP2.Section.head, .trailers] {
                request.begin(section)
                response.begin(section)
                for field in kept.fields {
                    field.visit(&request)
                    field.visit(&response)
                }
                if (try? request.conclude(stream: 1, takesConnectProtocol: true)) != nil,
                    section == .head, request.path.isEmpty, request.method != .connect,
                    request.method != .options
                {
                    return "a request without a path: \(kept)"
                }
                _ = try? response.conclude(stream: 1, endStream: section == .trailers)
            }
        }
        return nil
    }

    private static func huffmanFault(_ code: [UInt8]) -> String? {
        let huffman = Huffman()
        var text = ByteQueue()
        guard (try? huffman.decode(code.span, to: &text)) != nil else { return nil }
        var again = ByteQueue()
        let count = huffman.encodedCount(text.bytes)
        huffman.encode(text.bytes, count: count, to: &again)
        let isSame =
            again.count == code.count
            && code.indices.allSatisfy {
                again.bytes[$0] == code[$0]
            }
        return isSame ? nil : "\(code) is not the code of what it decodes to"
    }
}

/// All fields of a block.
private struct KeptFields: FieldVisitor, Equatable {
    struct Field: Equatable {
        let name: [UInt8]
        let value: [UInt8]
        let isSensitive: Bool

        func append(by encoder: inout HPACKEncoder, to output: inout ByteQueue) {
            encoder.append(
                name: name.span, value: value.span, indexing: isSensitive ? .never : .incremental,
                to: &output)
        }

        func visit<Visitor: FieldVisitor & ~Copyable>(_ visitor: inout Visitor) {
            visitor.visit(
                HTTP.FieldName(name.span), name: name.span, value: value.span,
                isSensitive: isSensitive)
        }
    }

    private(set) var fields: [Field] = []

    mutating func visit(
        _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>, isSensitive: Bool
    ) {
        fields.append(
            Field(
                name: name.indices.map { name[$0] }, value: value.indices.map { value[$0] },
                isSensitive: isSensitive))
    }
}
