// The host and port of a request target and of the Host field, RFC 3986 §3.2.2 and §3.2.3.

extension Span where Element == UInt8 {
    /// Whether `run` is `uri-host [":" port]`, RFC 9110 §7.2.
    @inline(never)
    func isAuthority(_ run: HTTP1.Run, needsPort: Bool) -> Bool {
        if !needsPort, isShortHost(run) { return true }
        let end = run.upper
        var at = run.lower
        if at < end, self[at] == UInt8(ascii: "[") {
            at &+= 1
            let inner = at
            while at < end, self[at] != UInt8(ascii: "]") { at &+= 1 }
            guard at < end, isAddressLiteral(inner..<at) else { return false }
            at &+= 1
        } else {
            let common = min(end, firstIndex(of: UncommonHostByte(), from: at))
            guard let nameEnd = endOfRegisteredName(from: common, until: end), nameEnd > at else {
                return false
            }
            at = nameEnd
        }
        if at == end { return !needsPort }
        guard self[at] == .colon else { return false }
        at &+= 1
        if needsPort, at == end { return false }
        while at < end, self[at].isDigit { at &+= 1 }
        return at == end
    }

    /// Whether `run` is a name of at most sixteen usual bytes, perhaps with a port: what most
    /// requests say. Nothing is decided where it is not.
    @inline(always)
    private func isShortHost(_ run: HTTP1.Run) -> Bool {
        let length = run.upper &- run.lower
        let isWhole = length == count
        guard length > 0, length <= 16, isWhole || count &- run.lower >= 16 else { return false }
        let lanes = length < 16 && isWhole ? paddedLanes : lanes(at: run.lower)
        let nameEnd = UncommonHostByte().mask(lanes).firstLane
        if nameEnd >= length { return true }
        guard nameEnd > 0, self[run.lower &+ nameEnd] == .colon else { return false }
        let isBehind = SIMD16<UInt8>.positions .> .all(UInt8(truncatingIfNeeded: nameEnd))
        let isDigit = (lanes &- .all(.zero)) .< .all(10)
        return (isBehind .& .!isDigit).firstLane >= length
    }

    /// Where a reg-name, to which every IPv4 address belongs too, ends; nil where a `%` is not
    /// followed by two hexadecimal digits.
    private func endOfRegisteredName(from start: Int, until end: Int) -> Int? {
        var at = start
        while at < end {
            if ASCIISet.registeredName.contains(self[at]) {
                at &+= 1
            } else if self[at] == .percent {
                guard at &+ 2 < end, self[at &+ 1].hexDigit != nil, self[at &+ 2].hexDigit != nil
                else { return nil }
                at &+= 3
            } else {
                break
            }
        }
        return at
    }

    /// What may stand between brackets: an IPv6 address, or an address of a later version.
    private func isAddressLiteral(_ range: Range<Int>) -> Bool {
        guard let first = range.first else { return false }
        if self[first] | 0x20 == UInt8(ascii: "v") {
            return isLaterAddress(first &+ 1..<range.upperBound)
        }
        return isAddress6(range)
    }

    /// `1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`, behind the `v`.
    private func isLaterAddress(_ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        while at < range.upperBound, self[at].hexDigit != nil { at &+= 1 }
        guard at > range.lowerBound, at &+ 1 < range.upperBound, self[at] == UInt8(ascii: ".")
        else { return false }
        return (at &+ 1..<range.upperBound).allSatisfy {
            ASCIISet.addressLiteral.contains(self[$0])
        }
    }

    /// Eight groups of up to four digits, the last two perhaps as an IPv4 address; `::` stands once
    /// for one group of zeros or more.
    private func isAddress6(_ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        let end = range.upperBound
        var groups = 0
        var hasGap = false
        if has("::", at: at, until: end) {
            hasGap = true
            at &+= 2
        }
        while at < end {
            if isAddress4(at..<end) {
                groups += 2
                break
            }
            let start = at
            while at < end, at &- start < 4, self[at].hexDigit != nil { at &+= 1 }
            guard at > start else { return false }
            groups += 1
            if at == end { break }
            if has("::", at: at, until: end) {
                if hasGap { return false }
                hasGap = true
                at &+= 2
            } else {
                guard self[at] == .colon, at &+ 1 < end else { return false }
                at &+= 1
            }
        }
        return hasGap ? groups <= 7 : groups == 8
    }

    private func has(_ text: StaticString, at offset: Int, until end: Int) -> Bool {
        offset &+ text.utf8CodeUnitCount <= end && has(text, at: offset)
    }

    /// Four numbers up to 255 without needless zeros.
    private func isAddress4(_ range: Range<Int>) -> Bool {
        var numbers = 0
        var at = range.lowerBound
        while at <= range.upperBound {
            var end = at
            var value = 0
            while end < range.upperBound, end &- at < 3, self[end].isDigit {
                value = value * 10 + Int(self[end] &- .zero)
                end &+= 1
            }
            guard end > at, value <= 255, end &- at == 1 || self[at] != .zero else { return false }
            numbers += 1
            if end == range.upperBound { break }
            guard self[end] == UInt8(ascii: ".") else { return false }
            at = end &+ 1
        }
        return numbers == 4
    }
}

extension SIMD16<UInt8> {
    fileprivate static var positions: SIMD16<UInt8> {
        SIMD16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    }
}

/// What hosts are not made of, as a rule: all but letters, digits, dots and hyphens.
private struct UncommonHostByte: ByteClass {
    @inline(always)
    func contains(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 >= 26 && byte &- 0x30 >= 10 && byte &- 0x2D >= 2
    }
    @inline(always)
    func mask(_ lanes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        let letters = ((lanes | .all(0x20)) &- .all(0x61)) .< .all(26)
        let digits = (lanes &- .all(0x30)) .< .all(10)
        let others = (lanes &- .all(0x2D)) .< .all(2)
        return .!(letters .| digits .| others)
    }
}
