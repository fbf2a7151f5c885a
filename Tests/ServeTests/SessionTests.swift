import Basis
import Foundation
import Platform
import Secure
import TestSupport
import Testing

@testable import Serve

private typealias Loop = VirtualConnection<OwnDesk, TwoStreamSession>
private typealias Balanced = VirtualConnection<ScriptedDesk, TwoStreamSession>

/// That another protocol than HTTP/1.1 fits: one of two streams whose replies have no order.
@Suite("sessions")
struct SessionTests {
    private static let preface = "TWO\n"

    private static func frame(_ stream: Int, _ kind: String, _ text: String = "") -> String {
        let digits = String(text.utf8.count, radix: 16)
        return "\(stream)\(kind)\(digits.count < 2 ? "0" : "")\(digits)\(text)"
    }

    /// Stream, kind and content of each frame, one after the other.
    private static func frames(_ text: String) -> [String] {
        var rest = Array(text.utf8)[...]
        var frames: [String] = []
        while rest.count >= 4 {
            let head = String(decoding: rest.prefix(4), as: UTF8.self)
            guard let count = Int(head.suffix(2), radix: 16), rest.count >= 4 + count else {
                return frames + ["broken: \(head)"]
            }
            let content = String(decoding: rest.dropFirst(4).prefix(count), as: UTF8.self)
            frames.append(head.prefix(2) + content)
            rest = rest.dropFirst(4 + count)
        }
        return rest.isEmpty ? frames : frames + ["broken"]
    }

    private func balanced(items: Int = Limit.messagesInFlight) -> Balanced {
        Balanced(ScriptedDesk(), items: items)
    }

    private func loop() -> Loop {
        Loop(OwnDesk(responder: Responder(ledger: PaymentLedger())))
    }

    @Test("replies leave as they are made, and frames stay whole", arguments: [[0, 0], [1, 0]])
    func eitherOrder(order: [Int]) {
        let connection = balanced()
        connection.receive(
            Self.preface + Self.frame(1, "Q", "/plaintext") + Self.frame(2, "Q", "/x"))
        for position in order { connection.deliver(position) }
        let one = ["1H200", "1DHello, World!", "1F"]
        let two = ["2H404", "2Dno such path\n", "2F"]
        #expect(Self.frames(connection.text) == (order[0] == 0 ? one + two : two + one))
    }

    @Test("credit is read while replies wait for it, and each stream has its own")
    func credit() {
        let connection = loop()
        connection.receive(
            Self.preface + Self.frame(1, "Q", "/long") + Self.frame(2, "Q", "/plaintext"))
        var frames = Self.frames(connection.takeText())
        #expect(frames.prefix(2) == ["1H200", "1D" + String(repeating: "x", count: 100)])
        #expect(frames.suffix(3) == ["2H200", "2DHello, World!", "2F"])
        connection.receive(Self.frame(1, "W", "850"))
        #expect(!connection.text.contains("1F"))
        connection.receive(Self.frame(1, "W", "50"))
        frames = Self.frames(connection.text)
        #expect(frames.last == "1F")
        let data = frames.filter { $0.hasPrefix("1D") }.map { $0.count - 2 }.reduce(0, +)
        #expect(data == 900)
    }

    @Test("a stream that is reset has no reply, wherever its message is", arguments: [0, 1, 2])
    func reset(at moment: Int) {
        let connection = balanced()
        connection.receive(
            Self.preface + Self.frame(1, "Q", "/long") + Self.frame(2, "Q", "/plaintext"))
        if moment == 0 { connection.receive(Self.frame(1, "X")) }
        connection.deliver(0)
        if moment == 1 { connection.receive(Self.frame(1, "X")) }
        connection.deliver(0)
        if moment == 2 { connection.receive(Self.frame(1, "X")) }
        // The stream can be used again.
        connection.receive(Self.frame(1, "Q", "/plaintext"))
        connection.deliver(0)
        let frames = Self.frames(connection.text)
        #expect(frames.contains("2F") && frames.suffix(3) == ["1H200", "1DHello, World!", "1F"])
        #expect(frames.filter { $0 == "1F" }.count == 1)
        #expect(connection.held == 0 && connection.freeItems == Limit.messagesInFlight)
    }

    @Test("a peer that waits is answered at once, by the session alone")
    func ping() {
        let connection = balanced()
        connection.receive(Self.preface + Self.frame(1, "Q", "/plaintext"))
        connection.receive(Self.frame(0, "P", "now"))
        #expect(Self.frames(connection.takeText()) == ["0Pnow"])
        connection.deliver(0)
        #expect(Self.frames(connection.text).first == "1H200")
    }

