import Basis
import Platform
import TestSupport
import Testing
import Wire

@testable import Serve

private typealias Loop = VirtualConnection<OwnDesk, HTTP2Loop.Session>
private typealias Balanced = VirtualConnection<ScriptedDesk, HTTP2Loop.Session>
private typealias H2 = HTTP2Frames

/// HTTP/2 on a virtual clock: what is owed for every kind of frame, right or wrong.
@Suite("HTTP/2 sessions")
struct HTTP2SessionTests {
    private func loop(_ options: ServerOptions = ServerOptions()) -> Loop {
        HTTP2Loop.make(options)
    }

    private func balanced(items: Int = Limit.messagesInFlight) -> Balanced {
        Balanced(ScriptedDesk(), items: items)
    }

    private static func words(_ connection: Loop) -> [String] { HTTP2Loop.words(connection) }

    @Test("a request is answered whole, whatever the cuts")
    func request() {
        let bytes = H2.opening + H2.get(1, "/plaintext") + H2.get(3, "/nope")
        let whole = ["1:200", "1 data 13 end", "3:404", "3 data 13 end"]
        for cut in 0...bytes.count {
            let connection = loop()
            connection.receive(Array(bytes[..<cut]))
            connection.receive(Array(bytes[cut...]))
            #expect(Self.words(connection) == whole, "cut at \(cut)")
        }
        let connection = loop()
        for byte in bytes { connection.receive([byte]) }
        #expect(Self.words(connection) == whole)
    }

    @Test("windows are as large as they are to be", arguments: [65_535, 100_000, 1 << 28])
    func windows(bytes: Int) {
        var options = ServerOptions()
        options.http2Window = ByteCount(raw: bytes)
        let connection = loop(options)
        connection.receive(H2.opening)
        let settings = H2.settings([(3, 128), (4, UInt32(bytes)), (6, 16_384)])
        let update = H2.frame(8, H2.word(UInt32(4 * bytes - 65_535)))
        #expect(Array(connection.sent.prefix(settings.count + update.count)) == settings + update)
        // A stream takes as much, and not one byte more.
        if bytes > 1 << 20 { return }
        connection.receive(H2.headers(1, H2.request("POST", "/echo"), flags: 4))
        let frames = stride(from: 0, to: bytes, by: 16_384).flatMap { start in
            H2.frame(0, stream: 1, Array(repeating: 0, count: min(16_384, bytes - start)))
        }
        connection.receive(frames)
        #expect(!Self.words(connection).contains { $0.contains("FLOW") })
    }

    @Test("HTTP/1.1 goes on beside it", arguments: ["GET /plaintext", "POST /echo", "PUT /json"])
    func http1(line: String) {
        let connection = loop()
        connection.receive("\(line) HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
        #expect(connection.text.hasPrefix("HTTP/1.1 "))
    }

    @Test("what a peer may do goes on")
    func allowed() {
        let connection = loop()
        connection.receive(
            H2.opening + H2.settings(flags: 1) + H2.frame(0xFA, stream: 7, [1, 2])
                + H2.frame(2, stream: 9, [0, 0, 0, 9, 1]) + H2.ping(7)
                + H2.ping(8, flags: 1) + H2.frame(8, flags: 0xFF, H2.word(1))
                + H2.headers(1, H2.request("POST", "/echo"), flags: 4)
                + H2.frame(0, flags: 8, stream: 1, [2, 104, 105, 0, 0]) + H2.data(1, "")
                + H2.get(3, "/json") + H2.reset(3) + H2.update(3, 5))
        #expect(
            Self.words(connection) == [
                "pong 7", "1:200", "1 data 2 end", "3:200", "3 data 27 end",
            ])
    }

    // MARK: windows

