import Basis

extension EventStream {
    /// What comes next of a stream. Offsets count from the first byte of the parsed span.
    package enum Event: BitwiseCopyable, Equatable, Sendable {
        /// All bytes are taken; call again with those that follow them.
        case needMore
        /// An event, which the parser holds until it is called again; go on at `next`.
        case event(next: Int)
        /// Close, and ask no more.
        case failure(Failure)
    }

    /// Reads events as they come, WHATWG HTML §9.2.5 and §9.2.6.
    ///
    /// It keeps what it needs, so every byte is given once. What it makes of them does not depend
    /// on how they were cut. Bytes that are no UTF-8 are passed on as they are; a browser puts
    /// U+FFFD in their place. An event that is unfinished when the stream ends is none (§9.2.6):
    /// there is nothing to call then.
    package struct Parser: ~Copyable {
        private enum Phase: UInt8 { case byteOrderMark, lineStart, name, space, value, ignored }
        private enum Field: UInt8 { case data, type, id, retry, other }

        private var dataLines = ByteQueue()
        private var typeName = ByteQueue()
        /// The id on the line under way.
        private var newID = ByteQueue()
        /// What the next blank line makes the id.
        private var pendingID = ByteQueue()
        private var currentID = ByteQueue()
        /// The field name under way, its first five bytes at most.
        private var name: UInt64 = 0
        /// What the server last said to wait before coming again; nil when it said nothing.
        package private(set) var retryMilliseconds: UInt64?
        private var newRetry: UInt64?
        private let lineLimit: Int
        private let eventLimit: Int
        /// Bytes of the line under way.
        private var lineBytes = 0
        private var phase = Phase.byteOrderMark
        private var field = Field.other
        /// The line before ended in CR, whose LF may yet come.
        private var isBehindReturn = false
        /// The value of the line under way is one that is ignored.
        private var isBadValue = false
        private var hasNewID = false
        private var isDispatched = false
        private var failure: Failure?

        /// - Parameters:
        ///   - lineLimit: bytes of one line, its end not counted.
        ///   - eventLimit: bytes of the data of one event.
        package init(
            lineLimit: Int = Limit.lineBytes, eventLimit: Int = Limit.eventBytes
        ) {
            self.lineLimit = lineLimit
            self.eventLimit = eventLimit
        }

        /// The event's data, its lines joined by line feeds.
        package var data: Span<UInt8> {
            @_lifetime(borrow self)
            borrowing get {
                let lines = dataLines.bytes
                return lines.extracting(first: max(0, lines.count - 1))
            }
        }

        /// The event's type; empty for a `message`.
        package var type: Span<UInt8> {
            @_lifetime(borrow self)
            borrowing get { typeName.bytes }
        }

        /// The id of the last event that had one, which may be this, to be sent as Last-Event-ID.
        package var lastEventID: Span<UInt8> {
            @_lifetime(borrow self)
            borrowing get { currentID.bytes }
        }

        /// Whether an event has begun and is not over: a stream that ends here was cut.
        package var isMidEvent: Bool {
            !isDispatched && (lineBytes > 0 || !dataLines.isEmpty || !typeName.isEmpty || hasNewID)
        }

        /// The stream begins anew, as when a client comes again. What was unfinished is forgotten
        /// (§9.2.6); the last event's id and the wait stay.
        package mutating func restart() {
            beginEvent()
            newID.removeAll()
            newID.trim(above: Limit.keptBytes)
            pendingID.trim(above: Limit.keptBytes)
            hasNewID = false
            isBehindReturn = false
            lineBytes = 0
            phase = .byteOrderMark
            field = .other
            failure = nil
        }

        /// Bytes of memory held, used or not.
        var storageBytes: Int {
            dataLines.storageBytes + typeName.storageBytes + newID.storageBytes
                + pendingID.storageBytes + currentID.storageBytes
        }

        /// The next event of `input[offset...]`.
        ///
        /// Hot: once an event.
        package mutating func next(_ input: Span<UInt8>, from offset: Int) -> Event {
            if isDispatched { beginEvent() }
            var at = offset
            while at < input.count, failure == nil {
                switch phase {
                case .byteOrderMark:
                    readByteOrderMark(input, at: &at)
                case .lineStart:
                    if readLineStart(input, at: &at) { return .event(next: at) }
                case .name:
                    readName(input, at: &at)
                case .space:
                    // §9.2.6: one space behind the colon is none of the value.
                    if input[at] == .space {
                        at &+= 1
                        lineBytes &+= 1
                    }
                    phase = .value
                case .value, .ignored:
                    readValue(input, at: &at)
                }
            }
            return failure.map { .failure($0) } ?? .needMore
        }

        private mutating func beginEvent() {
            isDispatched = false
            dataLines.removeAll()
            dataLines.trim(above: Limit.keptBytes)
            typeName.removeAll()
        }

        /// §9.2.5: one mark (EF BB BF) before all else is dropped. The beginning of one is the
        /// beginning of a field name that nobody knows.
        private mutating func readByteOrderMark(_ input: Span<UInt8>, at: inout Int) {
            let expected: UInt8 = lineBytes == 0 ? 0xEF : lineBytes == 1 ? 0xBB : 0xBF
            guard input[at] == expected else {
                phase = lineBytes == 0 ? .lineStart : .ignored
                return
            }
            at &+= 1
            lineBytes &+= 1
            if lineBytes == 3 {
                lineBytes = 0
                phase = .lineStart
            }
        }

        /// Looks at the first byte of a line. True when it ends an event that is to be told.
        @inline(always)
        private mutating func readLineStart(_ input: Span<UInt8>, at: inout Int) -> Bool {
            let byte = input[at]
            let isRestOfEnd = isBehindReturn && byte == .lineFeed
            isBehindReturn = false
            if isRestOfEnd {
                at &+= 1
            } else if LineEndByte().contains(byte) {
                at &+= 1
                isBehindReturn = byte == .carriageReturn
                return dispatch()
            } else {
                // A comment is a field without a name.
                name = 0
                phase = .name
            }
            return false
        }

        /// A blank line, §9.2.6.
        @inline(always)
        private mutating func dispatch() -> Bool {
            if hasNewID {
                swap(&currentID, &pendingID)
                hasNewID = false
            }
            isDispatched = !dataLines.isEmpty
            if !isDispatched { typeName.removeAll() }
            return isDispatched
        }

        @inline(always)
        private mutating func readName(_ input: Span<UInt8>, at: inout Int) {
            while at < input.count {
                let byte = input[at]
                if byte == .colon {
                    beginField()
                    at &+= 1
                    lineBytes &+= 1
                    phase = field == .other ? .ignored : .space
                    return
                }
                if LineEndByte().contains(byte) {
                    // §9.2.6: without a colon the whole line is the name, and the value is empty.
                    beginField()
                    endLine(input, at: &at)
                    return
                }
                // No known name has six bytes, and none begins with NUL.
                guard lineBytes < 5, byte != 0 else {
                    field = .other
                    phase = .ignored
                    return
                }
                name = name &<< 8 | UInt64(byte)
                at &+= 1
                lineBytes &+= 1
            }
        }

        @inline(always)
        private mutating func beginField() {
            isBadValue = false
            switch name {
            case 0x6461_7461:
                field = .data
            case 0x65_7665_6E74:
                field = .type
                typeName.removeAll()
            case 0x6964:
                field = .id
                newID.removeAll()
            case 0x72_6574_7279:
                field = .retry
                newRetry = nil
            default:
                field = .other
            }
        }

        @inline(always)
        private mutating func readValue(_ input: Span<UInt8>, at: inout Int) {
            let lineEnd = input.firstIndex(of: LineEndByte(), from: at)
            let end = min(lineEnd, at &+ max(0, lineLimit &- lineBytes))
            if phase == .value, end > at { take(input.extracting(at..<end)) }
            lineBytes &+= end &- at
            at = end
            // Whichever limit comes first in the bytes is told.
            if end < lineEnd { failure = failure ?? .lineTooLong }
            if failure == nil, at < input.count { endLine(input, at: &at) }
        }

        /// Takes a part of the value under way.
        @inline(always)
        private mutating func take(_ bytes: Span<UInt8>) {
            switch field {
            case .data:
                guard bytes.count <= eventLimit &- dataLines.count else {
                    failure = .eventTooLarge
                    return
                }
                dataLines.append(bytes)
            case .type:
                typeName.append(bytes)
            case .id:
                newID.append(bytes)
                // §9.2.6: an id with NUL is ignored.
                for index in bytes.indices where bytes[index] == 0 { isBadValue = true }
            case .retry:
                takeDigits(bytes)
            case .other:
                break
            }
        }

        /// §9.2.6: digits and nothing else.
        private mutating func takeDigits(_ bytes: Span<UInt8>) {
            for index in bytes.indices {
                let digit = bytes[index] &- .zero
                guard digit < 10 else {
                    isBadValue = true
                    return
                }
                let (product, overflows) = (newRetry ?? 0).multipliedReportingOverflow(by: 10)
                let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
                // Longer than any wait.
                newRetry = overflows || carries ? .max : sum
            }
        }

        /// The line under way ends with the byte at `at`.
        @inline(always)
        private mutating func endLine(_ input: Span<UInt8>, at: inout Int) {
            isBehindReturn = input[at] == .carriageReturn
            at &+= 1
            lineBytes = 0
            phase = .lineStart
            switch field {
            case .data:
                guard dataLines.count <= eventLimit else {
                    failure = .eventTooLarge
                    return
                }
                dataLines.append(.lineFeed)
            case .id where !isBadValue:
                swap(&newID, &pendingID)
                hasNewID = true
            case .retry where !isBadValue:
                retryMilliseconds = newRetry ?? retryMilliseconds
            case .type, .id, .retry, .other:
                break
            }
            field = .other
        }
    }
}
