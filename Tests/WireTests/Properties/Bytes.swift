import Basis

extension Span where Element == UInt8 {
    var array: [UInt8] { indices.map { self[$0] } }
}

extension ByteQueue {
    var array: [UInt8] { bytes.array }
}
