import Basis
import Measure
import Platform
import Report
import Secure
import Testing
import Wire

@testable import Load

/// The engine with answers that are events, and with events that nobody asked for one by one.
struct EventRunTests {
    private typealias Action = VirtualWorld.Action
    private static let unix = Nanoseconds(raw: 1_795_877_541_000_000_000)

    private static func send(_ text: String, after delay: Nanoseconds) -> Action {
        .send(Array(text.utf8), after: delay)
    }

    private static func chunk(_ text: String) -> String {
        "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
    }

    /// The time of `instant` as events have it.
    private static func time(_ instant: Instant) -> Int64 { instant.raw + unix.raw }

    private static let head = EventText.head + "Transfer-Encoding: chunked\r\n\r\n"

    // MARK: answers that are events

    private func answers(
        _ run: WorldRun, _ pacing: some Pacing = ClosedPacing()
    ) throws -> LoadTally {
        var run = run
        run.plan.unixOffset = Self.unix
        run.control.begin(at: run.start)
        return try run.run(
            pacing, over: PlainStream.self, PlainStream.Context(),
            EventStreamClient(request: WireText.request, answersHead: false)
        ).unwrapped().takenTally()
    }

    @Test("parts, gaps and delays, of the window's requests alone", arguments: [1, 7, Int.max])
    func parts(limit: Int) throws {
        let run = WorldRun(connections: 2, warmUp: .milliseconds(50), duration: .milliseconds(100))
        run.world.receiveLimit = limit
        run.world.answer = { _, at in
            [Self.send(Self.head, after: .zero)]
                + [10, 20, 40].map { due in
                    let text = EventText.event(due, Self.time(at + .milliseconds(due)))
                    return Self.send(Self.chunk(text), after: .milliseconds(due + 2))
                } + [Self.send("0\r\n\r\n", after: .milliseconds(50))]
        }
        let tally = try answers(run)
        #expect(tally.succeeded == 4 && tally.errors.total == 0 && tally.bursts == 0)
        #expect(tally.response.min == .milliseconds(50) && tally.response.max == .milliseconds(50))
        #expect(tally.firstPart.totalCount == 4 && tally.firstPart.max == .milliseconds(12))
        #expect(tally.partGap.totalCount == 8 && tally.partGap.max == .milliseconds(20))
        #expect(tally.eventDelay.totalCount == 12)
        #expect(tally.eventDelay.min == .milliseconds(2))
        #expect(tally.eventDelay.max == .milliseconds(2) && tally.bodyBytes == 4 * 3 * 22)
    }

    @Test("answers whose events come together are counted", arguments: [true, false])
    func bursts(tellsTime: Bool) throws {
        let run = WorldRun(duration: .milliseconds(100))
        run.world.answer = { _, at in
            let events = [10, 20, 40].map { due in
                tellsTime
                    ? EventText.event(due, Self.time(at + .milliseconds(due))) : "data: x\n\n"
            }
            return [
                Self.send(Self.head, after: .zero),
                Self.send(events.map(Self.chunk).joined(), after: .milliseconds(46)),
                Self.send("0\r\n\r\n", after: .milliseconds(50)),
            ]
        }
        let tally = try answers(run)
        #expect(tally.succeeded == 2 && tally.bursts == 2)
        #expect(tally.eventDelay.totalCount == (tellsTime ? 6 : 0))
    }

    @Test(
        "a clock that is ahead makes no delay negative, in either loop", arguments: [true, false])
    func ahead(isOpen: Bool) throws {
        let run = WorldRun(duration: .milliseconds(100))
        run.world.answer = { _, at in
            let text = EventText.event(1, Self.time(at + .seconds(5)))
            return [Self.send(Self.head + Self.chunk(text) + "0\r\n\r\n", after: .milliseconds(1))]
        }
        let tally =
            isOpen
            ? try answers(run, ConstantPacing(rate: PerSecond(raw: 100), phase: 0))
            : try answers(run)
        #expect(tally.succeeded == (isOpen ? 10 : 100) && tally.eventDelay.max == .zero)
    }

    // MARK: subscriptions

    /// A server of events, one every 10 ms from 1 ms after the run's begin on, each of which comes
    /// 3 ms late.
    private struct Topic {
        let origin: Instant
        let count: Int

        func due(_ number: Int) -> Instant {
            origin + .milliseconds(10) * Int64(number) + .milliseconds(1)
        }

        func event(_ number: Int) -> String {
            EventText.event(number, EventRunTests.time(due(number)))
        }

        /// The number of the next event that is due later than `at`.
        func next(after at: Instant) -> Int {
            max(0, Int((at.since(origin).raw - 1_000_000) / 10_000_000) + 1)
        }

