extension Array where Element == UInt8 {
    /// The bytes of a span, for whoever keeps them.
    package init(copying bytes: Span<UInt8>) { self = bytes.indices.map { bytes[$0] } }
}
