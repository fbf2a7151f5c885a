import Basis

extension HTTP {
    /// What an `Idempotency-Key` field says (draft-ietf-httpapi-idempotency-key-header-07 §2.1): a
    /// string of structured fields (RFC 9651 §3.3.3). Without the quotation marks, as clients send
    /// it in practice, a token says the same.
    package enum IdempotencyKey {
        /// The longest that is taken.
        package static var longest: Int { 255 }

        /// The key itself; nil of what is none.
        package static func read(_ field: Span<UInt8>) -> [UInt8]? {
            var key: [UInt8] = []
            let quote = UInt8(ascii: "\"")
            let escape = UInt8(ascii: "\\")
            guard field.count > 0, field.count <= 2 * longest + 2 else { return nil }
            if field[0] != quote {
                for index in field.indices {
                    let byte = field[index]
                    guard ASCIISet.token.contains(byte) || byte == 0x3A || byte == 0x2F else {
                        return nil
                    }
                    key.append(byte)
                }
                return key.count <= longest ? key : nil
            }
            var index = 1
            while index < field.count, field[index] != quote {
                if field[index] == escape {
                    index += 1
                    guard index < field.count, field[index] == quote || field[index] == escape
                    else { return nil }
                }
                guard (0x20...0x7E).contains(field[index]) else { return nil }
                key.append(field[index])
                index += 1
            }
            // Nothing may follow: a parameter has no meaning here.
            guard index == field.count - 1, !key.isEmpty, key.count <= longest else { return nil }
            return key
        }
    }
}