        /// All events from `at` on, in chunks.
        func stream(from at: Instant) -> [Action] {
            [EventRunTests.send(EventRunTests.head, after: .zero)]
                + (next(after: at)..<max(count, next(after: at))).map {
                    EventRunTests.send(
                        EventRunTests.chunk(event($0)), after: due($0).since(at) + .milliseconds(3))
                }
        }
    }

    private struct Outcome: ~Copyable {
        var result: GeneratorResult
        let requests: [String]
        let end: Instant
    }

    /// The number that a request says was the last event's.
    private static func lastID(_ request: String) -> Int? {
        request.split(separator: "Last-Event-ID: ").dropFirst().first.flatMap {
            Int($0.prefix { $0 != "|" })
        }
    }

    private func subscribe(
        connections: Int = 2, warmUp: Nanoseconds = .milliseconds(50),
        duration: Nanoseconds = .milliseconds(100), count: Int = 1_000, cut: Instant? = nil,
        _ answer: @escaping (Topic, _ connection: Int, _ request: String, Instant) -> [Action]
    ) throws -> Outcome {
        var run = WorldRun(connections: connections, warmUp: warmUp, duration: duration)
        run.plan.unixOffset = Self.unix
        run.plan.timeout = .milliseconds(200)
        let start = run.start + .milliseconds(150)
        let topic = Topic(origin: run.start, count: count)
        var requests: [String] = []
        var unread: [Int: String] = [:]
        run.world.hear = { connection, bytes, at in
            // A line end is one character, which is none of its own.
            unread[connection, default: ""] += String(decoding: bytes, as: UTF8.self)
                .replacing("\r\n", with: "|")
            guard let request = unread[connection], request.hasSuffix("||") else { return [] }
            unread[connection] = ""
            requests.append(request)
            return answer(topic, connection, request, at)
        }
        run.control.begin(at: start)
        let template = try HTTP1.RequestTemplate(target: "/topic", host: "a")
        let result = try run.run(
            ClosedPacing(), over: PlainStream.self, PlainStream.Context(),
            EventSubscriber(try SubscriptionRequest(template), patience: .milliseconds(20))
        ).unwrapped()
        return Outcome(result: result, requests: requests, end: run.world.now)
    }

    @Test("events fall into the window by their time, and are awaited behind it")
    func window() throws {
        let outcome = try subscribe { topic, _, _, at in topic.stream(from: at) }
        // The window begins 200 ms after the origin and ends at 300: numbers 20 to 29.
        #expect(outcome.requests.count == 2)
        #expect(outcome.result.tally.succeeded == 2 * 10)
        #expect(outcome.result.tally.errors.total == 0)
        #expect(outcome.result.tally.response.min == .milliseconds(3))
        #expect(outcome.result.tally.response.max == .milliseconds(3))
        #expect(outcome.result.tally.service.isEmpty && outcome.result.tally.lateness.isEmpty)
        #expect(outcome.result.tally.bodyBytes == 2 * 10 * 22)
        #expect(outcome.result.tally.missedEvents == 0)
        #expect(outcome.result.tally.silentSubscribers == 0)
        #expect(outcome.result.served == [10, 10])
        #expect(outcome.result.window.duration == .milliseconds(100))
        // Number 30 is what ends it, 4 ms behind the window.
        #expect(outcome.end == outcome.result.window.end + .milliseconds(4))
    }

    @Test("events that never come are awaited for as long as --timeout says")
    func silence() throws {
        let outcome = try subscribe(count: 25) { topic, _, _, at in topic.stream(from: at) }
        #expect(outcome.result.tally.succeeded == 2 * 5)
        #expect(outcome.result.tally.errors.total == 0)
        #expect(outcome.result.tally.silentSubscribers == 2)
        let waited = outcome.end.since(outcome.result.window.end)
        #expect(waited >= .milliseconds(200) && waited < .milliseconds(225))
    }

    @Test("a subscriber that falls behind misses events, and counts those of the window")
    func missed() throws {
        let outcome = try subscribe { topic, connection, _, at in
            topic.stream(from: at).enumerated().filter { index, _ in
                // The first connection misses these numbers, two of them in the warm-up.
                connection == 1 || ![13, 14, 24, 25, 26].contains(index)
            }.map(\.element)
        }
        #expect(outcome.result.tally.succeeded == 7 + 10)
        #expect(outcome.result.tally.missedEvents == 3)
    }

