import Basis
import Wire

/// Bytes as hexadecimal digits, which JSON can carry.
func hex(_ bytes: [UInt8]) -> JSONValue {
    let digits = Array("0123456789abcdef".utf8)
    return .string(
        String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self))
}

extension JSONValue {
    /// The bytes that `hex` wrote; empty for what is no such text.
    var bytes: [UInt8] {
        guard case .string(let text) = self else { return [] }
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
        }
    }

    var text: String { if case .string(let text) = self { text } else { "\(self)" } }
}

/// All fields of a block, each as the hexadecimal digits of name and value and whether it is never
/// to be indexed.
struct PeerFields: FieldVisitor {
    private(set) var fields: [JSONValue] = []

    mutating func visit(
        _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>, isSensitive: Bool
    ) {
        fields.append(
            .array([
                hex(name.indices.map { name[$0] }), hex(value.indices.map { value[$0] }),
                .bool(isSensitive),
            ]))
    }
}

extension ByteQueue {
    var copy: [UInt8] { bytes.indices.map { bytes[$0] } }
}
