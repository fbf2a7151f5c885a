// What a field list must look like whatever it says, RFC 9113 §8.2 and §8.3.

extension HTTP2 {
    /// Which of a message's field sections is read.
    package enum Section: BitwiseCopyable, Equatable, Sendable { case head, trailers }

    /// The faults of one field section, found field by field. The first counts, and the fields
    /// behind it no more.
    struct FieldRules: BitwiseCopyable {
        let section: Section
        private var sawRegular = false
        /// The pseudo-fields there were, a bit each.
        private var pseudo: UInt8 = 0
        /// Why the message is malformed (§8.1.1); nil while it is not.
        private(set) var fault: StaticString?

        init(_ section: Section) { self.section = section }

        @inline(always)
        mutating func fail(_ reason: StaticString) { fault = fault ?? reason }

        /// Whether the field may stand where it does and is well-formed.
        @inline(always)
        mutating func admits(
            _ known: HTTP.FieldName, name: Span<UInt8>, value: Span<UInt8>
        ) -> Bool {
            if fault != nil { return false }
            if known.isPseudo {
                admitPseudo(known)
            } else {
                sawRegular = true
                if known == .other { admitName(name) }
                if known.isOfConnection { fail("a field of HTTP/1 connections") }
                if known == .te, !value.isTrailers {
                    fail("te with another value than trailers")
                }
            }
            // What a pseudo-field says is checked as what it is, which allows no more.
            if !known.isPseudo || known == .protocol, fault == nil, !value.isFieldValue {
                fail("a field value holds NUL, CR or LF, or begins or ends with white space")
            }
            return fault == nil
        }

        @inline(always)
        func has(_ known: HTTP.FieldName) -> Bool { pseudo & Self.bit(known) != 0 }

        @inline(always)
        private static func bit(_ known: HTTP.FieldName) -> UInt8 { 1 &<< (known.rawValue & 7) }

        /// §8.3: before all others, once each, not in trailers.
        @inline(always)
        private mutating func admitPseudo(_ known: HTTP.FieldName) {
            if section == .trailers { fail("a pseudo-field in trailers") }
            if sawRegular { fail("a pseudo-field behind another field") }
            if has(known) { fail("a pseudo-field that is repeated") }
            pseudo |= Self.bit(known)
        }

        /// Content-Length, RFC 9110 §8.6: one number, however often it is said.
        mutating func noteLength(_ value: Span<UInt8>, in length: inout UInt64?) {
            guard let number = value.decimalNumber() else {
                fail("content-length is no decimal number")
                return
            }
            if let length, length != number { fail("content-length twice and not the same") }
            length = number
        }

        /// §8.2.1, and for the letters RFC 9110 §5.6.2: a token without upper case. A name with a
        /// colon in front is a pseudo-field that nobody knows (§8.3).
        @inline(never)
        private mutating func admitName(_ name: Span<UInt8>) {
            if name.isEmpty {
                fail("a field name is empty")
            } else if name[0] == .colon {
                fail("an unknown pseudo-field")
            } else if name.firstIndex(of: UncommonLowerNameByte(), from: 0) < name.count {
                for index in name.indices where !name[index].isLowerNameByte {
                    fail("a field name with a character that is none of a lower-case token")
                }
            }
        }
    }
}

extension Span where Element == UInt8 {
    /// RFC 9113 §8.2.1.
    @inline(always)
    fileprivate var isFieldValue: Bool {
        if isEmpty { return true }
        if self[0].isBlank || self[count &- 1].isBlank { return false }
        var at = firstIndexInValue(of: ControlByte())
        while at < count {
            let byte = self[at]
            if byte == 0 || byte == .carriageReturn || byte == .lineFeed { return false }
            at = firstIndex(of: ControlByte(), from: at &+ 1)
        }
        return true
    }

    /// RFC 9113 §8.2.2, RFC 9110 §10.1.4.
    fileprivate var isTrailers: Bool { equalsFolded("trailers") }

    /// Whether these bytes are `text`, which is written in lower case, in any case of letters.
    func equalsFolded(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && hasFolded(text, at: 0)
    }

    /// The number these decimal digits make, nothing else being there; nil for what is none. A
    /// number beyond 64 bits is well-formed too (RFC 9110 §8.6) and is the largest there is.
    func decimalNumber() -> UInt64? {
        if isEmpty { return nil }
        var value: UInt64 = 0
        for index in indices {
            let digit = self[index] &- .zero
            guard digit < 10 else { return nil }
            let (product, overflow1) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(UInt64(digit))
            value = overflow1 || overflow2 || value == .max ? .max : sum
        }
        return value
    }

    /// Whether it is the media type of gRPC: `application/grpc`, perhaps with a format behind `+`
    /// or parameters.
    var isGRPCType: Bool {
        let type: StaticString = "application/grpc"
        let length = type.utf8CodeUnitCount
        guard hasFolded(type, at: 0) else { return false }
        return count == length || self[length] == 0x2B || self[length] == .semicolon
    }
}

extension UInt8 {
    @inline(always)
    fileprivate var isLowerNameByte: Bool {
        ASCIISet.token.contains(self) && self &- 0x41 >= 26
    }
}

/// Whatever is not a lower-case letter, a digit or a hyphen.
private struct UncommonLowerNameByte: ByteClass {
    @inline(always)
    func contains(_ byte: UInt8) -> Bool { byte &- 0x61 >= 26 && !byte.isDigit && byte != 0x2D }
    @inline(always)
    func mask(_ lanes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        let notLetter = (lanes &- .all(0x61)) .>= .all(26)
        let notDigit = (lanes &- .all(.zero)) .>= .all(10)
        return notLetter .& notDigit .& (lanes .!= .all(0x2D))
    }
}
