import Basis
import Platform
import Report
import TestSupport
import Testing

@testable import Load
@testable import Measure

/// A count of failures says nothing; the first of them says why.
@Suite("The first failure")
struct FirstFailureTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let actions: [VirtualWorld.Action]
        let phase: FirstFailure.Phase
        let reason: String
        let received: String?
        var testDescription: String { "\(phase): \(reason)" }

        init(
            _ actions: [VirtualWorld.Action], _ phase: FirstFailure.Phase, _ reason: String,
            _ received: String?
        ) {
            self.actions = actions
            self.phase = phase
            self.reason = reason
            self.received = received
        }
    }

    private static func send(_ text: String) -> VirtualWorld.Action {
        .send(Array(text.utf8), after: .milliseconds(1))
    }

    static let cases = [
        Case(
            [.send(WireText.garbage, after: .milliseconds(1))], .protocol,
            "the answer does not begin with HTTP/", #"220 smtp.example.org ESMTP\r\n"#),
        Case(
            [send("HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n")], .protocol,
            "Content-Length is not one decimal number",
            #"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n"#),
        Case(
            [
                send(
                    "HTTP/1.1 200 OK\r\n\(String(repeating: "A: b\r\n", count: 50))nonsense\r\nC: d"
                )
            ],
            .protocol, "a field line has no colon", #"nonsense\r\nC: d"#),
        Case(
            [send("HTTP/1.1 200 OK\r\nX: \(String(repeating: "y", count: 310_000))")], .protocol,
            "the head of the answer is over 307200 bytes, the limit here",
            #"HTTP/1.1 200 OK\r\nX: "# + String(repeating: "y", count: 175) + "..."),
        Case(
            [send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")], .protocol,
            "the server changed the protocol (101) without being asked",
            #"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"#),
        Case(
            [.close(after: .milliseconds(1))], .read,
            "the server closed the connection before an answer", nil),
        Case(
            [send("HTTP/1.1 2"), .close(after: .milliseconds(2))], .read,
            "the server closed the connection in the head of an answer", "HTTP/1.1 2"),
        Case(
            [
                send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
                .close(after: .milliseconds(2)),
            ], .read, "the server closed the connection with 6 bytes of the body missing", nil),
        Case(
            [.reset(after: .milliseconds(1))], .read,
            "recv: Connection reset by peer before an answer", nil),
        Case([], .timeout, "200ms passed before an answer", nil),
        Case(
            [send("HTTP/1.1 200 OK\r\nX: \u{7f}\\")], .timeout,
            "200ms passed in the head of an answer", #"HTTP/1.1 200 OK\r\nX: \x7f\\"#),
        Case(
            [.send(WireText.notFound, after: .milliseconds(1))], .status,
            "an answer had status 404", #"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"#),
    ]

    @Test("says what was wrong and what was read", arguments: cases)
    func first(_ test: Case) throws {
        var run = WorldRun(connections: 2, duration: .seconds(1))
        run.plan.timeout = .milliseconds(200)
        run.world.answer = { _, _ in test.actions }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.errors.requests > 0)
        let note = result.firstFailure
        let failure = try #require(note).failure
        #expect(failure.phase == test.phase)
        #expect(failure.reason == test.reason)
        #expect(failure.received == test.received)
        #expect(failure.received?.count ?? 0 <= 200)
    }

    @Test("is of the window, not of the warm-up")
    func warmUp() throws {
        let run = WorldRun(warmUp: .milliseconds(100), duration: .milliseconds(100))
        let begin = run.start
        run.world.answer = { _, at in
            [
                .send(
                    at < begin + .milliseconds(90) ? WireText.garbage : WireText.ok,
                    after: .milliseconds(1))
            ]
        }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded > 0 && result.tally.errors.total == 0)
        #expect(result.firstFailure == nil)
    }

    @Test("of a connection that can't be made names the address")
    func connect() throws {
        let run = WorldRun(connections: 2, duration: .milliseconds(500))
        let death = run.start + .milliseconds(100)
        run.world.answer = { _, at in
            at < death ? [.send(WireText.closing, after: .milliseconds(1))] : [.close(after: .zero)]
        }
        run.world.welcome = { _, at in at < death ? .accepted : .refused }
        let result = try run.result(ClosedPacing())
        #expect(result.tally.errors.connect > 0)
        let note = result.firstFailure
        let failure = try #require(note).failure
        #expect(failure.phase == .connect && failure.received == nil)
        #expect(failure.reason == "127.0.0.1:9: Connection refused")
    }

    @Test("where redirections lead is told, once they are counted")
    func redirection() throws {
        let run = WorldRun(duration: .milliseconds(50))
        let text = "HTTP/1.1 301 Moved\r\nLocation: /el\u{e9}where\r\nContent-Length: 0\r\n\r\n"
        run.world.answerAll(Array(text.utf8), after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.statuses[3] > 10 && result.firstFailure == nil)
        #expect(result.location == Array("/el\u{e9}where".utf8))
    }

    @Test("what a server sends before it is asked is never taken for an answer", arguments: [1, 4])
    func greeting(connections: Int) throws {
        let run = WorldRun(connections: connections, duration: .milliseconds(500))
        run.world.greeting = { _ in [.send(WireText.ok, after: .zero)] }
        run.world.answerAll(after: .milliseconds(1))
        // As the coordinator does it, the load begins when every connection has stood for a while.
        run.control.begin(at: run.start + .milliseconds(1))
        let result = try run.runOnceTold(ClosedPacing()).unwrapped()
        #expect(run.world.requests == 0 && result.tally.succeeded == 0)
        #expect(result.tally.errors.protocolViolation >= UInt64(connections) * 10)
        let note = result.firstFailure
        let failure = try #require(note).failure
        #expect(failure.phase == .protocol)
        #expect(failure.reason == "the server sent what no request had asked for")
        #expect(failure.received?.hasPrefix("HTTP/1.1 200 OK") == true)
    }

    @Test("a server that spoke first once is asked again when it is silent")
    func silentAgain() throws {
        let run = WorldRun(connections: 2, duration: .milliseconds(500))
        run.world.greeting = { $0 < 2 ? [.send(WireText.ok, after: .zero)] : [] }
        run.world.answerAll(after: .milliseconds(1))
        // As the coordinator does it, the load begins when every connection has stood for a while.
        run.control.begin(at: run.start + .milliseconds(1))
        let result = try run.runOnceTold(ClosedPacing()).unwrapped()
        #expect(result.tally.succeeded > 300 && result.tally.errors.total == 0)
        #expect(UInt64(run.world.requests) == result.tally.succeeded)
    }

    @Test("bytes on an idle connection close it and count")
    func idle() throws {
        let run = WorldRun(duration: .milliseconds(500))
        let late = Array("HTTP/1.1 408 Request Timeout\r\n\r\n".utf8)
        run.world.answer = { _, _ in
            [
                .send(WireText.ok, after: .milliseconds(1)),
                .send(late, after: .milliseconds(20)),
            ]
        }
        let result = try run.result(ConstantPacing(rate: PerSecond(raw: 20), phase: 0))
        #expect(result.tally.succeeded == 10)
        #expect(result.tally.errors.protocolViolation >= 9)
        #expect(result.tally.errors.status == 0)
    }

    @Test("an empty line that a body leaves behind is nothing", arguments: [false, true])
    func emptyLine(isLate: Bool) throws {
        let run = WorldRun(duration: .milliseconds(200))
        run.world.answer = { _, _ in
            isLate
                ? [
                    .send(WireText.ok, after: .milliseconds(1)),
                    .send([13, 10], after: .milliseconds(2)),
                ] : [.send(WireText.ok + [13, 10], after: .milliseconds(1))]
        }
        let result = try run.result(ConstantPacing(rate: PerSecond(raw: 100), phase: 0))
        #expect(result.tally.succeeded == 20 && result.tally.errors.total == 0)
    }

    @Test("a head of nearly 300 KiB is read in pieces of any size", arguments: [999, 65_536])
    func longHead(piece: Int) throws {
        let run = WorldRun(connections: 2, duration: .milliseconds(20))
        run.world.receiveLimit = piece
        let field = "X: \(String(repeating: "y", count: 1_000))\r\n"
        let text =
            "HTTP/1.1 200 OK\r\n" + String(repeating: field, count: 300)
            + "Content-Length: 1\r\n\r\na"
        run.world.answerAll(Array(text.utf8), after: .milliseconds(1))
        let result = try run.result(ClosedPacing())
        #expect(result.tally.succeeded > 0 && result.tally.errors.total == 0)
        #expect(result.tally.bodyBytes == result.tally.succeeded)
    }

    @Test("text of the network is printable and no longer than its limit")
    func excerpt() {
        let all = (UInt8.min...UInt8.max).map { $0 }
        for count in 0...all.count {
            for start in stride(from: 0, to: all.count - count + 1, by: 37) {
                let text = Excerpt.text(Array(all[start..<start + count]).span)
                #expect(text.utf8.count <= 200 && text.utf8.allSatisfy { $0 >= 32 && $0 < 127 })
            }
        }
        #expect(Excerpt.text(Array("a\r\n\t\\\u{1}".utf8).span) == #"a\r\n\t\\\x01"#)
    }
}
