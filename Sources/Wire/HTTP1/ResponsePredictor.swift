import Basis

extension HTTP1 {
    /// Remembers the last whole response that came at one go, so that the next one like it need
    /// only be compared: a benchmarked server sends the same head thousands of times a second,
    /// until its Date changes.
    ///
    /// All bytes of the head are compared, not a few telling ones. What a head means is a function
    /// of its bytes, so the answer can't differ from the parser's. One for each thread, shared by
    /// its connections.
    package struct ResponsePredictor: ~Copyable {
        private var head = ByteQueue()
        private var response = Response()
        private var answersHead = false
        /// The `Location` of the first redirection that was parsed and had one.
        package private(set) var location: [UInt8] = []
        /// Whether every redirection is parsed, for each may lead elsewhere.
        package var notesEach = false
        /// Where the last one leads that was parsed.
        private var lastLocation: [UInt8]?

        package init() {}

        /// The response whose head stands at `offset`, if it is the one remembered.
        @inline(always)
        func match(_ input: Span<UInt8>, at offset: Int, answersHead: Bool) -> Response? {
            let length = response.headBytes
            guard length >= 16, input.count &- offset >= length, answersHead == self.answersHead
            else { return nil }
            let head = self.head.bytes
            var at = 0
            while length &- at > 16 {
                if !head.lanes(at: at).equal(input.lanes(at: offset &+ at)) { return nil }
                at &+= 16
            }
            at = length &- 16
            return head.lanes(at: at).equal(input.lanes(at: offset &+ at)) ? response : nil
        }

        var wantsLocation: Bool { location.isEmpty || notesEach }

        @inline(never)
        mutating func noteLocation(_ value: Span<UInt8>) {
            let value = Array(copying: value)
            if location.isEmpty { location = value }
            if notesEach { lastLocation = value }
        }

        /// Where the redirection leads whose head was read since the last call; nil without one.
        package mutating func takeLocation() -> [UInt8]? { lastLocation.take() }

        mutating func remember(
            _ input: Span<UInt8>, at offset: Int, response: Response, answersHead: Bool
        ) {
            if response.headBytes > Limit.predictedHeadBytes { return }
            if notesEach, response.status.isRedirect { return }
            head.removeAll()
            head.append(input.extracting(offset..<offset &+ response.headBytes))
            self.response = response
            self.answersHead = answersHead
        }
    }
}
