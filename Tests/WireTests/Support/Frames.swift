import Basis
import Wire

/// A frame by hand, as wrong as one likes.
func frame(
    _ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = [],
    length: Int? = nil
) -> [UInt8] {
    let length = length ?? payload.count
    return [UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, flags]
        + bigEndian(stream) + payload
}

func bigEndian(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
}

/// A parameter of SETTINGS.
func setting(_ id: UInt8, _ value: UInt32) -> [UInt8] { [0, id] + bigEndian(value) }

func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

/// How a client's connection begins.
let clientOpening = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4)
