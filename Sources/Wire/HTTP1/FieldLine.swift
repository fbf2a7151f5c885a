extension HTTP1 {
    /// What stands at the beginning of a line of a header or trailer section, RFC 9112 §5.
    enum FieldLine {
        case field(name: Run, value: Run, next: Int)
        /// The empty line that ends the section.
        case end(next: Int)
        /// The line's end has not arrived.
        case unfinished
    }
}

extension Span where Element == UInt8 {
    /// Splits the line at `start` into name and value, white space around the value removed.
    ///
    /// What it throws about a line without a line feed is not final: a line is judged when it is
    /// whole, so that a verdict never depends on where the network cut the message.
    @inline(always)
    func fieldLine(at start: Int) throws(HTTP1.Refusal) -> HTTP1.FieldLine {
        let colon = endOfName(from: start)
        guard colon < count else { return .unfinished }
        guard self[colon] == .colon, colon > start else {
            return try lineWithoutName(from: start, to: colon)
        }
        var from = colon &+ 1
        while from < count, self[from].isBlank { from &+= 1 }
        var end = firstIndex(of: ControlByte(), from: from)
        while end < count, self[end] == .tab {
            end = firstIndex(of: ControlByte(), from: end &+ 1)
        }
        guard end < count else { return .unfinished }
        let next = end &+ 2
        // RFC 9112 §2.2 allows to take a bare LF for a line end. Proxies differ on it, which is how
        // requests are smuggled, so it is refused here as a bare CR must be.
        guard self[end] == .carriageReturn else {
            throw self[end] == .lineFeed ? .bareLineFeed : .badFieldValue
        }
        guard next <= count else { return .unfinished }
        guard self[next &- 1] == .lineFeed else { throw .bareCarriageReturn }
        while end > from, self[end &- 1].isBlank { end &-= 1 }
        return .field(name: HTTP1.Run(start, colon), value: HTTP1.Run(from, end), next: next)
    }

    /// The index behind the run of token characters at `start`, RFC 9110 §5.6.2.
    @inline(always)
    func endOfName(from start: Int) -> Int {
        var at = firstIndex(of: UncommonNameByte(), from: start)
        while at < count, self[at] != .colon, ASCIISet.token.contains(self[at]) {
            at = firstIndex(of: UncommonNameByte(), from: at &+ 1)
        }
        return at
    }

    @inline(never)
    private func lineWithoutName(
        from start: Int, to stop: Int
    ) throws(HTTP1.Refusal) -> HTTP1.FieldLine {
        switch self[stop] {
        case .carriageReturn:
            guard stop &+ 1 < count else { return .unfinished }
            guard self[stop &+ 1] == .lineFeed else { throw .bareCarriageReturn }
            guard stop == start else { throw .badFieldName }
            return .end(next: stop &+ 2)
        case .lineFeed:
            throw .bareLineFeed
        case .space, .tab:
            // RFC 9112 §5.2 (obs-fold), §2.2 (before the first field) and §5.1 (before the colon).
            throw stop == start ? .foldedLine : .badFieldName
        default:
            throw .badFieldName
        }
    }

    /// The list element at `at`, white space around it removed (RFC 9110 §5.6.1); `at` moves behind
    /// the comma, past `end` after the last element.
    func listElement(at: inout Int, until end: Int) -> HTTP1.Run {
        var lower = at
        while at < end, self[at] != .comma { at &+= 1 }
        var upper = at
        at &+= 1
        while lower < upper, self[lower].isWhite { lower &+= 1 }
        while upper > lower, self[upper &- 1].isWhite { upper &-= 1 }
        return HTTP1.Run(lower, upper)
    }

    /// The first line feed from `start` on; `count` when there is none.
    func lineFeed(from start: Int) -> Int {
        var at = firstIndex(of: ControlByte(), from: start)
        while at < count, self[at] != .lineFeed {
            at = firstIndex(of: ControlByte(), from: at &+ 1)
        }
        return at
    }
}

extension UInt8 {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let numberSign: UInt8 = 0x23
    static let comma: UInt8 = 0x2C
    static let asterisk: UInt8 = 0x2A
    static let slash: UInt8 = 0x2F
    static let zero: UInt8 = 0x30
    static let colon: UInt8 = 0x3A
    static let percent: UInt8 = 0x25
    static let semicolon: UInt8 = 0x3B
    static let questionMark: UInt8 = 0x3F
    static let delete: UInt8 = 0x7F

    @inline(always)
    var isBlank: Bool { self == .space || self == .tab }
    /// Also what is left in a value by a fold (RFC 9112 §5.2) or a bare CR (§2.2), which mean a
    /// space where they are not refused.
    @inline(always)
    var isWhite: Bool { isBlank || self == .carriageReturn || self == .lineFeed }
    /// A letter in lower case; all else as it is.
    @inline(always)
    var lowercasedLetter: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
    @inline(always)
    var isDigit: Bool { self &- .zero < 10 }
}

/// Any control character, the horizontal tab included.
struct ControlByte: ByteClass {
    @inline(always)
    func contains(_ byte: UInt8) -> Bool { byte < .space || byte == .delete }
    @inline(always)
    func mask(_ lanes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        (lanes .< .all(.space)) .| (lanes .== .all(.delete))
    }
}

/// Whatever is not a letter, a digit or a hyphen: nearly always the colon.
struct UncommonNameByte: ByteClass {
    @inline(always)
    func contains(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 >= 26 && !byte.isDigit && byte != 0x2D
    }
    @inline(always)
    func mask(_ lanes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        let notLetter = ((lanes | .all(0x20)) &- .all(0x61)) .>= .all(26)
        let notDigit = (lanes &- .all(.zero)) .>= .all(10)
        return notLetter .& notDigit .& (lanes .!= .all(0x2D))
    }
}
