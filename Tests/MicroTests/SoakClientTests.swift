import Basis
import Platform
import TestSupport
import Testing

@testable import switchyard_micro

@Suite("clients of a soak")
struct SoakClientTests {
    /// A server that answers whatever it is asked with these bytes.
    struct Mistake: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let reply: String
        var closes = false
        let reason: String
    }

    private static let head = "HTTP/1.1 200 OK\r\nContent-Length: "

    @Test(
        "what is not the answer that was due is told",
        arguments: [
            Mistake(
                testDescription: "another's", reply: head + "3\r\n\r\n9-9",
                reason: "an answer that is another's"),
            Mistake(
                testDescription: "a refusal",
                reply: "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
                reason: "an answer that is another's"),
            Mistake(
                testDescription: "half of one", reply: head + "99\r\n\r\n0-1:", closes: true,
                reason: "in the midst of an answer"),
            Mistake(
                testDescription: "none", reply: "", closes: true, reason: "before an answer"),
        ])
    func mistakes(mistake: Mistake) throws {
        let server = try RawServer(reply: Array(mistake.reply.utf8), closes: mistake.closes)
        let board = SoakBoard(requests: 10_000)
        board.serve(at: server.port)
        var client = SoakClient(board, name: 0, seed: 1)
        client.run()
        let failure = try #require(board.failure)
        #expect(failure.contains(mistake.reason), "\(failure)")
        #expect(failure.hasPrefix("client 0, request "))
    }

    @Test("what a stopped server has not answered is not missed, but half an answer is")
    func stops() throws {
        for (reply, isFine) in [("", true), (Self.head + "99\r\n\r\n0-1:", false)] {
            let server = try RawServer(reply: Array(reply.utf8), closes: true)
            var client = SoakClient(SoakBoard(requests: 10_000), name: 0, seed: 1)
            var waiting = 0
            var mistake: SoakClient.Mistake?
            while mistake == nil {
                do throws(SoakClient.Mistake) {
                    try client.serve(server.port, &waiting)
                } catch {
                    mistake = error
                }
            }
            #expect(mistake?.mayComeOfAStop == isFine)
            #expect(waiting > 0)
        }
    }

    @Test(
        "a real server makes no mistake, and is stopped twice",
        arguments: ["sharded", "thread-per-connection"])
    func good(pattern: String) throws {
        let server = try TestSupport.Programs.own("switchyard-server")
        #expect(
            try SoakCommand.run(
                ["-n", "600", "--stops", "2", "--pattern", pattern, "--server", server])
                == .success)
    }
}
