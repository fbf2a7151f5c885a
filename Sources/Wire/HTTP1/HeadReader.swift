extension HTTP1 {
    /// What takes note of the field lines of a head.
    protocol FieldSection {
        mutating func note(
            name: Run, value: Run, in head: Span<UInt8>, facts: inout FieldFacts
        ) throws(Refusal)
    }

    /// A head that is refused unless it is written as RFC 9112 wants it, being filled from its
    /// lines.
    protocol MessageHead: FieldSection {
        init()
        /// The most bytes the start line may have, its line end included.
        static var startLineLimit: Int { get }
        /// The fault of a start line that has more.
        static var startLineFault: Refusal { get }
        /// Whether empty lines may stand before the start line.
        static var mayFollowEmptyLines: Bool { get }
        /// Whether a message can begin with `byte`; if not it is refused without waiting for a
        /// line.
        static func canBegin(with byte: UInt8) -> Bool
        /// Reads the start line at `start` and returns where the next one begins, nil when it is
        /// unfinished.
        mutating func noteStartLine(
            at start: Int, in head: Span<UInt8>
        ) throws(Refusal) -> Int?
    }

    /// Reads a head out of bytes that may still be growing, in time linear in their number.
    ///
    /// A verdict is a function of the bytes alone: a line counts when its line feed is there,
    /// whatever the first look at it said. What is kept between calls is where the unfinished line
    /// begins and what the lines before it mean for the framing; the runs are gone, so that a head
    /// that did not come at once is parsed again when it is whole.
    struct HeadReader: BitwiseCopyable {
        enum Verdict: BitwiseCopyable {
            case unfinished
            case whole(end: Int)
            case refused(Refusal)
        }

        /// What the field lines before `line` said; nil while the start line is unfinished.
        private var facts: FieldFacts?
        /// Where the unfinished line begins, in bytes from the head's first.
        private var line: UInt16 = 0
        /// Where the bytes begin that were not looked at; zero when none has come.
        private var scanned: UInt16 = 0

        /// Whether more has come than empty lines.
        var hasBegun: Bool { facts != nil || scanned > line }

        /// Reads the head at `offset`; its runs and facts are complete when the verdict is `whole`.
        @inline(always)
        mutating func read<Head: MessageHead>(
            _ input: Span<UInt8>, from offset: Int, into head: inout Head,
            facts: inout FieldFacts
        ) -> Verdict {
            // Beyond this window no head can end, so nothing looks there.
            let window = input.extracting(first: min(input.count, offset &+ Limit.headBytes))
            if scanned > 0, let verdict = resume(Head.self, window, from: offset) {
                return verdict
            }
            var line = offset
            var inFields = false
            do throws(Refusal) {
                if Head.mayFollowEmptyLines, line < window.count,
                    window[line] == .carriageReturn
                {
                    try window.skipEmptyLines(at: &line)
                }
                if let next = try head.noteStartLine(at: line, in: window) {
                    if next &- line > Head.startLineLimit { throw Head.startLineFault }
                    line = next
                    inFields = true
                    if let end = try head.noteFields(line: &line, in: window, facts: &facts) {
                        return .whole(end: end)
                    }
                }
                return pause(
                    Head.self, window, from: offset, line: line, facts: inFields ? facts : nil)
            } catch {
                return judge(
                    Head.self, error, window, from: offset, line: line,
                    facts: inFields ? facts : nil)
            }
        }

        /// Goes on with an unfinished head. Returns nil when it must be parsed from its beginning:
        /// it is whole, or its start line is, or it has not begun.
        @inline(never)
        private mutating func resume<Head: MessageHead>(
            _: Head.Type, _ window: Span<UInt8>, from offset: Int
        ) -> Verdict? {
            var line = offset &+ Int(self.line)
            if scanned > self.line,
                window.lineFeed(from: offset &+ Int(scanned)) == window.count
            {
                return pause(Head.self, window, from: offset, line: line, facts: facts)
            }
            guard var facts else { return nil }
            var scratch = Head()
            do throws(Refusal) {
                let end = try scratch.noteFields(line: &line, in: window, facts: &facts)
                if end != nil { return nil }
                return pause(Head.self, window, from: offset, line: line, facts: facts)
            } catch {
                // What the first of two fields says is only known from the beginning of the head.
                if error == .repeatedKey { return nil }
                return judge(
                    Head.self, error, window, from: offset, line: line, facts: facts)
            }
        }

        /// Decides about a fault in the line at `line`: it counts if the line is whole.
        @inline(never)
        private mutating func judge<Head: MessageHead>(
            _: Head.Type, _ fault: Refusal, _ window: Span<UInt8>, from offset: Int, line: Int,
            facts: FieldFacts?
        ) -> Verdict {
            let lineFeed = window.lineFeed(from: line)
            if lineFeed < window.count, !isForeign(Head.self, window, at: line, facts: facts) {
                let isTooLong = facts == nil && lineFeed &- line >= Head.startLineLimit
                return .refused(isTooLong ? Head.startLineFault : fault)
            }
            return pause(Head.self, window, from: offset, line: line, facts: facts)
        }

        /// Remembers how far an unfinished head was looked at.
        @inline(never)
        private mutating func pause<Head: MessageHead>(
            _: Head.Type, _ window: Span<UInt8>, from offset: Int, line: Int, facts: FieldFacts?
        ) -> Verdict {
            if isForeign(Head.self, window, at: line, facts: facts) {
                return .refused(.badFirstByte)
            }
            if facts == nil, window.count &- line >= Head.startLineLimit {
                return .refused(Head.startLineFault)
            }
            if window.count &- offset >= Limit.headBytes { return .refused(.headTooLarge) }
            self.facts = facts
            self.line = UInt16(truncatingIfNeeded: line &- offset)
            scanned = UInt16(truncatingIfNeeded: window.count &- offset)
            return .unfinished
        }

        /// Whether a start line begins as none does: a TLS handshake, for one, need not go on to be
        /// refused.
        private func isForeign<Head: MessageHead>(
            _: Head.Type, _ window: Span<UInt8>, at line: Int, facts: FieldFacts?
        ) -> Bool {
            guard facts == nil, line < window.count else { return false }
            let mayBeEmptyLine =
                Head.mayFollowEmptyLines && window[line] == .carriageReturn
            return !mayBeEmptyLine && !Head.canBegin(with: window[line])
        }
    }
}

extension HTTP1.FieldSection {
    /// Reads field lines up to the empty one and returns what is behind it; nil, with `line` at the
    /// unfinished line, when that has not come.
    @inline(never)
    mutating func noteFields(
        line: inout Int, in head: Span<UInt8>, facts: inout HTTP1.FieldFacts
    ) throws(HTTP1.Refusal) -> Int? {
        while true {
            switch try head.fieldLine(at: line) {
            case .field(let name, let value, let next):
                try facts.countLine()
                try note(name: name, value: value, in: head, facts: &facts)
                line = next
            case .end(let next):
                return next
            case .unfinished:
                return nil
            }
        }
    }
}

extension Span where Element == UInt8 {
    /// Moves `line` behind the empty lines some clients send before a request line, RFC 9112 §2.2.
    @inline(never)
    func skipEmptyLines(at line: inout Int) throws(HTTP1.Refusal) {
        let start = line
        while line &+ 1 < count, self[line] == .carriageReturn {
            guard self[line &+ 1] == .lineFeed else { throw .bareCarriageReturn }
            if line &- start == 2 * HTTP1.Limit.leadingEmptyLines { throw .tooManyEmptyLines }
            line &+= 2
        }
    }
}
