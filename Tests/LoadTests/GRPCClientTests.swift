import Basis
import TestSupport
import Testing
import Wire

@testable import Load

private typealias H2 = HTTP2Frames

/// The client of gRPC against bytes made by hand.
@Suite("gRPC client")
struct GRPCClientTests {
    /// One connection of a client, as the engine drives it.
    private struct Driver<Shape: GRPCAnswerShape>: ~Copyable {
        var client: HTTP2Client<GRPCExchange<Shape>>
        var session: HTTP2Client<GRPCExchange<Shape>>.Session
        private var input = HeldInput()
        /// Which of its answer each part was.
        private(set) var numbers: [UInt64] = []

        init(begun: Int) throws {
            let template = try GRPCRequest.make(GRPCRequest.Wishes(), host: "h")
            client = HTTP2Client(
                request: try HTTP2Request(template, saysLength: false), streams: 4)
            session = client.open()
            for _ in 0..<begun { _ = client.begin(on: &session, due: .distantFuture) }
        }

        /// The events that `bytes` bring, in words.
        mutating func receive(_ more: [UInt8]) -> [String] {
            var words: [String] = []
            var told: [UInt64] = []
            input.show(more, to: &client, &session) { client, _, event in
                switch event {
                case .answer(let answer):
                    let outcome = answer.outcome
                    words.append(
                        outcome.kind.isError
                            ? "\(outcome.kind): \(client.reason(of: outcome))"
                            : "\(answer.slot): \(outcome.code) \(answer.bodyBytes)")
                    return answer.end
                case .part(let slot, let bytes, let due, let end):
                    words.append("\(slot) part \(bytes)")
                    if case .number(let number) = due { told.append(number) }
                    return end
                case .lost(let slot, let mayRetry, let end):
                    words.append("\(slot) lost" + (mayRetry ? ", again" : ""))
                    return end
                case .lastRequests(let end):
                    words.append("last")
                    return end
                case .violation(let violation): words.append(violation.reason)
                case .needMore, .delivered: words.append("another event")
                }
                return nil
            }
            numbers += told
            return words
        }
    }

    private static func head(_ stream: UInt32) -> [UInt8] {
        H2.headers(
            stream, [(":status", "200"), ("content-type", "application/grpc")], flags: 4)
    }

    private static func message(_ text: String) -> [UInt8] {
        [0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    private static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = false) -> [UInt8] {
        H2.frame(0, flags: ends ? 1 : 0, stream: stream, bytes)
    }

    private static func trailers(_ stream: UInt32, _ status: String, _ text: String = "")
        -> [UInt8]
    {
        H2.headers(
            stream,
            [("grpc-status", status)] + (text.isEmpty ? [] : [("grpc-message", text)]))
    }

    private static func only(_ stream: UInt32, _ status: String, _ text: String) -> [UInt8] {
        H2.headers(
            stream,
            [
                (":status", "200"), ("content-type", "application/grpc"),
                ("grpc-status", status), ("grpc-message", text),
            ])
    }

    @Test("answers mean the same whatever the cuts")
    func cuts() throws {
        let bytes =
            H2.settings() + Self.head(1) + Self.data(1, Self.message("abc")) + Self.head(3)
            + Self.trailers(1, "0") + Self.data(3, Array(Self.message("ab").prefix(6)))
            + Self.data(3, Array(Self.message("ab").suffix(1))) + Self.trailers(3, "0")
        for cut in 0...bytes.count {
            var driver = try Driver<OneMessage>(begun: 2)
            let words =
                driver.receive(Array(bytes[..<cut])) + driver.receive(Array(bytes[cut...]))
            #expect(words == ["0: 0 3", "1: 0 2"], "cut at \(cut)")
        }
    }

    @Test("messages of a stream are told one by one, whatever the cuts")
    func parts() throws {
        let three = Self.message("abc") + Self.message("") + Self.message("de")
        let bytes =
            H2.settings() + Self.head(1) + Self.data(1, three + [0, 0]) + H2.ping(1)
            + Self.data(1, Array(Self.message("f").dropFirst(2))) + Self.data(1, [])
            + Self.trailers(1, "0")
        for cut in 0...bytes.count {
            var driver = try Driver<ManyMessages>(begun: 1)
            let words =
                driver.receive(Array(bytes[..<cut])) + driver.receive(Array(bytes[cut...]))
            #expect(
                words == ["0 part 3", "0 part 0", "0 part 2", "0 part 1", "0: 0 0"],
                "cut at \(cut)")
            let numbers = driver.numbers
            #expect(numbers == [0, 1, 2, 3])
        }
        var driver = try Driver<ManyMessages>(begun: 1)
        #expect(driver.receive(H2.settings() + Self.head(1) + Self.trailers(1, "0")) == ["0: 0 0"])
    }

