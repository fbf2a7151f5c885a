extension HTTP1 {
    /// Reads the chunked transfer coding, RFC 9112 §7.1; extensions and trailers are checked for
    /// form and dropped (RFC 9112 §7.1.1 and RFC 9110 §6.5.1).
    ///
    /// Of a response it is tolerant: a line may end in a bare line feed, and what is dropped is not
    /// checked and may be as long as a head. Nobody reads a response after a client, so no other
    /// reader can see another message in it; where the next chunk begins is told as strictly.
    struct ChunkDecoder: BitwiseCopyable {
        enum Event {
            /// Keep everything from the offset of this call on.
            case needMore
            /// Payload, never empty.
            case data(start: Int, end: Int)
            case end(next: Int)
        }

        private enum Phase: UInt8, BitwiseCopyable { case firstSize, payload, laterSize, trailers }

        /// Payload of the current chunk that has not come.
        private var remaining: UInt64 = 0
        /// Payload announced so far.
        private var received: UInt64 = 0
        /// Framing in excess of what honest chunks need.
        private var overhead: UInt32 = 0
        /// In the trailers: where the unfinished line begins.
        private var line: UInt32 = 0
        /// Where the bytes not yet searched for a line feed begin.
        private var scanned: UInt32 = 0
        private var phase = Phase.firstSize

        mutating func next(
            _ input: Span<UInt8>, from offset: Int, bodyLimit: UInt64, isTolerant: Bool = false
        ) throws(Refusal) -> Event {
            switch phase {
            case .payload:
                return payload(input, from: offset)
            case .firstSize:
                return try size(
                    input, from: offset, at: offset, bodyLimit: bodyLimit, isTolerant: isTolerant)
            case .laterSize:
                // §7.1: the payload of a chunk is followed by CRLF.
                var start = offset &+ 2
                if offset < input.count, input[offset] != .carriageReturn {
                    guard isTolerant, input[offset] == .lineFeed else { throw .badChunk }
                    start &-= 1
                } else if offset &+ 1 < input.count, input[offset &+ 1] != .lineFeed {
                    throw .badChunk
                }
                if start >= input.count { return .needMore }
                return try size(
                    input, from: offset, at: start, bodyLimit: bodyLimit, isTolerant: isTolerant)
            case .trailers:
                return try trailers(input, from: offset, isTolerant: isTolerant)
            }
        }

        private mutating func payload(_ input: Span<UInt8>, from offset: Int) -> Event {
            let available = input.count &- offset
            if available == 0 { return .needMore }
            let taken = Int(min(UInt64(available), remaining))
            remaining &-= UInt64(taken)
            if remaining == 0 { phase = .laterSize }
            return .data(start: offset, end: offset &+ taken)
        }

        /// Reads the chunk-size line at `start` and, if any has come, the payload behind it.
        private mutating func size(
            _ input: Span<UInt8>, from offset: Int, at start: Int, bodyLimit: UInt64,
            isTolerant: Bool
        ) throws(Refusal) -> Event {
            let longest = isTolerant ? Limit.responseHeadBytes : Limit.chunkLineBytes
            let window = input.extracting(first: min(input.count, start &+ longest))
            let lineFeed = window.lineFeed(from: max(start, offset &+ Int(scanned)))
            scanned = UInt32(truncatingIfNeeded: lineFeed &- offset)
            guard lineFeed < window.count else {
                if window.count &- start >= longest { throw .chunkOverhead }
                return .needMore
            }
            let size = try window.chunkSize(
                from: start, lineFeed: lineFeed, isTolerant: isTolerant)
            let next = lineFeed &+ 1
            if size == 0 {
                phase = .trailers
                line = UInt32(truncatingIfNeeded: next &- offset)
                scanned = line
                return try trailers(input, from: offset, isTolerant: isTolerant)
            }
            guard size <= bodyLimit &- min(bodyLimit, received) else { throw .bodyTooLarge }
            if next == input.count { return .needMore }
            received &+= size
            if !isTolerant { try countOverhead(line: next &- offset, size: size) }
            remaining = size
            phase = .payload
            scanned = 0
            return payload(input, from: next)
        }

        /// Adds a chunk's framing and takes off what its payload excuses.
        private mutating func countOverhead(line: Int, size: UInt64) throws(Refusal) {
            overhead &+= UInt32(truncatingIfNeeded: line)
            let excused = min(UInt64(overhead), min(size, 0xFFFF_FFFF) &* 2 &+ 16)
            overhead &-= UInt32(truncatingIfNeeded: excused)
            if overhead > Limit.chunkOverheadBytes { throw .chunkOverhead }
        }

        private mutating func trailers(
            _ input: Span<UInt8>, from offset: Int, isTolerant: Bool
        ) throws(Refusal) -> Event {
            let longest = isTolerant ? Limit.responseHeadBytes : Limit.trailerBytes
            let window = input.extracting(first: min(input.count, offset &+ longest))
            while true {
                let start = offset &+ Int(line)
                let lineFeed = window.lineFeed(from: max(start, offset &+ Int(scanned)))
                scanned = UInt32(truncatingIfNeeded: lineFeed &- offset)
                guard lineFeed < window.count else {
                    if window.count &- offset >= longest { throw .trailersTooLarge }
                    return .needMore
                }
                if isTolerant {
                    if window.isEmptyLine(start, lineFeed) { return .end(next: lineFeed &+ 1) }
                    // The status line of an answer whose predecessor forgot its empty line.
                    if window.has("HTTP/", at: start) { throw .badFieldName }
                } else if case .end(let next) = try window.fieldLine(at: start) {
                    return .end(next: next)
                }
                scanned &+= 1
                line = scanned
            }
        }
    }
}

extension Span where Element == UInt8 {
    /// The size on the chunk line `start..<lineFeed`, RFC 9112 §7.1. What follows the digits is
    /// looked at only so far that no other reader can see a line end in it; of a response, not at
    /// all once white space or a semicolon has ended the digits.
    func chunkSize(
        from start: Int, lineFeed: Int, isTolerant: Bool
    ) throws(HTTP1.Refusal) -> UInt64 {
        let hasReturn = lineFeed > start && self[lineFeed &- 1] == .carriageReturn
        guard hasReturn || isTolerant else { throw .badChunk }
        let end = hasReturn ? lineFeed &- 1 : lineFeed
        var at = start
        var size: UInt64 = 0
        while at < end, let digit = self[at].hexDigit {
            size = size &<< 4 | UInt64(digit)
            at &+= 1
        }
        // More digits than fit 64 bits would read as another, smaller size.
        guard at > start, at &- start <= HTTP1.Limit.chunkSizeDigits else { throw .badChunk }
        if at == end { return size }
        if isTolerant {
            guard self[at].isWhite || self[at] == .semicolon else { throw .badChunk }
            return size
        }
        // §7.1.1: white space may stand before the semicolon, where older grammars had it.
        while at < end, self[at].isBlank { at &+= 1 }
        guard at < end, self[at] == .semicolon else { throw .badChunk }
        while at < end {
            let byte = self[at]
            if ControlByte().contains(byte), byte != .tab { throw .badChunk }
            at &+= 1
        }
        return size
    }
}

extension UInt8 {
    var hexDigit: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }
}
