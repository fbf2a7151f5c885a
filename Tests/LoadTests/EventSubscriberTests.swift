import Basis
import Testing
import Wire

@testable import Load

/// The subscriber over HTTP/1.1 against bytes made by hand.
struct EventSubscriberTests {
    /// One connection of a subscriber, as the engine drives it.
    private struct Driver: ~Copyable {
        var client: EventSubscriber
        var session: EventSubscriber.Session
        var now = Instant(raw: 1_000_000_000)
        private var input = HeldInput()

        init(_ fields: [HTTP1.RequestTemplate.Field] = []) throws {
            let template = try HTTP1.RequestTemplate(target: "/poll", host: "h", fields: fields)
            client = EventSubscriber(
                try SubscriptionRequest(template), patience: .milliseconds(100))
            session = client.open()
        }

        /// What is to be sent, its lines joined by bars.
        mutating func said() -> String {
            var bytes: [UInt8] = []
            do {
                let output = client.output(of: session)
                for index in output.indices { bytes.append(output[index]) }
            }
            if !bytes.isEmpty { client.wrote(bytes.count, on: &session) }
            let text = String(decoding: bytes, as: UTF8.self)
            return text.replacing("\r\n", with: "|")
        }

        /// What `text` brings, in words.
        mutating func receive(_ more: some Sequence<UInt8>) -> [String] {
            client.arrive(at: now)
            var words: [String] = []
            input.show(more, to: &client, &session) { _, _, event in
                switch event {
                case .delivered(let delivery):
                    let missed = delivery.missed > 0 ? " missed \(delivery.missed)" : ""
                    words.append(
                        "\(delivery.stamp.unixNanoseconds) of \(delivery.bytes)\(missed)")
                    return delivery.end
                case .lastRequests(let end):
                    words.append("last")
                    return end
                case .violation(let violation): words.append(violation.reason)
                case .needMore, .answer, .part, .lost: words.append("another event")
                }
                return nil
            }
            return words
        }

        mutating func receive(_ text: String) -> [String] { receive(text.utf8) }

        /// Wakes it if it is due after `span`, as the engine does.
        mutating func sleep(_ span: Nanoseconds) -> Bool {
            now = now + span
            guard client.due(session) <= now else { return false }
            client.wake(&session, at: now)
            return true
        }

        mutating func reconnect() {
            input = HeldInput()
            client.restart(&session)
        }

        var isOpen: Bool { client.isOpen(session) }
        var expects: Bool { client.expects(session) }
    }

    private static let first = "GET /poll HTTP/1.1|Host: h||"
    private static func again(_ id: String) -> String {
        "GET /poll HTTP/1.1|Host: h|Last-Event-ID: \(id)||"
    }

