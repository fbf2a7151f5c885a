extension HTTP1 {
    /// Reads a response head out of bytes that may still be growing, in time linear in their
    /// number.
    ///
    /// A head that came at once, written as RFC 9112 wants it, is read on the fast way. All others
    /// are read line by line with the tolerance that RFC 9112 allows a client: bare line feeds
    /// (§2.2), folded lines (§5.2), white space where there should be none (§2.2, §4, §5.1). The
    /// two agree on what the fast way takes. Verdicts do not depend on where the network cut: a
    /// line counts when the first byte behind it is there, which tells whether the line goes on.
    struct ResponseHeadReader: BitwiseCopyable {
        enum Verdict: BitwiseCopyable {
            case unfinished
            case whole(end: Int)
            /// With the place of the line that is at fault.
            case refused(Refusal, at: Int)
        }

        /// What the lines before `line` said; nil while the status line is unfinished.
        private var facts: FieldFacts?
        /// Where the unfinished line begins, in bytes from the head's first.
        private var line: UInt32 = 0
        /// Where the bytes begin in which no line feed was looked for; zero when none has come.
        private var scanned: UInt32 = 0

        /// Whether any of the head has come.
        var hasBegun: Bool { scanned > 0 }

        /// Reads the head at `offset`; its runs and facts are complete when the verdict is `whole`.
        @inline(always)
        mutating func read(
            _ input: Span<UInt8>, from offset: Int, into head: inout ResponseHead,
            facts: inout FieldFacts
        ) -> Verdict {
            if scanned == 0, let end = Self.readUsual(input, from: offset, into: &head, &facts) {
                return .whole(end: end)
            }
            return readTolerantly(input, from: offset, into: &head, facts: &facts)
        }

        @inline(always)
        private static func readUsual(
            _ input: Span<UInt8>, from offset: Int, into head: inout ResponseHead,
            _ facts: inout FieldFacts
        ) -> Int? {
            let window = input.extracting(first: min(input.count, offset &+ Limit.headBytes))
            guard var line = head.noteStatusLine(at: offset, in: window) else { return nil }
            do throws(Refusal) {
                return try head.noteFields(line: &line, in: window, facts: &facts)
            } catch {
                return nil
            }
        }

        @inline(never)
        private mutating func readTolerantly(
            _ input: Span<UInt8>, from offset: Int, into head: inout ResponseHead,
            facts: inout FieldFacts
        ) -> Verdict {
            let window = input.extracting(
                first: min(input.count, offset &+ Limit.responseHeadBytes))
            let isResumed = line > 0
            var reached = HeadPlace(
                line: offset &+ Int(line), next: offset &+ Int(scanned), facts: self.facts)
            head = ResponseHead()
            do throws(Refusal) {
                if let end = try head.noteTolerantly(window, at: &reached) {
                    if isResumed {
                        // The runs of the lines before are gone: all are read again.
                        reached = HeadPlace(line: offset, next: offset, facts: nil)
                        head = ResponseHead()
                        _ = try head.noteTolerantly(window, at: &reached)
                    }
                    facts = reached.facts ?? FieldFacts()
                    return .whole(end: end)
                }
            } catch {
                return .refused(error, at: reached.line)
            }
            if window.count &- offset >= Limit.responseHeadBytes {
                return .refused(.headTooLarge, at: offset)
            }
            self.facts = reached.facts
            line = UInt32(truncatingIfNeeded: reached.line &- offset)
            scanned = UInt32(truncatingIfNeeded: reached.next &- offset)
            return .unfinished
        }
    }

    /// How far a head was read.
    struct HeadPlace {
        /// Where the line being read begins.
        var line: Int
        /// Where to look for its end.
        var next: Int
        /// What the field lines before said; nil before the end of the status line.
        var facts: FieldFacts?
    }
}

