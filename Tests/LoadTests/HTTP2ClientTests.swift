import Basis
import TestSupport
import Testing
import Wire

@testable import Load

private typealias H2 = HTTP2Frames

/// The client of HTTP/2 against bytes made by hand.
@Suite("HTTP/2 client")
struct HTTP2ClientTests {
    /// One connection of a client, as the engine drives it.
    private struct Driver: ~Copyable {
        var client: HTTP2Client<HTTPExchange>
        var session: HTTP2Client<HTTPExchange>.Session
        private var input = HeldInput()

        init(
            streams: Int = 4, method: String = "GET", body: [UInt8] = [], firstID: UInt32 = 1
        ) throws {
            let template = try HTTP1.RequestTemplate(
                method: method, target: "/a?b", host: "h",
                fields: [.init("X-Token", "t"), .init("Cookie", "secret")], body: body)
            client = HTTP2Client(
                request: try HTTP2Request(template), streams: streams, firstID: firstID)
            session = client.open()
        }

        /// What the client wants to send, taken by the kernel.
        mutating func takeOutput() -> [UInt8] {
            var taken: [UInt8] = []
            while true {
                let count = copyOutput(to: &taken)
                if count == 0 { return taken }
                client.wrote(count, on: &session)
            }
        }

        private func copyOutput(to bytes: inout [UInt8]) -> Int {
            let output = client.output(of: session)
            for index in output.indices { bytes.append(output[index]) }
            return output.count
        }

        mutating func begin() -> Int { client.begin(on: &session, due: .distantFuture) }
        var room: Int { client.room(on: session) }

        /// The events that `bytes` bring, in words.
        mutating func receive(_ bytes: [UInt8]) -> [String] {
            var words: [String] = []
            input.show(bytes, to: &client, &session) { _, _, event in
                switch event {
                case .answer(let answer):
                    words.append("\(answer.slot): \(answer.outcome.code) \(answer.bodyBytes)")
                    return answer.end
                case .lost(let slot, let mayRetry, let end):
                    words.append("\(slot) lost" + (mayRetry ? ", again" : ""))
                    return end
                case .lastRequests(let end):
                    words.append("last")
                    return end
                case .violation(let violation): words.append(violation.reason)
                case .needMore, .part, .delivered: words.append("another event")
                }
                return nil
            }
            return words
        }
    }

    private static func answer(
        _ stream: UInt32, _ status: String = "200", _ more: [(String, String)] = [],
        body: String = "hi"
    ) -> [UInt8] {
        H2.headers(stream, [(":status", status)] + more, flags: 4) + H2.data(stream, body)
    }