    @Test("two replies can be held back at once, beside others")
    func timers() {
        let connection = loop()
        connection.receive(Self.preface + Self.frame(1, "Q", "/wait"))
        connection.advance(.milliseconds(2))
        connection.receive(Self.frame(2, "Q", "/wait"))
        connection.advance(.milliseconds(3))
        #expect(Self.frames(connection.takeText()) == ["1H200", "1Dwaited\n", "1F"])
        connection.receive(Self.frame(1, "Q", "/plaintext"))
        #expect(Self.frames(connection.takeText()).last == "1F")
        connection.advance(.milliseconds(2))
        #expect(Self.frames(connection.text) == ["2H200", "2Dwaited\n", "2F"])
    }

    @Test("a stop is told first, and nothing that was begun is lost")
    func drain() {
        let connection = balanced()
        connection.receive(Self.preface + Self.frame(1, "Q", "/plaintext"))
        connection.receive(Self.frame(2, "Q", "/wait"))
        connection.stop()
        #expect(Self.frames(connection.text) == ["0G"] && !connection.hasFinishedSending)
        connection.deliver(1)
        connection.deliver(0)
        #expect(!connection.hasFinishedSending)
        connection.advance(.milliseconds(6))
        let frames = Self.frames(connection.text)
        #expect(frames.contains("1F") && frames.contains("2F"))
        #expect(connection.hasFinishedSending)
    }

    @Test("a full desk keeps messages where they are")
    func fullDesk() {
        let connection = balanced(items: 1)
        connection.receive(
            Self.preface + Self.frame(1, "Q", "/plaintext") + Self.frame(2, "Q", "/plaintext"))
        #expect(connection.waiting == 1)
        connection.deliver(0)
        #expect(connection.waiting == 1)
        connection.deliver(0)
        #expect(Self.frames(connection.text).filter { $0.hasSuffix("F") } == ["1F", "2F"])
    }

