import Basis
import Wire

/// What queries say of events.
extension Route {
    /// `/sse`: a topic's events, or so many of its own.
    static func stream(_ query: Span<UInt8>) -> Route {
        if let name = query.placeOfOnlyParameter("topic=") {
            return .subscribe(Subscription(), TextPlace(name))
        }
        guard let count = query.number("tokens=", upTo: Limit.tokens), count > 0,
            let interval = query.number("interval_ms=", upTo: Limit.tokenMilliseconds, or: 20),
            let first = query.number("first_ms=", upTo: Limit.tokenMilliseconds, or: interval),
            let bytes = query.number(
                "bytes=", upTo: Int(UInt16.max), or: Stamp.digits),
            bytes >= Stamp.digits
        else { return .badParameter(.events) }
        return .tokens(
            TokenSchedule(count: count, first: first, interval: interval, textBytes: bytes))
    }

    /// `/poll` and `/long-poll`.
    static func poll(_ query: Span<UInt8>, _ extent: Subscription.Extent) -> Route {
        guard let name = query.placeOfOnlyParameter("topic=") else { return .badParameter(.events) }
        var subscription = Subscription(extent)
        if extent == .longPoll {
            subscription.retryMilliseconds = 0
        } else if query.placeOfOnlyParameter("every_ms=") != nil {
            guard let every = query.number("every_ms=", upTo: 3_600_000) else {
                return .badParameter(.events)
            }
            subscription.retryMilliseconds = UInt32(every)
        }
        return .subscribe(subscription, TextPlace(name))
    }
}

extension Route.TextPlace {
    /// What of a path stands behind its first `start` bytes.
    init(in path: Span<UInt8>, from start: Int) {
        self.init(start..<path.count)
    }

    // A head is shorter than this can count.
    fileprivate init(_ range: Range<Int>) {
        self.init(start: UInt16(clamping: range.lowerBound), count: UInt16(clamping: range.count))
    }
}

extension Subscription {
    /// The cursor that Last-Event-ID gives (WHATWG HTML §9.2.6); what is no number is none.
    mutating func noteLastEventID(_ text: Span<UInt8>) {
        guard let number = text.decimal(upTo: .max) else { return }
        cursor = UInt64(number)
    }
}

extension Span where Element == UInt8 {
    /// The number of the one parameter `name`, of which `absent` stands for none.
    fileprivate func number(
        _ name: StaticString, upTo limit: Int, or absent: Int? = nil
    ) -> Int? {
        guard let place = placeOfOnlyParameter(name) else { return holds(name) ? nil : absent }
        return extracting(place).decimal(upTo: limit)
    }

    /// Whether a parameter begins like this, be it twice.
    private func holds(_ name: StaticString) -> Bool {
        var start = 0
        let length = name.utf8CodeUnitCount
        while start + length <= count {
            if start == 0 || self[start - 1] == UInt8(ascii: "&"),
                extracting(start..<(start + length)).equals(name)
            {
                return true
            }
            start += 1
        }
        return false
    }
}
