import Basis
import Platform
import TestSupport
import Testing

@testable import Serve

private typealias Own = VirtualConnection<OwnDesk, HTTP2Loop.Session>
private typealias Balanced = VirtualConnection<ScriptedDesk, HTTP2Loop.Session>
private typealias WS = WebSocketFrames
private typealias H2 = HTTP2Frames

/// Replies that are made of events, and subscribers, on a virtual clock.
@Suite("events in time")
struct PushSessionTests {
    private let topics = Topics()

    private func own(_ options: ServerOptions = ServerOptions()) -> Own {
        HTTP2Loop.make(options, topics: topics)
    }

    private func balanced() -> Balanced {
        Balanced(ScriptedDesk(), items: Limit.messagesInFlight, topics: topics)
    }

    private func publish(_ text: String, to name: String = "news") throws {
        let id = try topics.find(Array(name.utf8).span)
        topics.topic(id).publish(Array(text.utf8).span)
    }

    /// The payload of a chunked reply, chunk by chunk; an empty one is the end.
    private static func chunks(_ reply: String) -> [String] {
        var rest = Array(reply.utf8)[...]
        while !rest.isEmpty, !rest.starts(with: [13, 10, 13, 10]) { rest.removeFirst() }
        rest = rest.dropFirst(4)
        var chunks: [String] = []
        while let end = rest.firstIndex(of: 13) {
            let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) ?? -1
            let start = end + 2
            guard count >= 0, rest.endIndex >= start + count + 2 else { return chunks + ["broken"] }
            chunks.append(String(decoding: rest[start..<(start + count)], as: UTF8.self))
            rest = rest[(start + count + 2)...]
            if count == 0 { break }
        }
        return chunks
    }

    // MARK: tokens

    @Test("tokens come at their times, one chunk each, and the connection goes on")
    func tokens() {
        let connection = own()
        connection.receive(
            HTTPText.get("/sse?tokens=3&interval_ms=20&first_ms=100&bytes=21")
                + HTTPText.get("/plaintext"))
        #expect(connection.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(connection.text.contains("\r\nContent-Type: text/event-stream\r\n"))
        #expect(connection.text.hasSuffix("\r\n\r\n"))
        _ = connection.takeText()
        connection.advance(.milliseconds(99))
        #expect(connection.takeText() == "")
        var stamps: [Int] = []
        for number in 1...2 {
            connection.advance(.milliseconds(number == 1 ? 1 : 20))
            let chunk = Self.chunks("\r\n\r\n" + connection.takeText())
            #expect(chunk.count == 1 && chunk[0].hasPrefix("id: \(number)\ndata: "))
            #expect(chunk[0].hasSuffix(" x\n\n"))
            stamps.append(Int(chunk[0].split(separator: " ")[2])!)
        }
        #expect(stamps[1] - stamps[0] == 20_000_000)
        connection.advance(.milliseconds(20))
        #expect(connection.text.contains("0\r\n\r\nHTTP/1.1 200 OK\r\n"))
        #expect(connection.text.hasSuffix("Hello, World!"))
        #expect(!connection.isClosed)
    }

    @Test("tokens that fall due while the peer takes nothing come together")
    func slowPeer() {
        let connection = own()
        connection.room = 0
        connection.receive(HTTPText.get("/sse?tokens=5&interval_ms=10"))
        connection.advance(.seconds(1))
        connection.makeRoom(1_000_000)
        let chunks = Self.chunks(connection.text)
        #expect(chunks.count == 2 && chunks[1] == "")
        #expect(chunks[0].split(separator: "\n").count == 10)
    }

    @Test("all at once where there is no time between", arguments: [1, 7, 1_000, 5_000])
    func burst(count: Int) {
        let connection = own()
        connection.receive(HTTPText.get("/sse?tokens=\(count)&interval_ms=0"))
        let chunks = Self.chunks(connection.text)
        #expect(chunks.last == "" && !chunks.contains("broken"))
        let ids = chunks.joined().split(separator: "\n").filter { $0.hasPrefix("id: ") }
        #expect(ids == (1...count).map { "id: \($0)" })
        #expect(chunks.allSatisfy { $0.utf8.count <= Limit.eventBatchBytes + 64 })
    }

    @Test("HEAD has no events, HTTP/1.0 no chunks")
    func oldAndBare() {
        let head = own()
        head.receive(
            HTTPText.get("/sse?tokens=3", method: "HEAD") + HTTPText.get("/plaintext"))
        #expect(head.text.contains("\r\n\r\nHTTP/1.1 200 OK\r\n"))
        let old = own()
        old.receive(HTTPText.get("/sse?tokens=2&interval_ms=5", version: "HTTP/1.0"))
        old.advance(.milliseconds(20))
        #expect(old.text.contains("\r\nConnection: close\r\n\r\nid: 1\n"))
        #expect(old.text.hasSuffix("\n\n") && old.hasFinishedSending)
    }

    @Test(
        "what is no wish is refused",
        arguments: [
            "/sse", "/sse?tokens=0", "/sse?tokens=1000001", "/sse?tokens=x",
            "/sse?tokens=1&tokens=2", "/sse?tokens=1&bytes=18", "/sse?tokens=1&bytes=65536",
            "/sse?tokens=1&interval_ms=60001", "/sse?tokens=1&interval_ms=-1",
            "/sse?tokens=1&interval_ms=1&interval_ms=1", "/sse?topic=", "/sse?topic=a%62",
            "/sse?topic=a/b", "/poll", "/poll?topic=a&every_ms=x", "/long-poll?topic=tick-1",
            "/sse?topic=a&topic=b",
        ])
    func badQueries(target: String) {
        let connection = own()
        connection.receive(HTTPText.get(target))
        #expect(connection.text.hasPrefix("HTTP/1.1 400 "), "\(connection.text)")
        let two = own()
        two.receive(H2.opening + H2.get(1, target))
        #expect(HTTP2Loop.words(two).first == "1:400")
    }

    // MARK: topics

    @Test("a stream has the events from now on, or behind its cursor")
    func stream() throws {
        try publish("old")
        let fresh = own()
        fresh.receive(HTTPText.get("/sse?topic=news"))
        let late = own()
        late.receive(HTTPText.get("/sse?topic=news", fields: ["Last-Event-ID: 0"]))
        #expect(Self.chunks(fresh.text) == [])
        #expect(Self.chunks(late.text) == ["id: 1\ndata: old\n\n"])
        try publish("two\nlines")
        try publish("more")
        fresh.lookForNews()
        late.lookForNews()
        let both = "id: 2\ndata: two\ndata: lines\n\nid: 3\ndata: more\n\n"
        #expect(Self.chunks(fresh.text) == [both])
        #expect(Self.chunks(late.text).last == both)
        try publish("again")
        fresh.lookForNews()
        #expect(Self.chunks(fresh.text).last == "id: 4\ndata: again\n\n")
        #expect(fresh.tally.events == 3 && fresh.tally.missedEvents == 0)
    }

    @Test("who has read what it was woken for waits for the next all the same")
    func wokenLate() throws {
        let streams = [
            HTTPText.get("/sse?topic=news"),
            HTTPText.get("/ws/topic/news", fields: WS.offer),
        ]
        for request in streams {
            let connection = own()
            connection.receive(request)
            for number in 1...3 {
                try publish("event \(number)")
                // Gone on with for another reason, before the loop looks for whom to wake.
                connection.makeRoom(1)
                connection.lookForNews()
                #expect(connection.text.contains("event \(number)"))
            }
            try publish("the last")
            connection.lookForNews()
            #expect(connection.text.contains("the last"))
        }
    }

    @Test("a cursor that can't be is the newest", arguments: ["99", "x", "-1", "", "1e3"])
    func strangeCursor(cursor: String) throws {
        try publish("old")
        let connection = own()
        connection.receive(HTTPText.get("/sse?topic=news", fields: ["Last-Event-ID: \(cursor)"]))
        #expect(Self.chunks(connection.text) == [])
        try publish("new")
        connection.lookForNews()
        #expect(Self.chunks(connection.text) == ["id: 2\ndata: new\n\n"])
    }

    @Test("a subscriber that takes nothing costs no memory, and misses events that are counted")
    func slowSubscriber() throws {
        let connection = own()
        connection.receive(HTTPText.get("/sse?topic=news"))
        _ = connection.takeText()
        connection.room = 0
        for number in 1...2_000 {
            try publish("\(number)")
            connection.lookForNews()
        }
        connection.makeRoom(1_000_000)
        connection.lookForNews()
        connection.advance(.milliseconds(1))
        let ids = Self.chunks("\r\n\r\n" + connection.text).joined().split(separator: "\n")
            .filter { $0.hasPrefix("id: ") }
        #expect(ids.first == "id: 1" && ids.last == "id: 2000")
        #expect(ids.count == Limit.topicEvents + 1)
        #expect(connection.tally.missedEvents == UInt64(2_000 - ids.count))
    }

    @Test("a silent stream is sent a comment, so that nobody thinks it dead")
    func silence() {
        let connection = own()
        connection.receive(HTTPText.get("/sse?topic=news"))
        _ = connection.takeText()
        connection.advance(.seconds(70))
        #expect(Self.chunks("\r\n\r\n" + connection.text) == Array(repeating: ": \n", count: 4))
        #expect(!connection.isClosed)
    }

    @Test("a clock's topic needs nobody who publishes")
    func ticks() {
        let connection = own()
        connection.receive(HTTPText.get("/sse?topic=tick-10ms"))
        _ = connection.takeText()
        connection.advance(.milliseconds(55))
        let ids = Self.chunks("\r\n\r\n" + connection.text).map { $0.split(separator: "\n")[0] }
        #expect(ids == (101...105).map { "id: \($0)" })
    }

    @Test("a poll ends at once, with what there is and a cursor")
    func poll() throws {
        let connection = own()
        func ask(_ target: String, _ fields: [String] = []) -> String {
            connection.receive(HTTPText.get(target, fields: fields))
            let text = connection.takeText()
            #expect(text.contains("\r\nContent-Length: ") && text.hasPrefix("HTTP/1.1 200 "))
            return text.split(separator: "\r\n\r\n", omittingEmptySubsequences: false)[1...]
                .joined()
        }
        #expect(ask("/poll?topic=news") == "id: 0\n\n")
        try publish("a")
        #expect(ask("/poll?topic=news&every_ms=250") == "id: 1\n\nretry: 250\n\n")
        #expect(ask("/poll?topic=news", ["Last-Event-ID: 0"]) == "id: 1\ndata: a\n\n")
        #expect(ask("/poll?topic=news", ["Last-Event-ID: 1"]) == "id: 1\n\n")
        #expect(!connection.isClosed)
    }

    @Test("a long poll waits for the first event, or for long")
    func longPoll() throws {
        let connection = own()
        connection.receive(HTTPText.get("/long-poll?topic=news"))
        connection.advance(.seconds(24))
        #expect(connection.takeText() == "")
        try publish("a")
        connection.lookForNews()
        #expect(connection.takeText().hasSuffix("\r\n\r\nid: 1\ndata: a\n\nretry: 0\n\n"))
        connection.receive(HTTPText.get("/long-poll?topic=news", fields: ["Last-Event-ID: 0"]))
        #expect(connection.takeText().contains("data: a\n"))
        connection.receive(HTTPText.get("/long-poll?topic=news", fields: ["Last-Event-ID: 1"]))
        connection.advance(.seconds(26))
        #expect(connection.takeText().hasSuffix("\r\n\r\nid: 1\n\nretry: 0\n\n"))
        #expect(!connection.isClosed)
    }

    @Test(
        "what is published is text of a certain size",
        arguments: [
            ("/topic/news", "hello", 204), ("/topic/news", "", 204), ("/topic/tick-1s", "x", 409),
            ("/topic/", "x", 404), ("/topic/a%62", "x", 400), ("/%74opic/news", "x", 404),
            ("/topic/news", String(repeating: "x", count: Limit.eventBytes), 204),
            ("/topic/news", String(repeating: "x", count: Limit.eventBytes + 1), 413),
        ])
    func publishing(target: String, body: String, status: Int) {
        let connection = own()
        connection.receive(HTTPText.post(target, body))
        #expect(connection.text.hasPrefix("HTTP/1.1 \(status) "), "\(connection.text)")
        let raw = own()
        raw.receive(
            Array("POST /topic/n HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n".utf8) + [0xFF])
        #expect(raw.text.hasPrefix("HTTP/1.1 400 "))
    }

    // MARK: WebSocket

    private static func opening(_ topic: String) -> [UInt8] {
        Array(HTTPText.get("/ws/topic/\(topic)", fields: WS.offer).utf8)
    }

    @Test("a WebSocket publishes, and has what others publish")
    func webSocket() throws {
        let first = own()
        first.receive(Self.opening("news") + WS.text("at once"))
        let second = own()
        second.receive(Self.opening("news"))
        #expect(WS.words(second.sent) == [])
        second.receive(WS.text("hello") + WS.text("you"))
        first.lookForNews()
        second.lookForNews()
        #expect(WS.words(first.sent) == ["text at once", "text hello", "text you"])
        #expect(WS.words(second.sent) == ["text hello", "text you"])
        first.receive(WS.close(1000))
        #expect(WS.words(first.sent).last == "close 1000")
    }

    @Test(
        "what a topic does not take ends its WebSocket",
        arguments: [
            ("news", WS.frame(0x82, "bin"), "close 1003"), ("tick-1s", WS.text("x"), "close 1008"),
            ("news", WS.frame(0x81, Array(repeating: 0x78, count: 65_537)), "close 1009"),
        ])
    func refusedMessages(topic: String, frame: [UInt8], word: String) {
        let connection = own()
        connection.receive(Self.opening(topic) + frame)
        #expect(WS.words(connection.sent) == [word])
    }

    @Test("a WebSocket is not opened for what is no topic", arguments: ["a%20b", "tick-x", ""])
    func noTopic(name: String) {
        let connection = own()
        connection.receive(Self.opening(name))
        #expect(connection.text.hasPrefix("HTTP/1.1 40"))
    }

    @Test("a silent subscriber is pinged, and stays")
    func ping() {
        let connection = own()
        connection.receive(Self.opening("news"))
        connection.advance(.seconds(70))
        #expect(WS.words(connection.sent) == Array(repeating: "ping ", count: 4))
    }

    // MARK: HTTP/2, workers, the end

    @Test("on streams of HTTP/2, tokens and topics side by side")
    func http2() throws {
        let connection = own()
        var reading = HTTP2Reading()
        connection.receive(
            H2.opening + H2.get(1, "/sse?tokens=2&interval_ms=50") + H2.get(3, "/sse?topic=news")
                + H2.get(5, "/long-poll?topic=news") + H2.get(7, "/poll?topic=news")
                + H2.get(9, "/plaintext"))
        let said1 = reading.read(connection.takeSent())
        #expect(
            said1.dropFirst(3).sorted()
                == ["1:200", "3:200", "7 data 7 end", "7:200", "9 data 13 end", "9:200"])
        connection.advance(.milliseconds(50))
        let said2 = reading.read(connection.takeSent())
        #expect(said2 == ["1 data 33"])
        try publish("a")
        connection.lookForNews()
        let said3 = reading.read(connection.takeSent())
        #expect(said3.sorted() == ["3 data 15", "5 data 25 end", "5:200"])
        connection.advance(.milliseconds(50))
        let said4 = reading.read(connection.takeSent())
        #expect(said4 == ["1 data 33 end"])
        connection.advance(.seconds(16))
        let said5 = reading.read(connection.takeSent())
        #expect(said5 == ["3 data 3"])
    }

    @Test("a window that is shut holds a stream back and no other")
    func shutWindow() throws {
        let connection = own()
        var reading = HTTP2Reading()
        connection.receive(
            H2.preface + H2.settings([(4, 20)]) + H2.get(1, "/sse?topic=news"))
        for _ in 1...3 {
            try publish("abcdefghij")
            connection.lookForNews()
        }
        connection.receive(H2.get(3, "/bytes/5"))
        let said6 = reading.read(connection.takeSent())
        #expect(said6.dropFirst(3) == ["1:200", "1 data 20", "3:200", "3 data 5 end"])
        connection.receive(H2.frame(8, stream: 1, H2.word(1_000)))
        let said7 = reading.read(connection.takeSent())
        #expect(said7 == ["1 data 4", "1 data 48"])
    }

    @Test("workers pass the wish on, and the connection's thread makes the events")
    func workers() throws {
        let connection = balanced()
        connection.receive(
            HTTPText.get("/plaintext") + HTTPText.get("/sse?tokens=2&interval_ms=10"))
        #expect(connection.waiting == 2)
        connection.deliver(1)
        #expect(connection.text == "")
        connection.deliver(0)
        connection.advance(.milliseconds(30))
        #expect(connection.text.contains("Hello, World!HTTP/1.1 200 OK\r\n"))
        #expect(connection.text.hasSuffix("\r\n0\r\n\r\n"))
        let publisher = balanced()
        publisher.receive(HTTPText.post("/topic/news", "from a worker"))
        publisher.deliver(0)
        #expect(publisher.text.hasPrefix("HTTP/1.1 204 "))
        connection.receive(HTTPText.get("/poll?topic=news", fields: ["Last-Event-ID: 0"]))
        connection.deliver(0)
        connection.advance(.milliseconds(1))
        #expect(connection.text.hasSuffix("id: 1\ndata: from a worker\n\n"))
    }

    @Test("who says no more listens no more to what has no end, but to tokens")
    func halfClose() {
        let stream = own()
        stream.receive(HTTPText.get("/sse?topic=news"))
        stream.finish()
        #expect(Self.chunks(stream.text) == [""] && stream.isClosed)
        let tokens = own()
        tokens.receive(HTTPText.get("/sse?tokens=2&interval_ms=10"))
        tokens.finish()
        tokens.advance(.milliseconds(30))
        #expect(Self.chunks(tokens.text).count == 3 && tokens.isClosed)
        let http2 = own()
        http2.receive(H2.opening + H2.get(1, "/sse?topic=news"))
        http2.finish()
        #expect(HTTP2Loop.words(http2).last == "1 data 0 end" && http2.isClosed)
    }

    @Test("a stop ends what would go on for ever, and lets tokens come to their end")
    func stop() throws {
        let stream = own()
        stream.receive(HTTPText.get("/sse?topic=news"))
        stream.stop()
        #expect(Self.chunks(stream.text) == [""] && stream.hasFinishedSending)
        let waiting = own()
        waiting.receive(HTTPText.get("/long-poll?topic=news"))
        waiting.stop()
        #expect(waiting.text.hasSuffix("id: 0\n\nretry: 0\n\n") && waiting.hasFinishedSending)
        // One that had arrived and is taken up behind the stop.
        let late = own()
        let request = HTTPText.get("/long-poll?topic=news")
        late.stop(unread: request.utf8.count)
        late.receive(request)
        late.advance(.milliseconds(1))
        #expect(late.text.hasSuffix("id: 0\n\nretry: 0\n\n") && late.hasFinishedSending)
        let tokens = own()
        tokens.receive(HTTPText.get("/sse?tokens=2&interval_ms=100"))
        tokens.stop()
        tokens.advance(.milliseconds(250))
        #expect(Self.chunks(tokens.text).count == 3 && tokens.hasFinishedSending)
        let webSocket = own()
        webSocket.receive(Self.opening("news"))
        webSocket.stop()
        #expect(WS.words(webSocket.sent) == ["close 1001"])
        let http2 = own()
        http2.receive(H2.opening + H2.get(1, "/sse?topic=news"))
        http2.stop()
        #expect(HTTP2Loop.words(http2).contains("1 data 0 end"))
    }
}
