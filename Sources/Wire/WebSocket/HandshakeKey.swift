package import Basis

extension WebSocket {
    /// The nonce of an opening handshake, RFC 6455 §4.1, and what the server makes of it.
    package struct HandshakeKey: BitwiseCopyable, Equatable, Sendable {
        private let nonce: SIMD2<UInt64>

        package init(nonce: SIMD2<UInt64>) { self.nonce = nonce }

        /// A fresh one. It tells answers apart and keeps nothing secret.
        package init(using generator: inout SeededGenerator) {
            nonce = SIMD2(generator.next(), generator.next())
        }

        /// Sec-WebSocket-Key, §11.3.1.
        package var text: InlineArray<24, UInt8> {
            let bytes = InlineArray<16, UInt8> { index in
                UInt8(truncatingIfNeeded: nonce[index / 8] >> UInt64(56 - index % 8 * 8))
            }
            return Base64.text(of: bytes.span)
        }

        /// The Sec-WebSocket-Accept that answers it.
        package var acceptance: InlineArray<28, UInt8> { Self.acceptance(of: text.span) }

        /// Sec-WebSocket-Accept, §4.2.2: what stands in a request's key, whatever it is, and a text
        /// that only who knows the protocol will add to it.
        package static func acceptance(of key: Span<UInt8>) -> InlineArray<28, UInt8> {
            precondition(key.count == 24, "the text of 16 bytes has 24")
            let message = InlineArray<60, UInt8> { index in
                index < 24 ? key[index] : guid[index - 24]
            }
            return Base64.text(of: SHA1.digest(of: message.span).span)
        }

        /// `258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, §1.3.
        private static let guid: InlineArray<36, UInt8> = [
            0x32, 0x35, 0x38, 0x45, 0x41, 0x46, 0x41, 0x35, 0x2D, 0x45, 0x39, 0x31, 0x34, 0x2D,
            0x34, 0x37, 0x44, 0x41, 0x2D, 0x39, 0x35, 0x43, 0x41, 0x2D, 0x43, 0x35, 0x41, 0x42,
            0x30, 0x44, 0x43, 0x38, 0x35, 0x42, 0x31, 0x31,
        ]
    }
}
