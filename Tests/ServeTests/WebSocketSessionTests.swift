import Basis
import Platform
import TestSupport
import Testing

@testable import Serve

private typealias Loop = VirtualConnection<OwnDesk, HTTP2Loop.Session>
private typealias Balanced = VirtualConnection<ScriptedDesk, HTTP2Loop.Session>
private typealias WS = WebSocketFrames

/// WebSocket on a virtual clock: what is owed for every kind of frame, right or wrong.
@Suite("WebSocket sessions")
struct WebSocketSessionTests {
    private func loop(_ options: ServerOptions = ServerOptions()) -> Loop {
        HTTP2Loop.make(options)
    }

    private func balanced(_ options: ServerOptions = ServerOptions()) -> Balanced {
        Balanced(ScriptedDesk(), options: options, items: Limit.messagesInFlight)
    }

    // MARK: the opening

    @Test("the answer to an offer is 101, and the first frame may come behind the request at once")
    func opening() {
        let connection = loop()
        connection.receive(WS.opening + WS.text("first"))
        #expect(
            connection.text.hasPrefix(
                "HTTP/1.1 101 Switching Protocols\r\nServer: switchyard\r\n"
                    + "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"))
        #expect(connection.text.contains("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"))
        #expect(
            connection.text.contains(
                "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"))
        #expect(WS.words(connection.sent) == ["text first"])
    }

    @Test(
        "a request without a whole offer is answered, and HTTP/1.1 goes on",
        arguments: [
            (HTTPText.get("/ws"), 426), (HTTPText.get("/%77s", fields: WS.offer.dropLast()), 400),
            (HTTPText.get("/ws", method: "HEAD", fields: WS.offer), 426),
            (HTTPText.get("/ws", method: "POST", fields: WS.offer), 405),
            (HTTPText.get("/ws", version: "HTTP/1.0", fields: WS.offer), 426),
            (
                HTTPText.get(
                    "/ws", fields: [WS.offer[0], WS.offer[1], "Sec-WebSocket-Version: 8"]), 426
            ),
            (HTTPText.get("/ws", fields: WS.offer + ["Content-Length: 2"]) + "hi", 400),
            // The offer is for whoever wants it (RFC 9110 §7.8).
            (HTTPText.get("/plaintext", fields: WS.offer), 200),
        ])
    func refused(request: String, status: Int) {
        let connection = loop()
        connection.receive(request)
        #expect(connection.text.hasPrefix("HTTP/1.1 \(status) "))
        if status == 426 {
            #expect(connection.text.contains("\r\nUpgrade: websocket\r\n"))
            #expect(connection.text.contains("\r\nSec-WebSocket-Version: 13\r\n"))
        }
        if connection.hasFinishedSending { return }
        _ = connection.takeText()
        connection.receive(HTTPText.get("/json"))
        #expect(connection.text.hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("HTTP/2 has no such offer")
    func http2() {
        let connection = loop()
        connection.receive(HTTP2Frames.opening + HTTP2Frames.get(1, "/ws"))
        #expect(HTTP2Loop.words(connection).first == "1:400")
    }

    @Test("101 waits for the replies before it, and frames for 101")
    func openingBehindReplies() {
        let connection = balanced()
        connection.receive(
            Array(HTTPText.get("/plaintext").utf8) + WS.opening + WS.text("one") + WS.text("two"))
        #expect(connection.sent.isEmpty && connection.waiting == 1)
        connection.deliver(0)
        let text = connection.takeText()
        #expect(text.contains("Hello, World!HTTP/1.1 101 ") && connection.waiting == 2)
    }

    // MARK: messages

    /// A talk with every kind of frame that has no end of its own.
    private static let talk: [UInt8] =
        WS.text("") + WS.text("aé😀") + WS.frame(0x82, [0, 255, 1])
        + WS.frame(0x01, "fr") + WS.ping("p") + WS.frame(0x00, "ag") + WS.frame(0x8A, "unasked")
        + WS.frame(0x00) + WS.frame(0x80, "ment") + WS.frame(0x02, [1]) + WS.frame(0x80, [2])
        + WS.text(String(repeating: "x", count: 126)) + WS.close(1000, "bye")
    private static let heard = [
        "text ", "text aé😀", "binary 3", "text fragment", "binary 2",
        "text " + String(repeating: "x", count: 126), "pong p", "close 1000",
    ]

    @Test("messages come back whole and in order, whatever the cuts")
    func cuts() {
        let bytes = WS.opening + Self.talk
        for cut in 0...bytes.count {
            let connection = loop()
            connection.receive(Array(bytes[..<cut]))
            connection.receive(Array(bytes[cut...]))
            let words = WS.words(connection.sent)
            #expect(
                words.filter { $0 != "pong p" } == Self.heard.filter { $0 != "pong p" }, "\(cut)")
            #expect(words.contains("pong p") && words.last == "close 1000", "cut at \(cut)")
            #expect(connection.hasFinishedSending && connection.held == 0)
        }
        let connection = loop()
        for byte in bytes { connection.receive([byte]) }
        #expect(WS.words(connection.sent).filter { $0 != "pong p" }.count == 7)
    }

    @Test("a pong leaves while a message is arriving")
    func pongBetween() {
        let connection = loop()
        connection.receive(WS.opening + WS.frame(0x01, "fr") + WS.ping("now"))
        #expect(WS.words(connection.sent) == ["pong now"])
        connection.receive(WS.frame(0x80, "ag"))
        #expect(WS.words(connection.sent).last == "text frag")
    }

    @Test("replies keep the order of their messages, whichever worker is first")
    func order() {
        let connection = balanced()
        connection.receive(
            WS.opening + WS.text("1") + WS.frame(0x82, [2, 2]) + WS.text("3") + WS.close(4_000))
        #expect(connection.waiting == 3)
        connection.deliver(2)
        connection.deliver(1)
        #expect(WS.words(connection.sent) == [])
        connection.deliver(0)
        #expect(WS.words(connection.sent) == ["text 1", "binary 2", "text 3", "close 4000"])
        #expect(connection.hasFinishedSending)
        #expect(connection.freeItems == Limit.messagesInFlight && connection.held == 0)
    }

    @Test("large messages come back, and their memory with them", arguments: [65_535, 1_000_000])
    func large(count: Int) {
        for isDeferred in [false, true] {
            let bytes = WS.opening + WS.frame(0x82, [UInt8](repeating: 7, count: count))
            let (own, workers) = (loop(), balanced())
            for start in stride(from: 0, to: bytes.count, by: 60_000) {
                let piece = Array(bytes[start..<min(start + 60_000, bytes.count)])
                if isDeferred { workers.receive(piece) } else { own.receive(piece) }
            }
            if isDeferred { workers.deliver(0) }
            #expect(WS.words(isDeferred ? workers.sent : own.sent) == ["binary \(count)"])
            #expect((isDeferred ? workers.held : own.held) == 0)
        }
    }

    // MARK: what ends a connection

    @Test(
        "a breach is told by its code, once, and nothing behind it is answered",
        arguments: [
            ([0x81, 1, 97], 1002), (WS.frame(0xC1, "x"), 1002), (WS.frame(0x83, "x"), 1002),
            (WS.frame(0x8B, "x"), 1002), (WS.frame(0x09, "x"), 1002),
            (WS.head(0x89, 126, maskBit: 0x80), 1002), (WS.frame(0x80, "x"), 1002),
            (WS.frame(0x01, "a") + WS.frame(0x81, "b"), 1002), ([0x82, 0xFE, 0, 125], 1002),
            ([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], 1002), (WS.frame(0x88, [3]), 1002),
            (WS.close(1005), 1002), (WS.close(999), 1002), (WS.close(2_999), 1002),
            (WS.frame(0x88, [3, 0xE8, 0xFF]), 1007), (WS.frame(0x81, [0xC0]), 1007),
            (WS.frame(0x01, [0xE2, 0x82]) + WS.frame(0x80, [0x28]), 1007),
            (WS.frame(0x01, [0xE2]) + WS.frame(0x80), 1007),
            (WS.head(0x82, 11, maskBit: 0x80), 1009),
            (
                WS.frame(0x02, [UInt8](repeating: 1, count: 6)) + WS.head(0x80, 5, maskBit: 0x80),
                1009
            ),
        ] as [([UInt8], Int)])
    func breaches(bytes: [UInt8], code: Int) {
        var options = ServerOptions()
        options.bodyLimit = ByteCount(raw: 10)
        let connection = loop(options)
        connection.receive(WS.opening + WS.text("ok") + bytes + WS.text("late") + WS.close(1000))
        #expect(WS.words(connection.sent) == ["text ok", "close \(code)"])
        #expect(connection.hasFinishedSending && !connection.isClosed && connection.held == 0)
        connection.finish()
        #expect(connection.isClosed)
    }

    @Test(
        "a close is answered with its code",
        arguments: [(WS.close(1000, "why"), "close 1000"), (WS.frame(0x88), "close")])
    func close(frame: [UInt8], word: String) {
        let connection = loop()
        connection.receive(WS.opening + WS.text("a") + frame + frame)
        connection.receive(frame)
        #expect(WS.words(connection.sent) == ["text a", word])
        #expect(connection.hasFinishedSending)
    }

    @Test("a silent peer is told that the server goes away")
    func idle() {
        let connection = loop()
        connection.receive(WS.opening + WS.ping("a"))
        connection.advance(ServerOptions().idleTimeout - .seconds(1))
        #expect(WS.words(connection.sent) == ["pong a"])
        connection.advance(.seconds(2))
        #expect(WS.words(connection.sent).last == "close 1001" && connection.hasFinishedSending)
    }

    @Test(
        "a message or a frame that does not end is cut off",
        arguments: [
            WS.frame(0x01, "a"), [0x81], WS.head(0x82, 5, maskBit: 0x80) + [1, 2, 3, 4, 5],
        ])
    func late(bytes: [UInt8]) {
        let connection = loop()
        connection.receive(WS.opening + bytes)
        connection.advance(Limit.bodyTime + .seconds(1))
        #expect(WS.words(connection.sent) == ["close 1008"] && connection.hasFinishedSending)
    }

    @Test("a message for which there is no room is refused")
    func noRoom() {
        var options = ServerOptions()
        options.bodiesLimit = ByteCount(raw: 1_000)
        let connection = loop(options)
        connection.receive(WS.opening + WS.frame(0x02, [UInt8](repeating: 1, count: 2_000)))
        #expect(WS.words(connection.sent) == ["close 1013"] && connection.held == 0)
    }

    // MARK: a stop

    @Test("a stop ends an idle connection with 1001")
    func stopIdle() {
        let connection = loop()
        connection.receive(WS.opening + WS.text("a"))
        connection.stop()
        #expect(WS.words(connection.sent) == ["text a", "close 1001"])
        #expect(connection.hasFinishedSending)
    }

    @Test("a stop waits for what has arrived, and for a message that has begun")
    func stopMidway() {
        let whole = loop()
        whole.receive(WS.opening)
        let rest = WS.text("a") + WS.text("b")
        whole.stop(unread: rest.count)
        whole.receive(rest + WS.text("later"))
        #expect(WS.words(whole.sent) == ["text a", "text b", "close 1001"])
        let begun = loop()
        begun.receive(WS.opening + WS.frame(0x01, "be"))
        begun.stop()
        #expect(!begun.hasFinishedSending)
        begun.receive(WS.frame(0x80, "gun") + WS.text("later"))
        #expect(WS.words(begun.sent) == ["text begun", "close 1001"])
        let pinged = loop()
        pinged.receive(WS.opening)
        pinged.stop(unread: WS.ping("p").count)
        pinged.receive(WS.ping("p"))
        #expect(WS.words(pinged.sent) == ["pong p", "close 1001"])
    }

    @Test("a stop waits for workers, and for an opening that waits for them")
    func stopWithWorkers() {
        let connection = balanced()
        connection.receive(WS.opening + WS.text("a") + WS.text("b"))
        connection.stop()
        connection.deliver(1)
        connection.receive(WS.text("later"))
        connection.deliver(0)
        #expect(WS.words(connection.sent) == ["text a", "text b", "close 1001"])
        let opening = balanced()
        opening.receive(Array(HTTPText.get("/plaintext").utf8) + WS.opening)
        opening.stop()
        opening.deliver(0)
        #expect(opening.text.contains("HTTP/1.1 101 ") && opening.hasFinishedSending)
        #expect(opening.sent.suffix(4) == [0x88, 2, 3, 0xE9])
    }

    // MARK: bounds

    @Test("pings in a row are all answered while their answers are taken")
    func pings() {
        let connection = loop()
        connection.receive(WS.opening + (0..<10).flatMap { WS.ping("\($0)") })
        #expect(WS.words(connection.sent) == (0..<10).map { "pong \($0)" })
    }

    @Test("pings whose answers nobody takes cost little, and the newest is answered")
    func floodOfPings() {
        let connection = loop()
        connection.receive(WS.opening)
        connection.room = 0
        for number in 0..<20_000 { connection.receive(WS.ping("number \(number)")) }
        #expect(connection.held == 0)
        connection.makeRoom(1 << 20)
        let words = WS.words(connection.sent)
        #expect(words.last == "pong number 19999" && words.count < 300)
    }

    @Test("a peer that takes no replies is not read any more, and cut off")
    func neverReads() {
        let connection = loop()
        connection.receive(WS.opening)
        connection.room = 0
        let message = WS.frame(0x82, [UInt8](repeating: 1, count: 10_000))
        for _ in 0..<60 where connection.waitsFor.contains(.readable) {
            connection.receive(message)
        }
        #expect(!connection.waitsFor.contains(.readable))
        connection.advance(Limit.writeTime + .seconds(1))
        #expect(connection.isClosed)
    }

    @Test("an idle connection costs little more than one of HTTP/1.1")
    func size() {
        #expect(MemoryLayout<WebSocketSession>.size <= 128)
        #expect(
            MemoryLayout<HTTP2Loop.Session>.size <= MemoryLayout<HTTP1Session>.size + 32)
    }
}
