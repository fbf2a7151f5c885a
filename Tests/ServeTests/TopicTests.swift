import Basis
import Platform
import TestSupport
import Testing

@testable import Serve

@Suite("topics")
struct TopicTests {
    @Test(
        "names",
        arguments: [
            ("a", true), ("news.of_the-day9", true), (String(repeating: "x", count: 64), true),
            (String(repeating: "x", count: 65), false), ("", false), ("a/b", false), ("é", false),
            ("a b", false), ("tick", true), ("tick-", false), ("tick-10", false),
            ("tick-10ms", true), ("tick-99us", false), ("tick-100us", true), ("tick-60s", true),
            ("tick-61s", false), ("tick-1ms-19", true), ("tick-1ms-18", false),
            ("tick-1ms-65536", true), ("tick-1ms-65537", false), ("tick-1ms-", false),
            ("tick--1ms", false), ("tick-ms", false), ("tick-1h", false),
            ("tick-99999999999999999999s", false),
        ])
    func names(text: String, isName: Bool) {
        let name = TopicName(Array(text.utf8).span)
        #expect((name != nil) == isName)
    }

    @Test("one topic a name, and no more than there may be")
    func table() throws {
        let topics = Topics()
        func find(_ name: String) throws -> TopicID { try topics.find(Array(name.utf8).span) }
        #expect(try find("a") == find("a") && find("a") != find("b"))
        for number in 2..<Limit.topics { _ = try find("n\(number)") }
        #expect(throws: Topics.Refusal.tooMany) { try find("one-more") }
        #expect(try find("b").index == 1)
        #expect(throws: Topics.Refusal.noName) { try find("/") }
    }

    @Test(
        "a log keeps the newest events, by number and by size", arguments: [1, 200, 5_000, 65_536])
    func log(bytes: Int) {
        var log = EventLog()
        let count = 3_000
        for number in 1...count {
            let text = Array("\(number) ".utf8) + Array(repeating: 0x78, count: bytes)
            let given = log.append(Array(text.prefix(bytes)).span)
            #expect(given == UInt64(number))
        }
        let kept = min(Limit.topicEvents, Limit.topicBytes / bytes)
        let all = log.copy(after: 0, room: .max)
        #expect(all.count == kept && all.last == UInt64(count))
        #expect(all.missed == UInt64(count - kept))
        var shown: [UInt64] = []
        all.show { number, text in
            shown.append(number)
            let expected = (Array("\(number) ".utf8) + Array(repeating: 0x78, count: bytes))
            #expect(text.count == bytes && text[0] == expected[0])
        }
        #expect(shown == Array(UInt64(count - kept + 1)...UInt64(count)))
        // One at least, and behind the newest nothing.
        let one = log.copy(after: UInt64(count - 2), room: 0)
        #expect(one.count == 1 && one.last == UInt64(count - 1) && one.missed == 0)
        let none = log.copy(after: UInt64(count), room: .max)
        #expect(none.count == 0 && none.last == UInt64(count) && none.missed == 0)
    }

    @Test("many threads publish, and each reads all of it in one order")
    func threads() throws {
        let topic = Topic(TopicName(Array("t".utf8).span)!)
        let writers = 4
        let each = 200
        var threads: [Handover<Thread>] = []
        for writer in 0..<writers {
            threads.append(
                Handover(
                    try Thread(named: "writer-\(writer)") {
                        for number in 0..<each {
                            topic.publish(Array("\(writer) \(number)".utf8).span)
                        }
                    }))
        }
        var cursor: UInt64 = 0
        var counts = Array(repeating: 0, count: writers)
        let end = MonotonicClock.now + TestLimit.hang
        while cursor < UInt64(writers * each), MonotonicClock.now < end {
            let batch = topic.batch(after: cursor, at: MonotonicClock.now, room: 500)
            batch.show { number, text in
                cursor += 1
                #expect(number == cursor)
                let parts = String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
                    .split(separator: " ").map { Int($0)! }
                #expect(parts[1] == counts[parts[0]])
                counts[parts[0]] += 1
            }
        }
        for thread in threads { thread.take().join() }
        #expect(counts == Array(repeating: each, count: writers))
    }

    @Test("a clock's events follow from their numbers")
    func clock() {
        let topic = Topic(TopicName(Array("tick-10ms-30".utf8).span)!)
        let now = Instant(raw: 1_005_000_000)
        #expect(topic.newest(at: now) == 100 && !topic.takesEvents)
        #expect(topic.due(after: 100) == Instant(raw: 1_010_000_000))
        let batch = topic.batch(after: 97, at: now, room: .max)
        #expect(batch.last == 100 && batch.count == 3 && batch.missed == 0)
        var stamps: [Int64] = []
        batch.show { _, text in
            #expect(text.count == 30 && text[19] == 0x20)
            stamps.append(Int64(text.extracting(first: 18).decimal(upTo: .max)!))
        }
        #expect(stamps[1] - stamps[0] == 1_000_000 && stamps[2] - stamps[1] == 1_000_000)
    }
}
