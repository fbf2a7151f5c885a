package import Basis

extension Span where Element == UInt8 {
    /// The bytes with escapes of unreserved characters undone, which mean the same without (RFC
    /// 3986 §6.2.2.2). All other escapes stay: they may stand for what separates parts.
    package func withoutNeedlessEscapes() -> ByteQueue {
        var plain = ByteQueue()
        var at = 0
        while at < count {
            if at &+ 2 < count, self[at] == .percent, let high = self[at &+ 1].hexDigit,
                let low = self[at &+ 2].hexDigit, ASCIISet.unreserved.contains(high << 4 | low)
            {
                plain.append(high << 4 | low)
                at &+= 3
            } else {
                plain.append(self[at])
                at &+= 1
            }
        }
        return plain
    }
}

/// The bytes with all but the unreserved characters escaped (RFC 3986 §2.3), so that they separate
/// nothing wherever they stand in a target.
package func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return bytes.flatMap { (byte) -> [UInt8] in
        ASCIISet.unreserved.contains(byte)
            ? [byte] : [.percent, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