    @Test("polls come in the server's time, and long polls at once", arguments: [0, 20])
    func polls(retry: Int) throws {
        var asked: [Instant] = []
        let outcome = try subscribe(connections: 1) { topic, _, request, at in
            asked.append(at)
            let last = Self.lastID(request)
            let next = topic.next(after: at)
            guard let last else {
                return [
                    Self.send(EventText.sized("retry: \(retry)\nid: \(next - 1)\n\n"), after: .zero)
                ]
            }
            if retry == 0 {
                let wait = topic.due(last + 1).since(at)
                return [
                    Self.send(EventText.sized(topic.event(last + 1)), after: max(.zero, wait))
                ]
            }
            let body = (last + 1..<max(next, last + 1)).map(topic.event).joined()
            return [Self.send(EventText.sized(body), after: .zero)]
        }
        #expect(outcome.result.tally.succeeded == 10 && outcome.result.tally.errors.total == 0)
        #expect(outcome.result.tally.missedEvents == 0)
        if retry == 0 {
            #expect(outcome.result.tally.response.max == .zero)
        } else {
            for (earlier, later) in zip(asked, asked.dropFirst()) {
                let gap = later.since(earlier)
                #expect(gap >= .milliseconds(20) && gap <= .milliseconds(21), "\(gap)")
            }
            #expect(outcome.result.tally.response.max <= .milliseconds(21))
        }
        #expect(outcome.result.connectionsOpened == 1)
    }

    @Test("a server that closes behind each answer is asked on the next connection")
    func closes() throws {
        let outcome = try subscribe(connections: 1) { topic, _, request, at in
            let last = Self.lastID(request) ?? topic.next(after: at) - 1
            let wait = topic.due(last + 1).since(at)
            let text = EventText.sized(topic.event(last + 1), "Connection: close\r\n")
            return [
                Self.send(text, after: max(.zero, wait)), .close(after: max(.zero, wait)),
            ]
        }
        #expect(outcome.result.tally.succeeded == 10 && outcome.result.tally.errors.total == 0)
        #expect(outcome.result.tally.missedEvents == 0 && outcome.result.connectionsOpened > 10)
        #expect(outcome.result.tally.response.max <= .milliseconds(2))
    }

    @Test("a subscription that is lost is an error, and taken up again behind the last event")
    func lost() throws {
        let outcome = try subscribe(connections: 1) { topic, connection, _, at in
            let stream = topic.stream(from: at)
            return connection == 0
                ? Array(stream.prefix(25)) + [.close(after: .milliseconds(247))] : stream
        }
        #expect(outcome.result.tally.succeeded == 10)
        #expect(outcome.result.tally.errors.read == 1 && outcome.result.tally.errors.total == 1)
        #expect(outcome.requests.count == 2 && outcome.requests[1].contains("Last-Event-ID: 24|"))
        #expect(
            outcome.result.firstFailure?.failure.reason
                == "the server closed the connection before the last chunk of the body")
    }

    @Test("a server that is silent when it is asked is believed to hold the request")
    func holds() throws {
        let outcome = try subscribe { topic, _, _, at in
            // The first event is the first that is sent, with the head.
            [Self.send(Self.head, after: .milliseconds(60))] + topic.stream(from: at).dropFirst(8)
        }
        #expect(outcome.result.tally.succeeded == 2 * 10)
    }

    @Test("who streams no events is refused before the load begins")
    func refused() throws {
        var run = WorldRun(connections: 1, duration: .milliseconds(20))
        run.plan.timeout = .milliseconds(200)
        run.world.hear = { _, _, _ in
            [Self.send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", after: .milliseconds(5))]
        }
        let template = try HTTP1.RequestTemplate(target: "/topic", host: "a")
        let hasResult =
            try run.run(
                ClosedPacing(), over: PlainStream.self, PlainStream.Context(),
                EventSubscriber(try SubscriptionRequest(template), patience: .milliseconds(20)))
            != nil
        #expect(!hasResult)
        #expect(
            run.control.openingRefusal
                == .declined("the server streams no events there, but answers with status 404"))
    }

    /// Every call that can fail, failing once: the run ends, and what comes is counted.
    @Test("the N-th call may fail", arguments: [false, true])
    func anyCallFails(polls: Bool) throws {
        var failing = 1
        while true {
            var run = WorldRun(connections: 2, duration: .milliseconds(50))
            run.plan.timeout = .milliseconds(100)
            run.plan.unixOffset = Self.unix
            run.world.failingCall = failing
            let topic = Topic(origin: run.start, count: 1_000)
            run.world.hear = { _, _, at in
                if !polls { return topic.stream(from: at) }
                let next = topic.next(after: at)
                return [
                    Self.send(EventText.sized(topic.event(next)), after: topic.due(next).since(at))
                ]
            }
            run.control.begin(at: run.start + .milliseconds(50))
            let template = try HTTP1.RequestTemplate(target: "/topic", host: "a")
            let result = try run.run(
                ClosedPacing(), over: PlainStream.self, PlainStream.Context(),
                EventSubscriber(try SubscriptionRequest(template), patience: .milliseconds(20))
            ).unwrapped()
            #expect(result.tally.errors.total <= 2, "call \(failing)")
            #expect(result.tally.succeeded >= 5, "call \(failing)")
            if run.world.calls < failing { break }
            failing += 1
        }
        #expect(failing > 20)
    }
}
