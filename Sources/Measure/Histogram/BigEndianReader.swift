/// Takes big-endian numbers from the front of a piece of memory and refuses to run past its end.
struct BigEndianReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    /// An unsigned number of `count` ≤ 8 bytes.
    mutating func number(bytes count: Int) throws(HistogramCodec.Refusal) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<count { value = value << 8 | UInt64(try byte()) }
        return value
    }

    mutating func byte() throws(HistogramCodec.Refusal) -> UInt8 {
        guard position < bytes.count else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }
}

/// ZigZag LEB128-64b9B (HdrHistogram, `ZigZagEncoding.java`): seven bits a byte, low ones first,
/// but the ninth byte carries eight, so that 64 bits never take ten bytes as they do in protobuf.
enum ZigZag {
    static func append(_ value: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        for _ in 0..<8 {
            if rest < 0x80 {
                bytes.append(UInt8(rest))
                return
            }
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    static func read(_ reader: inout BigEndianReader) throws(HistogramCodec.Refusal) -> Int64 {
        var value: UInt64 = 0
        for place in 0..<UInt64(9) {
            let byte = try reader.byte()
            if place == 8 || byte < 0x80 {
                value |= UInt64(byte) << (7 * place)
                break
            }
            value |= UInt64(byte & 0x7F) << (7 * place)
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}