    @Test("payload waits for both windows, and is cut as they say")
    func windows() {
        let connection = loop()
        connection.receive(
            H2.preface + H2.settings([(4, 5)]) + H2.get(1, "/plaintext") + H2.get(3, "/plaintext"))
        #expect(
            Self.words(connection) == ["1:200", "1 data 5", "3:200", "3 data 5"])
        connection.receive(H2.update(3, 100))
        #expect(Self.words(connection).last == "3 data 8 end")
        // Smaller windows may be below zero: nothing goes before they are made up for.
        connection.receive(H2.settings([(4, 0)]) + H2.update(1, 4))
        #expect(Self.words(connection).last == "settings ack")
        connection.receive(H2.update(1, 3))
        #expect(Self.words(connection).last == "1 data 2")
        connection.receive(H2.settings([(4, 100)]))
        #expect(Self.words(connection).last == "1 data 6 end")
    }

    @Test("streams take turns, and the connection's window bounds them all")
    func turns() {
        let connection = loop()
        connection.receive(
            H2.preface + H2.settings([(4, 1 << 20)]) + H2.get(1, "/bytes/60000")
                + H2.get(3, "/bytes/60000"))
        var words = Self.words(connection).filter { $0.contains("data") }
        #expect(words.map { $0.first } == ["1", "3", "1", "3"])
        connection.receive(H2.update(0, 1 << 20))
        words = Self.words(connection)
        #expect(words.filter { $0.hasSuffix("end") }.count == 2)
        let sums = words.filter { $0.contains("data") }.map { Int($0.split(separator: " ")[2])! }
        #expect(sums.reduce(0, +) == 120_000 && sums.allSatisfy { $0 <= 16_384 })
    }

    @Test("a peer that gives no window is cut off")
    func stalled() {
        let connection = loop()
        connection.receive(H2.preface + H2.settings([(4, 0)]) + H2.get(1, "/plaintext"))
        connection.advance(Limit.writeTime - .seconds(1))
        #expect(!connection.isClosed)
        connection.receive(H2.update(1, 1))
        connection.advance(Limit.writeTime - .seconds(1))
        #expect(!connection.isClosed)
        connection.advance(.seconds(2))
        #expect(connection.isClosed)
    }

    @Test("what was received is given back, for every stream and for padding")
    func givesBack() {
        let connection = loop()
        connection.receive(H2.opening + H2.headers(1, H2.request("POST", "/echo"), flags: 4))
        let piece = String(repeating: "a", count: 16_000)
        for _ in 0..<80 { connection.receive(H2.data(1, piece, ends: false)) }
        connection.receive(H2.data(1, ""))
        let words = Self.words(connection)
        func sum(_ prefix: String) -> Int {
            words.filter { $0.hasPrefix(prefix) }.map { Int($0.split(separator: " ")[2])! }
                .reduce(0, +)
        }
        #expect(sum("0 update") >= 80 * 16_000 - 1 << 20 && sum("1 update") > 1 << 20)
        #expect(connection.held > 0)
    }

    @Test("more than a stream's window ends it, and the connection goes on")
    func overrun() {
        let connection = loop()
        connection.receive(H2.opening + H2.headers(1, H2.request("POST", "/json"), flags: 4))
        connection.receive(H2.headers(3, H2.request("POST", "/echo"), flags: 4))
        connection.receive(H2.data(3, "x"))
        #expect(Self.words(connection).last == "3 data 1 end")
    }

    // MARK: budgets

    @Test("rapid resets end in ENHANCE_YOUR_CALM, honest ones do not")
    func resets() {
        var connection = loop()
        connection.receive(H2.opening)
        for number in 0..<150 {
            let stream = UInt32(2 * number + 1)
            connection.receive(H2.get(stream, "/wait?us=60000000") + H2.reset(stream))
        }
        #expect(Self.words(connection).last?.hasSuffix("ENHANCE_YOUR_CALM") == true)
        connection = loop()
        connection.receive(H2.opening)
        for number in 0..<1_000 {
            let stream = UInt32(4 * number + 1)
            connection.receive(H2.get(stream, "/wait?us=60000000") + H2.reset(stream))
            connection.receive(H2.get(stream + 2, "/json"))
        }
        #expect(!connection.hasFinishedSending)
    }

    @Test("streams beyond the limit are refused, also when the ones before were reset")
    func concurrency() {
        let connection = balanced()
        connection.receive(H2.opening)
        for number in 0..<64 {
            let stream = UInt32(2 * number + 1)
            connection.receive(H2.get(stream, "/plaintext") + H2.reset(stream))
        }
        // As many as workers take of one connection; what is reset counts until they return it.
        #expect(connection.waiting == 64)
        while connection.waiting > 0 { connection.deliver(0) }
        connection.receive(H2.get(1_001, "/plaintext"))
        connection.deliver(0)
        var reading = HTTP2Reading()
        let words = reading.read(connection.sent)
        #expect(words.suffix(2) == ["1001:200", "1001 data 13 end"] && words.count == 5)
        #expect(connection.freeItems == Limit.messagesInFlight)
    }

    @Test("streams that wait count against the limit")
    func refused() {
        let connection = loop()
        connection.receive(H2.opening)
        for number in 0..<130 {
            connection.receive(H2.get(UInt32(2 * number + 1), "/wait?us=1000"))
        }
        #expect(Self.words(connection) == ["257 reset REFUSED_STREAM", "259 reset REFUSED_STREAM"])
        connection.advance(.milliseconds(2))
        #expect(Self.words(connection).filter { $0.hasSuffix("end") }.count == 128)
    }

    @Test(
        "floods are bounded",
        arguments: [
            ("pings", H2.ping(1)), ("settings", H2.settings([(3, 1)])),
            ("empty DATA", H2.data(1, "", ends: false)),
            ("unknown frames", H2.frame(0xFA, [UInt8](repeating: 0, count: 1_000))),
        ])
    func floods(name: String, frame: [UInt8]) {
        let connection = loop()
        connection.receive(H2.opening + H2.headers(1, H2.request("POST", "/echo"), flags: 4))
        for _ in 0..<200_000 where !connection.hasFinishedSending { connection.receive(frame) }
        #expect(Self.words(connection).last == "goaway 1 ENHANCE_YOUR_CALM", "\(name)")
    }

    @Test("a peer that never reads is not read any more")
    func neverReads() {
        let connection = loop()
        connection.room = 0
        connection.receive(H2.opening)
        for _ in 0..<40_000 { connection.receive(H2.ping(1)) }
        #expect(!connection.waitsFor.contains(.readable))
        connection.advance(Limit.writeTime + .seconds(1))
        #expect(connection.isClosed)
    }

    @Test("a block that does not end is cut off", arguments: [false, true])
    func endlessBlock(isSlow: Bool) {
        let connection = loop()
        connection.receive(
            H2.opening + H2.headers(1, H2.request("GET", "/json"), flags: 1))
        if isSlow {
            connection.advance(Limit.bodyTime + .seconds(1))
        } else {
            for _ in 0..<9 { connection.receive(H2.frame(9, stream: 1, [0, 1, 97, 1, 98])) }
        }
        #expect(Self.words(connection).last == "goaway 0 ENHANCE_YOUR_CALM")
    }

    @Test("an HPACK bomb is refused, and the connection goes on")
    func bomb() {
        let connection = loop()
        let value = String(repeating: "v", count: 4_000)
        // Kept by the table (RFC 7541 §6.2.1) and named again and again.
        let entry = [0x40, 1, 97, 127] + [UInt8](arrayLiteral: 0xA1, 0x1E) + Array(value.utf8)
        let start = H2.block(H2.request("GET", "/json"))
        connection.receive(
            H2.opening + H2.frame(1, flags: 5, stream: 1, start + entry)
                + H2.frame(
                    1, flags: 5, stream: 3, start + [UInt8](repeating: 0xBE, count: 30))
                + H2.get(5, "/json"))
        let words = Self.words(connection)
        #expect(words.contains("1:200") && words.contains("3:431 end") && words.contains("5:200"))
    }

    // MARK: limits of requests

    @Test("payload beyond the limit is refused, with and without a length")
    func tooLarge() {
        var options = ServerOptions()
        options.bodyLimit = ByteCount(raw: 10)
        for fields in [[("content-length", "11")], []] {
            let connection = loop(options)
            connection.receive(
                H2.opening + H2.headers(1, H2.request("POST", "/echo", fields), flags: 4)
                    + H2.data(1, "01234567890", ends: false) + H2.data(1, "x", ends: false))
            #expect(Self.words(connection) == ["1:413 end", "1 reset NO_ERROR"])
            #expect(connection.held == 0)
        }
    }

    @Test("a payload that is late is refused, and the connection goes on")
    func lateBody() {
        let connection = loop()
        connection.receive(H2.opening + H2.headers(1, H2.request("POST", "/echo"), flags: 4))
        connection.advance(Limit.bodyTime + .seconds(1))
        #expect(Self.words(connection) == ["1:408 end", "1 reset NO_ERROR"])
        connection.receive(H2.get(3, "/json"))
        #expect(Self.words(connection).last == "3 data 27 end")
    }

    @Test("HEAD, OPTIONS and an expectation")
    func methods() {
        let connection = loop()
        connection.receive(
            H2.opening + H2.headers(1, H2.request("HEAD", "/bytes/100"))
                + H2.headers(3, H2.request("OPTIONS", "*"))
                + H2.headers(5, H2.request("DELETE", "/json"))
                + H2.headers(7, H2.request("POST", "/echo", [("expect", "100-continue")]), flags: 4)
                + H2.data(7, "hi"))
        #expect(
            Self.words(connection) == [
                "1:200 end", "3:204 end", "5:405 end", "7:100", "7:200", "7 data 2 end",
            ])
    }

    // MARK: order and the end

    @Test("replies leave as they are made", arguments: [[0, 0, 0], [2, 1, 0], [1, 0, 0]])
    func order(order: [Int]) {
        let connection = balanced()
        connection.receive(
            H2.opening + H2.get(1, "/json") + H2.get(3, "/nope") + H2.get(5, "/plaintext"))
        #expect(connection.waiting == 3)
        for position in order { connection.deliver(position) }
        var reading = HTTP2Reading()
        let words = reading.read(connection.sent).filter { $0.hasSuffix("end") }
        #expect(Set(words) == ["1 data 27 end", "3 data 13 end", "5 data 13 end"])
        #expect(words[0].hasPrefix("\([1, 3, 5][order[0]])"))
    }

    @Test("a stop says goodbye twice and loses nothing that was begun")
    func drain() {
        let connection = balanced()
        connection.receive(H2.opening + H2.get(1, "/plaintext"))
        connection.stop()
        var reading = HTTP2Reading()
        var words = reading.read(connection.sent)
        #expect(words.contains("goaway 2147483647 NO_ERROR") && words.last == "ping 115")
        // Under way when the peer did not know yet.
        connection.receive(H2.get(3, "/json"))
        #expect(connection.waiting == 2)
        connection.deliver(0)
        connection.receive(
            H2.frame(6, flags: 1, [0x73, 0x77, 0x69, 0x74, 0x63, 0x68, 0x6F, 0x66]))
        connection.deliver(0)
        var all = HTTP2Reading()
        words = all.read(connection.sent)
        #expect(words.contains("goaway 3 NO_ERROR"))
        #expect(words.contains("1 data 13 end") && words.last == "3 data 27 end")
        #expect(connection.hasFinishedSending)
    }

    @Test(
        "who has ended is not waited for at a stop, but given what it is owed",
        arguments: [true, false])
    func endOfPeer(comesFirst: Bool) {
        let connection = balanced()
        connection.receive(H2.opening + H2.get(1, "/plaintext"))
        if comesFirst { connection.finish() }
        connection.stop()
        if !comesFirst { connection.finish() }
        #expect(!connection.isClosed && connection.waiting == 1)
        connection.deliver(0)
        var reading = HTTP2Reading()
        let words = reading.read(connection.sent)
        #expect(words.contains("1 data 13 end") && words.contains("goaway 1 NO_ERROR"), "\(words)")
        #expect(connection.isClosed)
        // Without anything owed it ends at once.
        let idle = balanced()
        idle.receive(H2.opening)
        idle.stop()
        #expect(!idle.isClosed)
        idle.finish()
        #expect(idle.isClosed)
    }

    @Test("an idle connection is told before it ends")
    func idle() {
        let connection = loop()
        connection.receive(H2.opening + H2.get(1, "/json"))
        connection.advance(ServerOptions().idleTimeout + .seconds(1))
        #expect(Self.words(connection).last == "goaway 1 NO_ERROR")
        #expect(connection.hasFinishedSending || connection.isClosed)
    }

    @Test("the date's entry is made anew when the table has forgotten what is older")
    func dates() {
        let connection = loop()
        connection.receive(H2.opening)
        for number in 0..<150 {
            connection.receive(H2.get(UInt32(2 * number + 1), "/json"))
            connection.advance(.seconds(1))
        }
        let words = Self.words(connection)
        #expect(!words.contains("broken") && words.filter { $0.hasSuffix(":200") }.count == 150)
    }
}