    private static let failures: [([UInt8], String)] = [
        (only(1, "5", "no 100%25"), "clientError: a call ended with NOT_FOUND: no 100%"),
        (only(1, "14", ""), "serverError: a call ended with UNAVAILABLE"),
        (
            head(1) + data(1, message("a")) + trailers(1, "13", "%C3%A4"),
            "serverError: a call ended with INTERNAL: \u{E4}"
        ),
        (head(1) + trailers(1, "99"), "serverError: a call ended with UNKNOWN"),
        (
            head(1) + trailers(1, "0"),
            "serverError: a call ended with INTERNAL, without a status of its own"
        ),
        (
            head(1) + data(1, message("a") + message("b")) + trailers(1, "0"),
            "serverError: a call ended with INTERNAL, without a status of its own"
        ),
        (
            head(1) + data(1, message("a"), ends: true),
            "serverError: a call ended with UNKNOWN, without a status of its own"
        ),
        (
            H2.headers(1, [(":status", "503")]),
            "serverError: a call ended with UNAVAILABLE, without a status of its own"
        ),
        (
            head(1) + H2.reset(1, 8),
            "clientError: a call ended with CANCELLED, without a status of its own"
        ),
        (H2.reset(1, 7), "0 lost, again"),
        (head(1) + data(1, [1]), "PROTOCOL_ERROR: a compressed message without grpc-encoding"),
    ]

    @Test("a failure is told by its status, and its text if it has one", arguments: failures)
    func failed(bytes: [UInt8], word: String) throws {
        var one = try Driver<OneMessage>(begun: 1)
        #expect(one.receive(H2.settings() + bytes) == [word])
    }

    @Test("trailers that come again are known, and a text is always read anew")
    func known() throws {
        var driver = try Driver<OneMessage>(begun: 4)
        var bytes = H2.settings()
        for (stream, status, text) in [
            (1, "7", "a"), (3, "7", "b"), (5, "7", ""), (7, "7", ""),
        ] as [(UInt32, String, String)] {
            bytes += Self.head(stream) + Self.trailers(stream, status, text)
        }
        let words = driver.receive(bytes)
        #expect(
            words == [
                "clientError: a call ended with PERMISSION_DENIED: a",
                "clientError: a call ended with PERMISSION_DENIED: b",
                "clientError: a call ended with PERMISSION_DENIED",
                "clientError: a call ended with PERMISSION_DENIED",
            ])
    }

    @Test("statuses go to the classes that they have in HTTP")
    func classes() {
        let client: [GRPC.Status] = [
            .cancelled, .invalidArgument, .notFound, .alreadyExists, .permissionDenied,
            .resourceExhausted, .failedPrecondition, .aborted, .outOfRange, .unauthenticated,
        ]
        for status in GRPC.Status.allCases {
            let kind: Outcome.Kind =
                status == .ok ? .success : client.contains(status) ? .clientError : .serverError
            #expect(Outcome(status) == Outcome(kind, code: UInt16(status.rawValue)))
        }
    }

    // MARK: the request

    private func request(_ change: (inout GRPCRequest.Wishes) -> Void) throws -> [UInt8] {
        var wishes = GRPCRequest.Wishes()
        change(&wishes)
        return try GRPCRequest.make(wishes, host: "h").body
    }

    @Test("what is sent by default, and what is asked for instead")
    func bodies() throws {
        #expect(try request { _ in } == [0, 0, 0, 0, 2, 0x10, 13])
        #expect(try request { $0.message = [7] } == [0, 0, 0, 0, 1, 7])
        #expect(
            try request {
                ($0.kind, $0.messages, $0.messageBytes) = (.server, 3, 0)
                $0.interval = .microseconds(5)
            } == [0, 0, 0, 0, 4, 8, 3, 0x18, 5])
        #expect(
            try request { ($0.kind, $0.messages, $0.messageBytes) = (.bidi, 2, 1) }
                == [0, 0, 0, 0, 3, 10, 1, 0x78, 0, 0, 0, 0, 3, 10, 1, 0x78])
        #expect(try request { ($0.kind, $0.messages) = (.client, 0) }.isEmpty)
    }

    @Test("its head is that of a call")
    func heads() throws {
        var wishes = GRPCRequest.Wishes()
        wishes.fields = [.init("Grpc-Timeout", "5S"), .init("TE", "trailers")]
        let request = try HTTP2Request(
            GRPCRequest.make(wishes, host: "h"), saysLength: false)
        let lines = request.fields.map {
            String(decoding: $0.name + Array(": ".utf8) + $0.value, as: UTF8.self)
        }
        #expect(
            lines == [
                ":method: POST", ":scheme: http", ":authority: h",
                ":path: /switchyard.v1.Bench/Unary", "grpc-timeout: 5S", "te: trailers",
                "content-type: application/grpc",
            ])
    }
}
