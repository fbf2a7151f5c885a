import Basis
import Testing

@testable import Wire

@Suite("Reading event streams")
struct EventStreamParserTests {
    typealias Event = EventStreamTrace.Event

    /// A stream and what it means.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        let events: [Event]
        var lastID = ""
        var retry: UInt64?
        var isMidEvent = false

        init(
            _ name: String, _ bytes: [UInt8], _ events: [Event], lastID: String = "",
            retry: UInt64? = nil, isMidEvent: Bool = false
        ) {
            testDescription = name
            self.bytes = bytes
            self.events = events
            self.lastID = lastID
            self.retry = retry
            self.isMidEvent = isMidEvent
        }

        init(
            _ name: String, _ text: String, _ events: [Event], lastID: String = "",
            retry: UInt64? = nil, isMidEvent: Bool = false
        ) {
            self.init(
                name, Array(text.utf8), events, lastID: lastID, retry: retry,
                isMidEvent: isMidEvent)
        }
    }

    private static func event(_ data: String, type: String = "", id: String = "") -> Event {
        Event(type: Array(type.utf8), data: Array(data.utf8), lastID: Array(id.utf8))
    }

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    static let examples = [
        Case(
            "stocks", "data: YHOO\ndata: +2\ndata: 10\n\n", [event("YHOO\n+2\n10")]),
        Case(
            "four blocks",
            ": test stream\n\ndata: first event\nid: 1\n\n"
                + "data:second event\nid\n\ndata:  third event\n",
            [event("first event", id: "1"), event("second event")], isMidEvent: true),
        Case(
            "empty data", "data\n\ndata\ndata\n\ndata:", [event(""), event("\n")],
            isMidEvent: true),
        Case("spaces", "data:test\n\ndata: test\n\n", [event("test"), event("test")]),
        Case(
            "types", "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
            [event("73857293", type: "add"), event("2153", type: "remove")]),
    ]

    static let lineEnds = [
        Case("LF", "data: a\n\ndata: b\n\n", [event("a"), event("b")]),
        Case("CR", "data: a\r\rdata: b\r\r", [event("a"), event("b")]),
        Case("CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", [event("a"), event("b")]),
        Case("mixed", "data: a\r\ndata: b\rdata: c\n\r\n", [event("a\nb\nc")]),
        Case("LF CR are two", "data: a\n\rdata: b\n\r", [event("a"), event("b")]),
        Case("CR CRLF", "data: a\r\r\ndata: b\r\r\n", [event("a"), event("b")]),
        Case("none at the end", "data: a\n\ndata: b\n", [event("a")], isMidEvent: true),
        Case("CR at the end", "data: a\r", [], isMidEvent: true),
    ]

    static let marks = [
        Case("one", mark + Array("data: a\n\n".utf8), [event("a")]),
        Case("only one", mark + mark + Array("data: a\n\ndata: b\n\n".utf8), [event("b")]),
        Case("alone", mark, []),
        Case("half of one", [0xEF, 0xBB], [], isMidEvent: true),
        Case("half of one as a line", [0xEF, 0xBB] + Array("\ndata: a\n\n".utf8), [event("a")]),
        Case(
            "half of one before a field", [0xEF] + Array("data: a\n\ndata: b\n\n".utf8),
            [event("b")]),
        Case("later", Array("data: a\n".utf8) + mark + Array("data: b\n\n".utf8), [event("a")]),
        Case(
            "in a value", Array("data: ".utf8) + mark + [10, 10],
            [Event(type: [], data: mark, lastID: [])]),
        Case("before a blank line", mark + Array("\n\ndata: a\n\n".utf8), [event("a")]),
    ]

    static let fields = [
        Case(
            "unknown", "dat: a\ndatas: b\nDATA: c\n data: d\ndata : e\nx\ndata: f\n\n", [event("f")]
        ),
        Case("comments", ":\n: data: a\n:data: b\ndata: c\n:\n\n:\n\n", [event("c")]),
        Case("one space is dropped", "data:  a\ndata:\tb\ndata: \n\n", [event(" a\n\tb\n")]),
        Case("a colon in the value", "data: a: b\n\n", [event("a: b")]),
        Case("the last type counts", "event: a\nevent: b\ndata: c\n\n", [event("c", type: "b")]),
        Case("an empty type", "event: a\nevent\ndata: c\n\n", [event("c")]),
        Case("no data, no event", "event: a\n\ndata: b\n\n", [event("b")]),
        Case("id alone counts", "id: 1\n\ndata: b\n\n", [event("b", id: "1")], lastID: "1"),
        Case(
            "id stays", "id: 1\ndata: a\n\ndata: b\n\n",
            [event("a", id: "1"), event("b", id: "1")], lastID: "1"),
        Case(
            "id taken back", "id: 1\ndata: a\n\nid:\ndata: b\n\n",
            [event("a", id: "1"), event("b")]),
        Case("id with NUL", "id: 1\nid: 2\0\ndata: a\n\n", [event("a", id: "1")], lastID: "1"),
        Case(
            "id of a block without end", "id: 1\ndata: a\n\nid: 2\n", [event("a", id: "1")],
            lastID: "1", isMidEvent: true),
        Case(
            "the last id counts", "id: 1\nid: 22\nid: 3\ndata: a\n\n", [event("a", id: "3")],
            lastID: "3"),
        Case("retry", "retry: 1500\n", [], retry: 1500),
        Case(
            "retry, then none",
            "retry: 10\nretry: 1x\nretry: x1\nretry:\nretry\nretry: -1\nretry:  1\nretry: 1 \n", [],
            retry: 10),
        Case("retry, twice", "retry: 10\n\nretry: 0\n\n", [], retry: 0),
        Case("retry, zero and a letter", "retry: 0x5\n", []),
        Case("retry, beyond 64 bits", "retry: 99999999999999999999999\n", [], retry: .max),
        Case("NUL in a name", "\0id: 1\nid\0: 2\ndata: a\n\n", [event("a")]),
        Case(
            "no UTF-8", Array("data: ".utf8) + [0xFF, 0xC0, 10, 10],
            [Event(type: [], data: [0xFF, 0xC0], lastID: [])]),
        Case(
            "long lines",
            "data: \(String(repeating: "x", count: 100))\n"
                + "id: \(String(repeating: "y", count: 40))\n\n",
            [event(String(repeating: "x", count: 100), id: String(repeating: "y", count: 40))],
            lastID: String(repeating: "y", count: 40)),
        Case("nothing", "", []),
    ]

    static let cases = examples + lineEnds + marks + fields

    @Test("a stream means the same wherever the network cuts it, twice", arguments: cases)
    func cuts(_ test: Case) {
        var expected = EventStreamTrace([])
        expected.events = test.events
        expected.lastID = Array(test.lastID.utf8)
        expected.retry = test.retry
        expected.isMidEvent = test.isMidEvent
        #expect(EventStreamTrace(test.bytes) == expected)
        #expect(EventStreamTrace(test.bytes, cuts: Array(0..<test.bytes.count)) == expected)
        var byTheStandard = EventStreamTrace(byTheStandard: test.bytes)
        byTheStandard.isMidEvent = test.isMidEvent
        #expect(byTheStandard == expected)
        for first in 0...test.bytes.count {
            for second in first...test.bytes.count {
                let trace = EventStreamTrace(test.bytes, cuts: [first, second])
                if trace != expected { Issue.record("cut at \(first) and \(second): \(trace)") }
            }
        }
    }

    @Test(
        "limits are kept, whatever the cuts",
        arguments: [
            ("data: 0123456789\n\n", nil), ("data: 0123456789a\n\n", .lineTooLong),
            (": 456789012345678", .lineTooLong), (": 45678901234567", nil),
            ("unknown: 901234567", .lineTooLong), ("unknown9012345678", .lineTooLong),
            ("unknown901234567", nil),
            ("id: 45678901234567", .lineTooLong),
            ("data: 0123456789\ndata: 0123456789\n\n", nil),
            ("data: 0123456789\ndata: 0123456789\ndata: \n\n", nil),
            ("data: 0123456789\ndata: 0123456789\ndata: 1", nil),
            ("data: 0123456789\ndata: 0123456789\ndata: 123", .eventTooLarge),
            ("data\ndata\ndata: 0123456789\ndata: 01234567\n\n", nil),
            (String(repeating: "data\n", count: 24), nil),
            (String(repeating: "data\n", count: 25) + "\n", nil),
            (String(repeating: "data\n", count: 26), .eventTooLarge),
            ("data: 0123456789\ndata: 0123456789\n\ndata: 0123456789\ndata: 0123456789\n\n", nil),
        ] as [(String, EventStream.Failure?)])
    func limits(text: String, failure: EventStream.Failure?) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            let trace = EventStreamTrace(bytes, cuts: [cut], lineLimit: 16, eventLimit: 24)
            #expect(trace.failure == failure, "cut at \(cut)")
        }
        let single = EventStreamTrace(
            bytes, cuts: Array(0..<bytes.count), lineLimit: 16, eventLimit: 24)
        #expect(single.failure == failure)
    }

    @Test("a failure stays, and says what is wrong", arguments: EventStream.Failure.allCases)
    func stays(_ failure: EventStream.Failure) {
        var parser = EventStream.Parser(lineLimit: 20, eventLimit: failure == .lineTooLong ? 99 : 5)
        let bytes = Array("data: 012345678901234\n\n".utf8)
        #expect(parser.next(bytes.span, from: 0) == .failure(failure))
        #expect(parser.next("data: a\n\n".utf8.span, from: 0) == .failure(failure))
        #expect(failure.reason.utf8CodeUnitCount > 0)
    }

    @Test(
        "a stream that begins anew keeps the id and the wait, and nothing of what was unfinished",
        arguments: [
            "data: x", "data: x\nid: 9\n", "data: x\r", "id", "\u{FEFF}", "event: y\nretry: ",
            String(repeating: "x", count: 200),
        ])
    func restarts(rest: String) {
        var parser = EventStream.Parser(lineLimit: 100)
        _ = parser.next("retry: 5\nid: 7\ndata: a\n\n".utf8.span, from: 0)
        _ = parser.next(rest.utf8.span, from: 0)
        parser.restart()
        #expect(!parser.isMidEvent && parser.retryMilliseconds == 5)
        let next = Array("\u{FEFF}\ndata: b\n\n".utf8)
        #expect(parser.next(next.span, from: 0) == .event(next: next.count))
        let isRest = parser.data.equals("b".utf8.span) && parser.type.isEmpty
        let keepsID = parser.lastEventID.equals("7".utf8.span)
        #expect(isRest && keepsID)
    }

    @Test(
        "the media type of event streams, with any parameters",
        arguments: [
            ("text/event-stream", true), ("Text/Event-Stream", true),
            ("text/event-stream;charset=utf-8", true), ("text/event-stream ; a=b", true),
            ("text/event-streams", false), ("text/event", false), ("", false),
            ("text/plain", false), (" text/event-stream", false), ("text/event-stream,x", false),
        ])
    func types(value: String, isOne: Bool) {
        #expect(EventStream.isType(value.utf8.span) == isOne)
    }

    @Test("a large event's memory is given back with the next one")
    func memory() {
        var parser = EventStream.Parser()
        let large = Array("data: \(String(repeating: "x", count: 100_000))\n\ndata: y\n\n".utf8)
        guard case .event(let next) = parser.next(large.span, from: 0) else {
            Issue.record("no event")
            return
        }
        let count = parser.data.count
        #expect(count == 100_000)
        #expect(parser.next(large.span, from: next) == .event(next: large.count))
        let (rest, held) = (parser.data.count, parser.storageBytes)
        #expect(rest == 1 && held < 8_192)
    }

    @Test("an event held is over, and the next has begun with its first byte")
    func middle() {
        var parser = EventStream.Parser()
        let bytes = Array("event: a\ndata: b\nid: c\n\nd".utf8)
        var states = [parser.isMidEvent]
        let first = parser.next(bytes.span.extracting(first: 1), from: 0)
        states.append(parser.isMidEvent)
        let second = parser.next(bytes.span, from: 1)
        states.append(parser.isMidEvent)
        let third = parser.next(bytes.span, from: 24)
        states.append(parser.isMidEvent)
        #expect([first, second, third] == [.needMore, .event(next: 24), .needMore])
        #expect(states == [false, true, false, true])
    }

    @Test("random streams are read as the standard has it", arguments: 0..<20)
    func random(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let scraps = [
            "data", "event", "id", "retry", ":", ": ", " ", "\n", "\r", "\r\n", "\n\n", "a", "12",
            "\0", "\u{FEFF}", "data: x\n", "id: 7\n\n", ":comment\n", "😀",
            "a long run of text without an end of a line",
        ]
        for round in 0..<60 {
            let text = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                scraps.randomElement(using: &generator) ?? ""
            }
            let fault = Properties.eventsFault(Array(text.joined().utf8))
            #expect(fault == nil, "seed \(seed), round \(round)")
        }
    }
}