extension HTTP1.ResponseHead {
    /// Reads lines from `place` on and returns what is behind the empty one; nil, with `place` at
    /// the unfinished line, when that has not come.
    fileprivate mutating func noteTolerantly(
        _ head: Span<UInt8>, at place: inout HTTP1.HeadPlace
    ) throws(HTTP1.Refusal) -> Int? {
        while true {
            if place.facts == nil, !head.mayBeVersion(at: place.line) { throw .badFirstByte }
            let lineFeed = head.lineFeed(from: place.next)
            guard lineFeed < head.count else {
                place.next = head.count
                return nil
            }
            let next = lineFeed &+ 1
            guard var facts = place.facts else {
                let line = head.extracting(first: lineFeed)
                if line.hasNull(from: place.line) { throw .badFieldValue }
                try noteTolerantStatusLine(from: place.line, to: lineFeed, in: head)
                place = HTTP1.HeadPlace(line: next, next: next, facts: HTTP1.FieldFacts())
                continue
            }
            if head.isEmptyLine(place.line, lineFeed) { return next }
            // Only the next byte tells whether the line goes on.
            guard next < head.count else {
                place.next = lineFeed
                return nil
            }
            if head[next].isBlank {
                place.next = next
                continue
            }
            try noteTolerantField(from: place.line, to: lineFeed, in: head, facts: &facts)
            place = HTTP1.HeadPlace(line: next, next: next, facts: facts)
        }
    }

    /// Takes note of the field line `start..<end`, which may hold folds.
    private mutating func noteTolerantField(
        from start: Int, to end: Int, in head: Span<UInt8>, facts: inout HTTP1.FieldFacts
    ) throws(HTTP1.Refusal) {
        let line = head.extracting(first: end)
        // RFC 9110 §5.5 lets a recipient reject it; curl does.
        if line.hasNull(from: start) { throw .badFieldValue }
        // RFC 9112 §2.2: a line behind the status line that begins with white space is dropped.
        if line[start].isBlank { return }
        var colon = start
        while colon < end, line[colon] != .colon { colon &+= 1 }
        if colon == end { throw .badFieldName }
        var nameEnd = colon
        while nameEnd > start, line[nameEnd &- 1].isWhite { nameEnd &-= 1 }
        // What is no name of a field can be none that matters here.
        for index in start..<nameEnd where !ASCIISet.token.contains(line[index]) { return }
        var from = colon &+ 1
        var until = end
        while from < until, line[from].isWhite { from &+= 1 }
        while until > from, line[until &- 1].isWhite { until &-= 1 }
        try note(
            name: HTTP1.Run(start, nameEnd), value: HTTP1.Run(from, until), in: head,
            facts: &facts)
    }
}

extension Span where Element == UInt8 {
    /// Where the status line begins behind the empty lines at `start`, as a body may leave one that
    /// its length does not count; nil where there are too many. A carriage return that may yet
    /// become one stays where it is.
    func startLine(behindEmptyLinesAt start: Int) -> Int? {
        var line = start
        for _ in 0...HTTP1.Limit.leadingEmptyLines {
            var end = line
            if end < count, self[end] == .carriageReturn { end &+= 1 }
            guard end < count, self[end] == .lineFeed else { return line }
            line = end &+ 1
        }
        return nil
    }

    /// Whether what has come at `start` is the beginning of `HTTP/`, in any case of letters: a TLS
    /// alert, for one, need not go on to be refused.
    fileprivate func mayBeVersion(at start: Int) -> Bool {
        let name: InlineArray<5, UInt8> = [0x48, 0x54, 0x54, 0x50, 0x2F]
        for index in 0..<Swift.min(name.count, count &- start) {
            let byte = self[start &+ index]
            let isLetter = index < 4 && byte & ~0x20 == name[index]
            if byte != name[index], !isLetter { return false }
        }
        return true
    }

    fileprivate func hasNull(from start: Int) -> Bool {
        for index in start..<count where self[index] == 0 { return true }
        return false
    }

    /// Whether the line from `start` to the line feed at `lineFeed` is empty. Carriage returns
    /// alone are nothing.
    func isEmptyLine(_ start: Int, _ lineFeed: Int) -> Bool {
        for index in start..<lineFeed where self[index] != .carriageReturn { return false }
        return true
    }
}
