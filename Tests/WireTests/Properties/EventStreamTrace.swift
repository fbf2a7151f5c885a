import Basis
import Wire

/// What a parser makes of a stream, whatever pieces it came in.
struct EventStreamTrace: Equatable, CustomStringConvertible {
    struct Event: Equatable, CustomStringConvertible {
        var type: [UInt8] = []
        var data: [UInt8] = []
        var lastID: [UInt8] = []

        var description: String {
            [type, data, lastID].map { String(decoding: $0, as: UTF8.self).debugDescription }
                .joined(separator: " ")
        }
    }

    var events: [Event] = []
    var retry: UInt64?
    var lastID: [UInt8] = []
    var failure: EventStream.Failure?
    var isMidEvent = false

    /// - Parameter cuts: where a piece ends and the next one begins, in any order.
    init(
        _ bytes: [UInt8], cuts: [Int] = [], lineLimit: Int = EventStream.Limit.lineBytes,
        eventLimit: Int = EventStream.Limit.eventBytes
    ) {
        var parser = EventStream.Parser(lineLimit: lineLimit, eventLimit: eventLimit)
        var start = 0
        for cut in cuts.sorted() + [bytes.count] {
            // A piece has no room before it, and none behind.
            let piece = Array(bytes[start..<cut])
            start = cut
            var at = 0
            while case .event(let next) = parser.next(piece.span, from: at) {
                events.append(
                    Event(
                        type: copy(parser.type), data: copy(parser.data),
                        lastID: copy(parser.lastEventID)))
                at = next
            }
        }
        if case .failure(let failure) = parser.next([UInt8]().span, from: 0) {
            self.failure = failure
        }
        retry = parser.retryMilliseconds
        lastID = copy(parser.lastEventID)
        isMidEvent = parser.isMidEvent
    }

    private func copy(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }

    var description: String {
        "\(events) retry \(retry.map { "\($0)" } ?? "unsaid"), id \(lastID), "
            + "\(failure.map { "\($0)" } ?? "whole"), in an event: \(isMidEvent)"
    }
}

extension EventStreamTrace {
    /// What the standard says of a whole stream, word for word and line by line (WHATWG HTML
    /// §9.2.5 and §9.2.6), in bytes.
    init(byTheStandard bytes: [UInt8]) {
        self.init([])
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        var data: [UInt8] = []
        var type: [UInt8] = []
        var id: [UInt8] = []
        while let end = rest.firstIndex(where: { $0 == 10 || $0 == 13 }) {
            let line = rest[..<end]
            let isPair = rest[end] == 13 && rest.dropFirst(line.count + 1).first == 10
            rest = rest[(end + (isPair ? 2 : 1))...]
            guard !line.isEmpty else {
                lastID = id
                if !data.isEmpty {
                    events.append(Event(type: type, data: data.dropLast(), lastID: id))
                }
                (data, type) = ([], [])
                continue
            }
            let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
            var value = Array(line[colon...].dropFirst())
            if value.first == 0x20 { value.removeFirst() }
            switch String(decoding: line[..<colon], as: UTF8.self) {
            case "event": type = value
            case "data": data += value + [10]
            case "id" where !value.contains(0): id = value
            case "retry" where !value.isEmpty && value.allSatisfy { 48...57 ~= $0 }:
                retry = UInt64(String(decoding: value, as: UTF8.self)) ?? .max
            default: break
            }
        }
    }
}
