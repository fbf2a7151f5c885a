import Basis
import Testing
import Wire

@testable import Load

/// Answers of HTTP/1.1 that are streams of events.
enum EventText {
    static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

    static func chunked(_ chunks: [String], type: String = "text/event-stream") -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunks.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
            + "0\r\n\r\n"
    }

    static func sized(_ body: String, _ fields: String = "") -> String {
        head + fields + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func stamp(_ time: Int64) -> String {
        let digits = String(time)
        return String(repeating: "0", count: Stamp.digits - digits.count) + digits
    }

    static func event(_ number: Int, _ time: Int64, _ filler: String = " xx") -> String {
        "id: \(number)\ndata: \(stamp(time))\(filler)\n\n"
    }
}

/// The client of event streams against bytes made by hand.
struct EventStreamClientTests {
    /// One connection of a client, as the engine drives it.
    private struct Driver: ~Copyable {
        var client = EventStreamClient(request: Array("GET".utf8), answersHead: false)
        var session: EventStreamClient.Session
        private var input = HeldInput()

        init() { session = client.open() }

        mutating func ask() { Self.ask(&client, &session) }

        private static func ask(
            _ client: inout EventStreamClient, _ session: inout EventStreamClient.Session
        ) {
            _ = client.begin(on: &session, due: .distantFuture)
            client.wrote(client.output(of: session).count, on: &session)
        }

        /// The events that `more` brings, in words. Asks again after each answer.
        mutating func receive(_ more: some Sequence<UInt8>) -> [String] {
            var words: [String] = []
            input.show(more, to: &client, &session) { client, session, event in
                switch event {
                case .answer(let answer):
                    words.append("\(answer.outcome.code) \(answer.bodyBytes)")
                    Self.ask(&client, &session)
                    return answer.end
                case .part(_, let bytes, let due, let end):
                    var stamp = ""
                    if case .at(let time) = due { stamp = " \(time.unixNanoseconds)" }
                    words.append("part \(bytes)" + stamp)
                    return end
                case .violation(let violation): words.append(violation.reason)
                case .needMore, .delivered, .lost, .lastRequests: words.append("another event")
                }
                return nil
            }
            return words
        }

        /// What the end of the connection completes, or what is missing.
        mutating func end() -> String {
            client.end(of: &session).map { "\($0.outcome.code)" } ?? client.missing(of: session)
        }
    }

    private static let answers: [(String, [String])] = [
        (
            EventText.chunked([EventText.event(1, 77), "da", "ta: ab\r\n\r", "\n: x\n\ndata\n\n"]),
            ["part 22 77", "part 2", "200 0"]
        ),
        (EventText.chunked([EventText.event(1, 77, "")]), ["part 19 77", "200 0"]),
        (EventText.chunked([]), ["200 0"]), (EventText.sized(""), ["200 0"]),
        (EventText.sized("data: a\n\ndata: b\ndata: c\n\n"), ["part 1", "part 3", "200 0"]),
        // A line that nothing of an event is in does not begin one.
        (EventText.sized("data: a\n\nretry: 5\n"), ["part 1", "200 0"]),
        (EventText.sized("\u{FEFF}data: a\r\r"), ["part 1", "200 0"]),
        (
            EventText.chunked(["data: a\n\n"], type: "Text/Event-Stream; charset=utf-8"),
            ["part 1", "200 0"]
        ),
        ("HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc", ["404 3"]),
        ("HTTP/1.1 204 No\r\n\r\n", ["204 0"]),
        ("HTTP/1.1 103 Hints\r\n\r\n" + EventText.sized("data: a\n\n"), ["part 1", "200 0"]),
        (EventText.sized("data: a\n\ndata: b\n"), ["part 1", "the answer ended within an event"]),
        (EventText.chunked(["data: b"]), ["the answer ended within an event"]),
        (
            EventText.chunked(["<html>"], type: "text/html"),
            ["the answer's Content-Type is not text/event-stream"]
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            ["the answer's Content-Type is not text/event-stream"]
        ),
        (
            "HTTP/1.1 101 No\r\n\r\n",
            ["the server changed the protocol (101) without being asked"]
        ),
        ("SSH-2.0\r\n", ["the answer does not begin with HTTP/"]),
    ]

