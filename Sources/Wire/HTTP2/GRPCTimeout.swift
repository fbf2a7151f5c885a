package import Basis

/// `grpc-timeout`: how long a call may take, as the gRPC protocol over HTTP/2 writes it: one to
/// eight digits and a unit.
package enum GRPCTimeout: BitwiseCopyable, Equatable, Sendable {
    case within(Nanoseconds)
    /// It says nothing; the call is refused.
    case malformed

    init(_ value: Span<UInt8>) {
        self = .malformed
        guard value.count >= 2, value.count <= 9,
            let number = value.extracting(first: value.count &- 1).decimalNumber(),
            let unit = Self.nanoseconds(value[value.count &- 1])
        else { return }
        let (product, overflows) = Int64(number).multipliedReportingOverflow(by: unit)
        self = .within(overflows ? .forever : Nanoseconds(raw: product))
    }

    /// `m` is milliseconds, `M` minutes.
    private static func nanoseconds(_ unit: UInt8) -> Int64? {
        switch unit {
        case UInt8(ascii: "H"): 3_600_000_000_000
        case UInt8(ascii: "M"): 60_000_000_000
        case UInt8(ascii: "S"): 1_000_000_000
        case UInt8(ascii: "m"): 1_000_000
        case UInt8(ascii: "u"): 1_000
        case UInt8(ascii: "n"): 1
        default: nil
        }
    }
}