    @Test("payloads of two streams may alternate, cut anywhere", arguments: [1, 2, 5, 1_000])
    func payloads(size: Int) {
        let connection = loop()
        let bytes = Array(
            (Self.preface + Self.frame(1, "Q", "/echo") + Self.frame(2, "Q", "/echo")
                + Self.frame(1, "B", "one") + Self.frame(2, "B", "two") + Self.frame(1, "B", "!")
                + Self.frame(2, "E") + Self.frame(1, "E")).utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            connection.receive(Array(bytes[start..<min(bytes.count, start + size)]))
        }
        #expect(
            Self.frames(connection.text) == ["2H200", "2Dtwo", "2F", "1H200", "1Done!", "1F"])
        #expect(connection.held == 0)
    }

    // MARK: how a session is chosen

    private typealias Negotiated = VirtualConnection<OwnDesk, NegotiatedSession<TwoStreamSession>>

    private func negotiated(_ application: ApplicationProtocol? = nil) -> Negotiated {
        var facts = OpeningFacts()
        facts.application = application
        return Negotiated(
            OwnDesk(responder: Responder(ledger: PaymentLedger())), facts: facts)
    }

    @Test("the first bytes choose, however they are cut", arguments: [1, 3, 100])
    func byFirstBytes(size: Int) {
        for isTwo in [false, true] {
            let connection = negotiated()
            let text =
                isTwo
                ? Self.preface + Self.frame(1, "Q", "/plaintext") : HTTPText.get("/plaintext")
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                connection.receive(Array(bytes[start..<min(bytes.count, start + size)]))
            }
            #expect(connection.text.hasPrefix(isTwo ? "1H03200" : "HTTP/1.1 200 OK"))
        }
    }

    @Test("what the opening has settled goes before the first bytes")
    func byAgreement() {
        let agreed = negotiated(.http11)
        agreed.receive(Self.preface + "\r\n\r\n")
        #expect(agreed.text.hasPrefix("HTTP/1.1 400"))
        let other = negotiated(.http2)
        other.receive(Self.frame(1, "Q", "/plaintext"))
        #expect(other.text.hasPrefix("1H03200"))
    }

    @Test("a peer that says too little to choose by is late like any other")
    func undecided() {
        let connection = negotiated()
        connection.receive("TW")
        connection.advance(.seconds(11))
        #expect(connection.text.hasPrefix("HTTP/1.1 408"))
    }

    // MARK: over sockets

    static let served: [PatternID] = [
        .single, .readersDirect, .balancedShared, .balancedPerWorker, .acceptorsBlocking, .offload,
    ]

    @Test("every pattern serves another protocol beside HTTP/1.1", arguments: served)
    func patterns(pattern: PatternID) throws {
        let server = try InProcessServer(
            pattern,
            ConnectionKind<PlainStream, NegotiatedSession<TwoStreamSession>>(
                context: PlainStream.Context()))
        let client = try server.connect()
        try client.send(
            Self.preface + Self.frame(1, "Q", "/wait") + Self.frame(2, "Q", "/plaintext"))
        let expected = [
            Self.frame(2, "H", "200"), Self.frame(2, "D", "Hello, World!"), Self.frame(2, "F"),
            Self.frame(1, "H", "200"), Self.frame(1, "D", "waited\n"), Self.frame(1, "F"),
        ].joined()
        let got = try client.receive(expected.utf8.count)
        #expect(String(decoding: got, as: UTF8.self) == expected)
        #expect(try server.connect().ask(HTTPText.get("/plaintext")).status == 200)
        server.end()
        let rest = try client.rest()
        #expect(String(decoding: rest, as: UTF8.self) == Self.frame(0, "G"))
    }

    // MARK: over records

    @Test(
        "records may be cut and come together, and what waits in the stream is not forgotten",
        arguments: served, [1, 7, 150, Int.max])
    func records(pattern: PatternID, cut: Int) throws {
        var context = RecordStream.Context()
        context.cut = cut
        let server = try InProcessServer(
            pattern, ConnectionKind<RecordStream, HTTP1Session>(context: context))
        let client = try server.connect()
        // All of it in one write: the socket has nothing more to announce.
        let requests =
            HTTPText.get("/plaintext") + HTTPText.post("/echo", String(repeating: "e", count: 700))
            + HTTPText.get("/plaintext", fields: ["Connection: close"])
        try client.send([0] + RecordStream.records(requests, size: 90))
        let text = RecordStream.text(Array(try client.rest().dropFirst()))
        #expect(text.components(separatedBy: "HTTP/1.1 200 OK").count == 4, "\(text)")
        #expect(text.hasSuffix("Hello, World!"))
    }

    @Test("a record in two pieces is waited for", arguments: served)
    func halfRecords(pattern: PatternID) throws {
        let server = try InProcessServer(
            pattern, ConnectionKind<RecordStream, HTTP1Session>(context: RecordStream.Context()))
        let client = try server.connect()
        let bytes = [0] + RecordStream.records(HTTPText.get("/plaintext"), size: 20)
        for byte in bytes {
            try client.send([byte])
            client.awaitDelivery()
        }
        let got = RecordStream.text(Array(try client.receive(137).dropFirst()))
        #expect(got.hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("an opening that waits for room goes on when there is some", arguments: served)
    func openingWaitsForRoom(pattern: PatternID) throws {
        var context = RecordStream.Context()
        context.greetingBytes = 16 << 20
        let server = try InProcessServer(
            pattern, ConnectionKind<RecordStream, HTTP1Session>(context: context))
        let client = try server.connect()
        // Sent before anything is read, so that no later event can help a forgotten opening on.
        try client.send([0] + RecordStream.records(HTTPText.get("/plaintext")))
        _ = try client.receive(context.greetingBytes)
        let text = RecordStream.text(try client.receive(136))
        #expect(text.hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("early input is answered before the opening is done, but nobody pays", arguments: served)
    func earlyInput(pattern: PatternID) throws {
        var context = RecordStream.Context()
        context.takesEarly = true
        let server = try InProcessServer(
            pattern, ConnectionKind<RecordStream, HTTP1Session>(context: context))
        let client = try server.connect()
        let payment = HTTPText.get(
            "/payments", method: "POST",
            fields: ["Idempotency-Key: k", "Content-Length: 0", "Connection: close"])
        try client.send(RecordStream.records(HTTPText.get("/plaintext")))
        let early = RecordStream.text(Array(try client.receive(137).dropFirst()))
        #expect(early.hasPrefix("HTTP/1.1 200 OK"))
        try client.send([0] + RecordStream.records(payment))
        let text = RecordStream.text(try client.rest())
        #expect(text.contains("HTTP/1.1 201"), "\(text)")

        let hasty = try server.connect()
        try hasty.send(RecordStream.records(payment) + [0])
        let refused = RecordStream.text(Array(try hasty.rest().dropFirst()))
        #expect(refused.hasPrefix("HTTP/1.1 425"))
    }
}
