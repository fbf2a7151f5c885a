/// Where the path of a request target stops: `?`, `#`, white space and all that is not visible
/// ASCII.
struct PathStop: ByteClass {
    @inline(always)
    func contains(_ byte: UInt8) -> Bool {
        byte &- 0x21 >= 0x5E || byte == .questionMark || byte == .numberSign
    }
    @inline(always)
    func mask(_ lanes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        let outside = (lanes &- .all(0x21)) .>= .all(0x5E)
        return outside .| (lanes .== .all(.questionMark)) .| (lanes .== .all(.numberSign))
    }
}

/// Where the query of a request target stops. A fragment is not part of a target (RFC 9112 §3.2.1).
struct QueryStop: ByteClass {
    @inline(always)
    func contains(_ byte: UInt8) -> Bool { byte &- 0x21 >= 0x5E || byte == .numberSign }
    @inline(always)
    func mask(_ lanes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        ((lanes &- .all(0x21)) .>= .all(0x5E)) .| (lanes .== .all(.numberSign))
    }
}
