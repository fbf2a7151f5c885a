package import Basis

extension GRPC {
    /// The text of `grpc-message` (the protocol, "Percent-Encoded"): UTF-8, of which only printable
    /// characters of ASCII but the percent sign stand for themselves.
    package enum MessageText {
        package static func append(encoding text: Span<UInt8>, to output: inout ByteQueue) {
            for index in text.indices {
                let byte = text[index]
                if byte >= 0x20, byte <= 0x7E, byte != .percent {
                    output.append(byte)
                } else {
                    output.append(.percent)
                    output.append(digit(byte &>> 4))
                    output.append(digit(byte & 15))
                }
            }
        }

        private static func digit(_ value: UInt8) -> UInt8 {
            value < 10 ? value &+ 0x30 : value &+ 0x37
        }

        /// What it says. Never fails: what is no escape stands for itself.
        package static func decode(_ value: Span<UInt8>) -> String {
            var bytes: [UInt8] = []
            var at = 0
            while at < value.count {
                if value[at] == .percent, at &+ 2 < value.count,
                    let high = value[at &+ 1].hexDigit, let low = value[at &+ 2].hexDigit
                {
                    bytes.append(high << 4 | low)
                    at &+= 3
                } else {
                    bytes.append(value[at])
                    at &+= 1
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
