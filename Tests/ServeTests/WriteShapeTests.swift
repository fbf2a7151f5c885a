import Basis
import Glibc
import Platform
import Secure
import TestSupport
import Testing

@testable import Serve

/// What the server asks of the kernel when its writes are cut, corked or acknowledged at once.
@Suite("writes of a shape")
struct WriteShapeTests {
    private static func manner(
        _ shape: WriteShape, corks: Bool = false, acknowledges: Bool = false
    ) -> Transmission {
        var manner = Transmission()
        (manner.shape, manner.corks, manner.acknowledgesAtOnce) = (shape, corks, acknowledges)
        return manner
    }

    private static func server(
        _ manner: Transmission, _ pattern: PatternID = .single, isRecords: Bool = false
    ) throws -> InProcessServer {
        func change(_ options: inout ServerOptions) { options.transmission = manner }
        if !isRecords { return try InProcessServer(pattern, change) }
        return try InProcessServer(
            pattern,
            ConnectionKind<RecordStream, HTTP1Session>(context: RecordStream.Context()), change)
    }

    @Test(
        "a reply leaves in the pieces that were asked for", arguments: WriteShape.allCases,
        [false, true])
    func pieces(shape: WriteShape, isAll: Bool) throws {
        let server = try Self.server(Self.manner(shape, corks: isAll, acknowledges: isAll))
        let client = try server.connect()
        server.plan.noteSteps()
        for _ in 0..<3 {
            let reply = try client.ask(HTTPText.get("/bytes/1001"))
            #expect(reply.body.count == 1_001)
            let options = isAll ? 3 : 0
            let expected = 1 + (shape == .one ? 1 : shape == .trickle ? 4 : 2)
            #expect(TestClock.eventually { server.plan.noted.count >= expected + options })
            let steps = server.plan.noteSteps()
            let sends = steps.compactMap { if case .sent(let count) = $0 { count } else { nil } }
            let whole = sends.reduce(0, +)
            switch shape {
            case .one: #expect(sends.count == 1)
            case .headThenBody: #expect(sends == [whole - 1_001, 1_001])
            case .trickle:
                #expect(sends.count == 4 && sends.max()! - sends.min()! <= 1, "\(sends)")
            }
            let receipt: [FaultPlan.Step] =
                isAll ? [.option(.quickAck, true), .received] : [.received]
            let writes = sends.map { FaultPlan.Step.sent($0) }
            let flush = isAll ? [.option(.cork, true)] + writes + [.option(.cork, false)] : writes
            #expect(steps == receipt + flush)
        }
    }

    /// Everything that comes, without what changes with the second.
    private static func answers(_ bytes: [UInt8], isRecords: Bool) -> String {
        let text =
            isRecords
            ? RecordStream.text(Array(bytes.dropFirst())) : String(decoding: bytes, as: UTF8.self)
        return text.replacing(/Date: [^\r]*\r\n/, with: "")
    }

    private static let requests =
        HTTPText.get("/plaintext") + HTTPText.post("/echo", "abc") + HTTPText.get("/nowhere")
        + HTTPText.get("/bytes/70000") + HTTPText.get("/wait?us=100")
        + HTTPText.get("/json", fields: ["Connection: close"])

    private static func exchange(_ server: InProcessServer, isRecords: Bool) throws -> String {
        let client = try server.connect()
        let bytes = isRecords ? [0] + RecordStream.records(requests) : Array(requests.utf8)
        try client.send(bytes)
        return answers(try client.rest(), isRecords: isRecords)
    }

    @Test(
        "replies are whole wherever the socket is full, and each piece ends where it did",
        arguments: WriteShape.allCases, [false, true])
    func fullAnywhere(shape: WriteShape, isRecords: Bool) throws {
        let expected = try Self.exchange(
            Self.server(Self.manner(.one), isRecords: isRecords), isRecords: isRecords)
        #expect(expected.contains("Hello, World!") && expected.hasSuffix("World!\"}"))
        for pattern in [PatternID.single, .balancedShared] {
            let server = try Self.server(
                Self.manner(shape, corks: true), pattern, isRecords: isRecords)
            for nth in 1...40 {
                server.plan.strike(.send, nth: nth, code: EAGAIN)
                let text = try Self.exchange(server, isRecords: isRecords)
                #expect(text == expected, "\(pattern), send \(nth)")
                let hasStruck = server.plan.struck > 0
                server.plan.lift()
                if !hasStruck { break }
            }
        }
    }

    @Test(
        "replies are whole however little the socket takes", arguments: WriteShape.allCases,
        [1, 3, 50, 1_000])
    func shortWrites(shape: WriteShape, limit: Int) throws {
        let server = try Self.server(Self.manner(shape))
        server.plan.limitTransfers(to: limit)
        let client = try server.connect()
        server.plan.noteSteps()
        let body = "abcdefghijklmnopqrstuvw"
        #expect(try client.ask(HTTPText.post("/echo", body)).text == body)
        // Behind the end every call has been noted.
        server.end()
        var end = 0
        var ends: [Int] = [0]
        for case .sent(let count) in server.plan.noteSteps() {
            end += count
            ends.append(end)
        }
        // No write goes beyond the end of its piece.
        let borders =
            shape == .headThenBody
            ? [end - 23] : shape == .trickle ? [(end + 3) / 4, end - end / 4] : []
        #expect(borders.allSatisfy(ends.contains), "\(ends), not at \(borders)")
    }

    @Test("an option that can't be set ends its connection, and no other")
    func refusedOption() throws {
        let server = try Self.server(
            Self.manner(.headThenBody, corks: true, acknowledges: true))
        for nth in 1...9 {
            server.plan.strike(.set, nth: nth, code: ENOBUFS)
            let client = try server.connect()
            try client.send(Self.requests)
            _ = try? client.rest()
            let hasStruck = server.plan.struck > 0
            server.plan.lift()
            #expect(hasStruck || nth > 5, "option \(nth)")
            let next = try server.connect()
            #expect(try next.ask(HTTPText.get("/plaintext")).text == "Hello, World!")
        }
        #expect(server.failure == nil)
        #expect(TestClock.eventually { server.connections == 0 })
    }
}