    @Test("an endless stream is asked for once, its events are told one by one, whatever the cuts")
    func stream() throws {
        let text =
            EventText.head + "\r\n: hello\n\n" + EventText.event(5, 1) + EventText.event(6, 2)
            + EventText.event(9, 3, "") + "data\n\n" + EventText.event(4, 4)
            + "id: x\ndata: \(EventText.stamp(5))\n\n" + EventText.event(5, 6)
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var driver = try Driver()
            #expect(driver.said() == Self.first && !driver.isOpen)
            let words = driver.receive(bytes[..<cut]) + driver.receive(bytes[cut...])
            #expect(
                words == [
                    "1 of 22", "2 of 22", "3 of 19 missed 2", "4 of 22", "5 of 19", "6 of 22",
                ], "cut at \(cut)")
            #expect(driver.isOpen && driver.expects && driver.said() == "")
        }
    }

    @Test("an answer that ends is asked for again at once, behind the last event")
    func longPolling() throws {
        var driver = try Driver([.init("Last-Event-ID", "3"), .init("A", "b")])
        #expect(driver.said() == "GET /poll HTTP/1.1|Host: h|Last-Event-ID: 3|A: b||")
        #expect(driver.receive(EventText.sized("id: 7\n\n")) == [])
        #expect(driver.said() == "GET /poll HTTP/1.1|Host: h|A: b|Last-Event-ID: 7||")
        // Half a request is one, and what comes before it is none's.
        #expect(
            driver.receive(EventText.chunked([EventText.event(8, 1), EventText.event(11, 2)]))
                == ["1 of 22", "2 of 22 missed 2"])
        #expect(driver.said().contains("Last-Event-ID: 11|"))
        // The server's word for the last event counts, whether it came or not.
        #expect(driver.receive(EventText.sized("retry: 0\nid: 20\n\n")) == [])
        #expect(driver.said().contains("Last-Event-ID: 20|"))
        #expect(driver.receive(EventText.sized(EventText.event(21, 3))) == ["3 of 22"])
        #expect(
            driver.receive(EventText.sized(EventText.event(22, 4)))
                == ["the server sent what no request had asked for"])
    }

    @Test("the server says how long to wait, counted from the answer's end")
    func polling() throws {
        var driver = try Driver()
        _ = driver.said()
        #expect(driver.receive(EventText.sized("retry: 40\nid: 7\n\n")) == [])
        #expect(driver.isOpen && !driver.expects && driver.said() == "")
        #expect(!driver.sleep(.milliseconds(39)) && driver.sleep(.milliseconds(1)))
        #expect(driver.expects && driver.said() == Self.again("7"))
        #expect(driver.sleep(.seconds(9)) == false)
        // It stays said.
        #expect(driver.receive(EventText.sized(EventText.event(8, 1))) == ["1 of 22"])
        #expect(!driver.sleep(.milliseconds(39)) && driver.sleep(.milliseconds(1)))
        #expect(driver.said() == Self.again("8"))
        // No wait is for ever.
        #expect(driver.receive(EventText.sized("retry: 99999999999999999999999\n\n")) == [])
        #expect(!driver.sleep(.seconds(3_599)) && driver.sleep(.seconds(1)))
    }

    @Test("another socket goes on behind the last event", arguments: [0, 40])
    func closing(retry: Int) throws {
        var driver = try Driver()
        _ = driver.said()
        let body = "retry: \(retry)\n" + EventText.event(7, 1)
        #expect(
            driver.receive(EventText.sized(body, "Connection: close\r\n")) == ["1 of 22", "last"])
        // Nothing is asked on a socket that takes nothing.
        #expect(driver.said() == "" && !driver.expects)
        driver.reconnect()
        if retry > 0 {
            #expect(driver.said() == "" && driver.isOpen)
            #expect(!driver.sleep(.milliseconds(39)) && driver.sleep(.milliseconds(1)))
        }
        #expect(driver.said() == Self.again("7"))
        // One that is cut off is followed at once.
        #expect(
            driver.receive(EventText.head + "\r\n" + EventText.event(9, 2)) == ["2 of 22 missed 1"])
        driver.reconnect()
        #expect(driver.said() == Self.again("9") && !driver.isOpen)
        #expect(driver.receive(EventText.head + "\r\n" + EventText.event(10, 3)) == ["3 of 22"])
    }

    @Test("an answer without a length ends with the connection, and that is no loss")
    func untilClose() throws {
        var driver = try Driver()
        _ = driver.said()
        _ = driver.receive(EventText.head + "\r\n" + EventText.event(9, 2))
        #expect(driver.client.end(of: &driver.session) == nil && !driver.expects)
        var cut = try Driver()
        _ = cut.said()
        _ = cut.receive(EventText.head + "\r\ndata: x")
        #expect(cut.client.end(of: &cut.session) == nil && cut.expects)
        #expect(cut.client.missing(of: cut.session) == "within an event")
    }

    @Test("a server that is silent when it is asked holds the request")
    func patience() throws {
        var driver = try Driver()
        #expect(driver.sleep(.milliseconds(1)) && !driver.isOpen)
        // Not before it has been asked.
        #expect(driver.sleep(.milliseconds(100)) && !driver.isOpen)
        _ = driver.said()
        #expect(!driver.sleep(.milliseconds(99)) && driver.sleep(.milliseconds(1)))
        #expect(driver.isOpen && driver.expects && !driver.sleep(.seconds(99)))
        #expect(driver.receive(EventText.sized(EventText.event(9, 2))) == ["2 of 22"])
    }

    @Test(
        "what is no subscription is told in one line",
        arguments: [
            (
                "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
                "the server streams no events there, but answers with status 404"
            ),
            ("HTTP/1.1 204 No\r\n\r\n", "but answers with status 204"),
            (
                EventText.chunked([], type: "text/plain"),
                "the answer's Content-Type is not text/event-stream"
            ),
            (EventText.sized("data: hello\n\n"), "an event carries no time"),
            (EventText.sized("id: 1\ndata: 123"), "the answer ended within an event"),
            (EventText.sized("id: \(String(repeating: "x", count: 1_025))\n\n"), "over 1024 bytes"),
            (
                EventText.sized(
                    "id: \(String(repeating: "1", count: 1_025))\ndata: \(EventText.stamp(1))\n\n"),
                "over 1024 bytes"
            ),
            ("what?", "the answer does not begin with HTTP/"),
        ])
    func refused(answer: String, why: String) throws {
        var driver = try Driver()
        _ = driver.said()
        let words = driver.receive(answer)
        #expect(words.count == 1 && words[0].contains(why) && !words[0].contains("\n"))
        driver.reconnect()
        #expect(driver.said().hasPrefix("GET /poll HTTP/1.1|Host: h|"))
    }

    @Test("ids that are far apart do not count for ever", arguments: [UInt64.max, 1 << 40])
    func farApart(last: UInt64) throws {
        var driver = try Driver()
        _ = driver.said()
        let text = EventText.head + "\r\n" + EventText.event(1, 1)
        _ = driver.receive(text)
        let isNumber = last < 10_000_000_000_000_000_000
        #expect(
            driver.receive("id: \(last)\ndata: \(EventText.stamp(2))\n\n")
                == ["2 of 19" + (isNumber ? " missed \(UInt32.max)" : "")])
    }
}