    @Test("a preface, then requests that get short, and answers in any order")
    func requests() throws {
        var driver = try Driver()
        let opening = driver.takeOutput()
        #expect(opening.starts(with: H2.preface))
        #expect(driver.receive(H2.settings()) == [])
        #expect(driver.takeOutput() == H2.settings(flags: 1))
        let slots = [driver.begin(), driver.begin()]
        let first = driver.takeOutput()
        let third = driver.begin()
        let short = driver.takeOutput()
        // Six fields of the peer's tables, and the cookie, which none may keep.
        #expect(short.count < first.count / 2 && short.count < 40)
        #expect(
            driver.receive(Self.answer(5) + Self.answer(1) + Self.answer(3, "404"))
                == ["\(third): 200 2", "\(slots[0]): 200 2", "\(slots[1]): 404 2"])
    }

    @Test("answers mean the same whatever the cuts")
    func cuts() throws {
        let bytes =
            H2.settings([(3, 100)]) + H2.headers(1, [(":status", "100")], flags: 4)
            + Self.answer(1, "200", [("content-length", "2")]) + H2.ping(3)
            + H2.headers(3, [(":status", "200")], flags: 0)
            + H2.frame(9, flags: 4, stream: 3, H2.block([("a", "b")]))
            + H2.data(3, "abc", ends: false) + H2.headers(3, [("grpc-status", "0")])
            + H2.frame(0xFA, [1]) + H2.update(0, 5)
        for cut in 0...bytes.count {
            var driver = try Driver()
            _ = (driver.begin(), driver.begin())
            let words =
                driver.receive(Array(bytes[..<cut])) + driver.receive(Array(bytes[cut...]))
            #expect(words == ["0: 200 2", "1: 200 3"], "cut at \(cut)")
        }
    }

    private static let faults: [([UInt8], String)] = [
        (H2.ping(1), "PROTOCOL_ERROR"),
        (Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), "answers HTTP/2 in HTTP/1.1"),
        (H2.settings() + H2.data(1, "x"), "payload without a head"),
        (H2.settings() + H2.data(9, "x"), "never begun"),
        (H2.settings() + Self.answer(1, "200", [("content-length", "3")]), "content-length"),
        (H2.settings() + Self.answer(1, "20"), "three digits"),
        (H2.settings() + Self.answer(1, "101"), "101"),
        (H2.settings() + H2.headers(1, [("a", "b")]), "without :status"),
        (H2.settings() + H2.headers(1, [(":status", "200"), ("A", "b")]), "field name"),
        (H2.settings() + H2.headers(1, [(":status", "103")]), "interim"),
        (H2.settings() + H2.frame(5, flags: 4, stream: 1, [0, 0, 0, 2]), "PUSH_PROMISE"),
        (H2.settings() + H2.frame(1, flags: 5, stream: 1, [0xBE]), "COMPRESSION_ERROR"),
        (H2.settings([(2, 1)]), "PROTOCOL_ERROR"),
        (H2.settings() + H2.update(0, 0), "increment of 0"),
        (H2.settings() + H2.update(0, 1 << 31 - 1), "FLOW_CONTROL_ERROR"),
    ]

    @Test("what breaks a rule is told", arguments: faults)
    func violations(bytes: [UInt8], why: String) throws {
        var driver = try Driver()
        _ = driver.begin()
        let words = driver.receive(bytes)
        #expect(words.count == 1 && words[0].contains(why), "\(words)")
    }

    @Test("resets and goodbyes lose what was not processed, and nothing else")
    func losses() throws {
        var driver = try Driver()
        _ = driver.receive(H2.settings())
        for _ in 0..<4 { _ = driver.begin() }
        #expect(driver.receive(H2.reset(1, 7) + H2.reset(3, 2)) == ["0 lost, again", "1 lost"])
        let goodbye = H2.frame(7, H2.word(5) + H2.word(0))
        #expect(driver.receive(goodbye) == ["3 lost, again", "last"])
        #expect(driver.room == 0)
        #expect(driver.receive(Self.answer(5)) == ["2: 200 2"])
        // A reset of what has ended is nothing.
        #expect(driver.receive(H2.reset(5)) == [])
    }

    @Test("the server says how many may be under way")
    func room() throws {
        var driver = try Driver(streams: 100)
        #expect(driver.room == 100)
        _ = driver.receive(H2.settings([(3, 7)]))
        #expect(driver.room == 7)
    }

    @Test("payload goes as the windows let it, and stops when it is not needed")
    func payload() throws {
        let body = [UInt8](repeating: 97, count: 100_000)
        var driver = try Driver(method: "POST", body: body)
        _ = driver.receive(H2.settings([(4, 70_000)]))
        _ = driver.takeOutput()
        _ = driver.begin()
        func payload(_ bytes: [UInt8]) -> Int { bytes.count { $0 == 97 } }
        #expect((65_535...65_536).contains(payload(driver.takeOutput())))
        _ = driver.receive(H2.update(0, 1 << 20))
        #expect(payload(driver.takeOutput()) == 70_000 - 65_535)
        _ = driver.receive(H2.update(1, 20_000))
        #expect(payload(driver.takeOutput()) == 20_000)
        #expect(driver.receive(Self.answer(1)) == ["0: 200 2"])
        #expect(driver.takeOutput() == H2.reset(1))
    }

    @Test("a table that shrinks is told of, and the heads stay right")
    func tables() throws {
        var driver = try Driver()
        _ = driver.receive(H2.settings())
        _ = (driver.begin(), driver.begin(), driver.takeOutput())
        _ = driver.receive(H2.settings([(1, 0)]))
        _ = driver.takeOutput()
        _ = driver.begin()
        // A size update of 0 begins the block (RFC 7541 §6.3).
        let told = driver.takeOutput()
        #expect(told[9] == 0x20)
        _ = driver.begin()
        let without = driver.takeOutput()
        #expect(without[9] != 0x20 && without.count == told.count - 1)
    }

    @Test("a connection without further numbers ends behind its answers")
    func numbers() throws {
        var driver = try Driver(firstID: 1 << 31 - 3)
        _ = driver.receive(H2.settings())
        #expect(driver.begin() == driver.begin() - 1)
        #expect(driver.room == 0)
        #expect(driver.receive(Self.answer(1 << 31 - 3)).count == 2)
        #expect(driver.receive(Self.answer(1 << 31 - 1)).count == 1)
    }

    @Test("HEAD has no payload, whatever its length")
    func head() throws {
        var driver = try Driver(method: "HEAD")
        _ = driver.begin()
        let fields = [(":status", "200"), ("content-length", "5")]
        #expect(driver.receive(H2.settings() + H2.headers(1, fields)) == ["0: 200 0"])
    }

    @Test("a server that pings without reading is cut off")
    func pings() throws {
        var driver = try Driver()
        var words = driver.receive(H2.settings())
        for _ in 0..<30_000 where words.isEmpty { words = driver.receive(H2.ping(1)) }
        #expect(words.first?.contains("pings") == true)
    }

    @Test(
        "fields that are about one connection are refused",
        arguments: ["Connection", "Keep-Alive", "Upgrade", "Proxy-Connection", "TE"])
    func refused(name: String) throws {
        let template = try HTTP1.RequestTemplate(
            target: "/", host: "h", fields: [.init(name, "x")])
        #expect(throws: Complaint.self) { try HTTP2Request(template) }
    }
}