    @Test("an answer means the same whatever the cuts", arguments: answers)
    func cuts(text: String, words: [String]) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var driver = Driver()
            driver.ask()
            let first = driver.receive(bytes[..<cut])
            // A violation ends the connection.
            if first == words { continue }
            let second = driver.receive(bytes[cut...])
            #expect(first + second == words, "cut at \(cut)")
        }
    }

    @Test("answers behind one another, in pieces of any size", arguments: [1, 2, 3, 7, 40, 9_999])
    func pieces(size: Int) {
        let good = Self.answers.filter { $0.1.last == "200 0" }
        let bytes = Array(good.map(\.0).joined().utf8)
        var driver = Driver()
        driver.ask()
        var words: [String] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            words += driver.receive(bytes[start..<min(bytes.count, start + size)])
        }
        #expect(words == good.flatMap(\.1))
    }

    @Test(
        "random cuts change nothing", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (bytes, wanted): ([UInt8], [String]) = ([], [])
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            var chunks: [String] = []
            for _ in 0..<Int.random(in: 0...5, using: &generator) {
                let count = Int.random(in: 1...3_000, using: &generator)
                let line = Int.random(in: 0...2, using: &generator)
                let end = ["\n", "\r\n", "\r"][line]
                chunks.append("data: \(String(repeating: "x", count: count))\(end)\(end)")
                wanted.append("part \(count)")
            }
            bytes += Array(EventText.chunked(chunks).utf8)
            wanted.append("200 0")
        }
        var driver = Driver()
        driver.ask()
        var words: [String] = []
        var at = 0
        while at < bytes.count {
            let end = min(bytes.count, at + Int.random(in: 1...900, using: &generator))
            words += driver.receive(bytes[at..<end])
            at = end
        }
        #expect(words == wanted, "seed \(seed)")
    }

    @Test(
        "an answer without a length ends with the connection, unless an event is cut",
        arguments: [
            ("data: a\n\n", "200"), ("data: a\n\ndata", "within an event"),
            ("data: a\n", "within an event"), ("", "200"),
        ])
    func ends(body: String, word: String) {
        var driver = Driver()
        driver.ask()
        _ = driver.receive((EventText.head + "\r\n" + body).utf8)
        #expect(driver.end() == word)
        var chunked = Driver()
        chunked.ask()
        _ = chunked.receive((EventText.head + "Transfer-Encoding: chunked\r\n\r\n").utf8)
        #expect(chunked.end() == "before the last chunk of the body")
    }

    @Test("an event may be too large, and that is all of it")
    func limits() {
        var driver = Driver()
        driver.ask()
        _ = driver.receive((EventText.head + "\r\ndata: ").utf8)
        let piece = [UInt8](repeating: 0x61, count: 65_536)
        var words: [String] = []
        for _ in 0..<17 where words.isEmpty { words = driver.receive(piece) }
        #expect(words == ["a line of the event stream is too long"])
    }

    @Test("what comes before a request is no answer")
    func unasked() {
        var driver = Driver()
        #expect(
            driver.receive(EventText.sized("data: a\n\n").utf8)
                == ["the server sent what no request had asked for"])
    }

    @Test("where a redirection leads is kept")
    func location() {
        var driver = Driver()
        driver.ask()
        let answer = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
        #expect(driver.receive(answer.utf8) == ["302 0"])
        #expect(driver.client.location == Array("/there".utf8))
    }

    @Test(
        "a burst is what comes together and was not due together",
        arguments: [
            // When the events came, when they were due, the answer's end, all in milliseconds.
            ([91, 92, 93], [], 100, true), ([90, 95, 99], [], 100, false),
            ([91, 92], [], 100, false), ([50, 99, 100], [], 100, false),
            ([60, 61, 62], [20, 40, 60], 100, true), ([60, 61, 64], [20, 40, 60], 100, false),
            ([99, 99, 99], [10, 10, 10], 100, false), ([99, 99, 99], [10, 11, 12], 100, true),
            ([99, 99, 99], [12, 11, 10], 100, false),
            ([95, 96, 97], [20, 40], 100, true),
        ] as [([Int64], [Int64], Int64, Bool)])
    func bursts(came: [Int64], due: [Int64], end: Int64, isBurst: Bool) {
        var spread = EventSpread()
        for (index, time) in came.enumerated() {
            let stamp =
                index < due.count ? Stamp(unixNanoseconds: due[index] * 1_000_000) : nil
            spread.note(stamp, at: Instant(raw: time * 1_000_000))
        }
        #expect(
            spread.isBurst(from: Instant(raw: 0), to: Instant(raw: end * 1_000_000)) == isBurst)
    }
}
