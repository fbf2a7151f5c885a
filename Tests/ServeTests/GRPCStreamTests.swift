import Basis
import TestSupport
import Testing
import Wire

@testable import Serve

private typealias H2 = HTTP2Frames
private typealias Calls = GRPCFrames

/// Calls of gRPC that take time: deadlines, cancellation, and streams of messages.
@Suite("gRPC streams and deadlines")
struct GRPCStreamTests {
    private static let overdue = "1:200 grpc 4 the deadline has passed end"

    private func words(_ connection: Calls.Own) -> [String] { Calls.words(connection.sent) }

    private func waiting(_ milliseconds: Int) -> [UInt8] {
        Calls.unary { $0.wait = .milliseconds(milliseconds) }
    }

    // MARK: deadlines

    @Test("a reply that is waited for comes in time", arguments: ["1S", "301m", "99999999H"])
    func waits(timeout: String) {
        let connection = Calls.own()
        connection.receive(Calls.call(1, "Unary", waiting(300), [("grpc-timeout", timeout)]))
        connection.advance(.milliseconds(299))
        #expect(words(connection).isEmpty)
        connection.advance(.milliseconds(1))
        #expect(words(connection) == ["1:200", "1 data 5", "1 grpc 0 end"])
    }

    @Test("what would come behind the deadline is not waited for")
    func deadline() {
        let connection = Calls.own()
        connection.receive(Calls.call(1, "Unary", waiting(300), [("grpc-timeout", "200m")]))
        connection.advance(.milliseconds(199))
        #expect(words(connection).isEmpty)
        connection.advance(.milliseconds(1))
        #expect(words(connection) == [Self.overdue])
        connection.receive(Calls.call(3, "Unary", [], [("grpc-timeout", "0n")]))
        #expect(words(connection).last?.hasPrefix("3:200 grpc 4") == true)
    }

    @Test("the deadline counts from the head, also where the message comes late")
    func fromHead() {
        let connection = Calls.own()
        connection.receive(Calls.head(1, "Unary", [("grpc-timeout", "500m")]))
        connection.advance(.milliseconds(400))
        connection.receive(Calls.data(1, Calls.message(waiting(200))))
        connection.advance(.milliseconds(100))
        #expect(words(connection) == [Self.overdue])
        // And where it does not come at all.
        connection.receive(Calls.head(3, "Unary", [("grpc-timeout", "500m")]))
        connection.advance(.milliseconds(499))
        #expect(words(connection).count == 1)
        connection.advance(.milliseconds(1))
        #expect(words(connection).last == "3 reset NO_ERROR")
        #expect(connection.held == 0 && !connection.isClosed)
    }

    @Test("a worker's reply that comes too late is not sent, nor is its work begun")
    func lateWorker() {
        let connection = Calls.balanced()
        connection.receive(Calls.call(1, "Unary", [], [("grpc-timeout", "200m")]))
        connection.advance(.milliseconds(300))
        #expect(Calls.words(connection.sent).isEmpty)
        connection.deliver(0)
        #expect(Calls.words(connection.sent) == [Self.overdue])
        connection.receive(Calls.call(3, "Unary", waiting(300), [("grpc-timeout", "200m")]))
        connection.deliver(0)
        connection.advance(.milliseconds(200))
        #expect(Calls.words(connection.sent).last?.hasPrefix("3:200 grpc 4") == true)
        #expect(connection.freeItems == Limit.messagesInFlight)
    }

    @Test("a reply that the windows hold up ends at the deadline")
    func heldUp() {
        let connection = Calls.own()
        connection.receive(
            H2.settings([(4, 10)]) + Calls.call(1, "Unary", [0x10, 100], [("grpc-timeout", "1S")]))
        #expect(words(connection) == ["1:200", "1 data 10"])
        connection.advance(.seconds(1))
        #expect(words(connection).last == "1 grpc 4 the deadline has passed end")
        #expect(connection.held == 0)
    }

    @Test("a request that drips in is refused")
    func tooSlow() {
        let connection = Calls.own()
        connection.receive(Calls.head(1, "Unary"))
        connection.advance(Limit.bodyTime + .seconds(1))
        #expect(words(connection).first?.hasPrefix("1:200 grpc 4") == true)
        #expect(words(connection).last == "1 reset NO_ERROR")
    }

    // MARK: cancellation

    @Test("a call that is cancelled says nothing more, and the next one is served")
    func cancel() {
        let starts = [
            Calls.call(1, "Unary", waiting(300)), Calls.head(1, "Unary"),
            Calls.call(1, "ServerStream", Calls.stream(9, of: 1, every: .milliseconds(100))),
            Calls.head(1, "ClientStream") + Calls.data(1, Calls.message([1]), ends: false),
            Calls.head(1, "Bidi") + Calls.data(1, Calls.message([1]), ends: false),
        ]
        for start in starts {
            let connection = Calls.own()
            connection.receive(start)
            let before = words(connection).count
            connection.receive(H2.reset(1))
            connection.advance(.seconds(2))
            #expect(words(connection).count == before)
            connection.receive(Calls.call(3, "Unary", []))
            #expect(words(connection).last == "3 grpc 0 end")
            #expect(connection.held == 0)
        }
        let connection = Calls.balanced()
        connection.receive(Calls.call(1, "Unary", []) + Calls.head(3, "Bidi"))
        connection.receive(H2.reset(1) + H2.reset(3))
        connection.deliver(0)
        connection.deliver(0)
        #expect(Calls.words(connection.sent).isEmpty)
        #expect(connection.freeItems == Limit.messagesInFlight)
    }

    // MARK: streams of the server

    @Test("messages come when they are due, however late those before were")
    func intervals() {
        let connection = Calls.own()
        let request = Calls.stream(4, of: 9, every: .milliseconds(100))
        connection.receive(Calls.call(1, "ServerStream", request))
        #expect(words(connection) == ["1:200", "1 data 16"])
        connection.advance(.milliseconds(99))
        #expect(words(connection).count == 2)
        connection.advance(.milliseconds(1))
        #expect(words(connection).count == 3)
        connection.room = 0
        connection.advance(.milliseconds(200))
        connection.room = -1
        connection.makeRoom(0)
        let all = words(connection)
        #expect(all.last == "1 grpc 0 end")
        #expect(Calls.payload(connection.sent, 1).count == 64)
    }

    @Test("many messages go as the windows let them, several in a frame")
    func many() {
        let connection = Calls.own()
        connection.receive(Calls.call(1, "ServerStream", Calls.stream(10_000, of: 9)))
        #expect(Calls.payload(connection.sent, 1).count == 65_535)
        #expect(connection.held < 40_000)
        connection.receive(H2.update(0, 1 << 20) + H2.update(1, 1 << 20))
        #expect(words(connection).last == "1 grpc 0 end")
        #expect(Calls.payload(connection.sent, 1).count == 160_000)
        #expect(words(connection).count < 30 && connection.held == 0)
    }

    @Test("a stream ends at the deadline")
    func streamDeadline() {
        let connection = Calls.own()
        let request = Calls.stream(100, of: 0, every: .milliseconds(100))
        connection.receive(Calls.call(1, "ServerStream", request, [("grpc-timeout", "250m")]))
        connection.advance(.seconds(1))
        #expect(
            words(connection) == [
                "1:200", "1 data 5", "1 data 5", "1 data 5",
                "1 grpc 4 the deadline has passed end",
            ])
    }

    // MARK: streams of both

    @Test("messages go back as they come, until the peer ends")
    func bidi() {
        for isBalanced in [false, true] {
            let own = Calls.own()
            let balanced = Calls.balanced()
            func receive(_ bytes: [UInt8]) {
                if isBalanced { balanced.receive(bytes) } else { own.receive(bytes) }
            }
            func sent() -> [UInt8] { isBalanced ? balanced.sent : own.sent }
            receive(Calls.head(1, "Bidi"))
            receive(Calls.data(1, Calls.message([1, 2, 3]), ends: false))
            if isBalanced { balanced.deliver(0) }
            #expect(Calls.words(sent()) == ["1:200", "1 data 8"])
            receive(Calls.data(1, Calls.message([4]), ends: false))
            #expect(Calls.words(sent()).last == "1 data 6")
            receive(Calls.data(1, []))
            #expect(Calls.words(sent()).last == "1 grpc 0 end")
            #expect(Calls.payload(sent(), 1) == Calls.message([1, 2, 3]) + Calls.message([4]))
        }
    }

    @Test(
        "ways for a stream of both to end",
        arguments: [
            (Calls.head(1, "Bidi", ends: true), ["1:200", "1 grpc 0 end"]),
            (
                Calls.head(1, "Bidi") + Calls.data(1, Calls.message([1])),
                ["1:200", "1 data 6", "1 grpc 0 end"]
            ),
            (
                Calls.head(1, "Bidi") + Calls.data(1, [0, 0]),
                ["1:200", "1 data 2", "1 grpc 13 the request ends within a message end"]
            ),
            (
                Calls.head(1, "Bidi") + Calls.data(1, [9], ends: false),
                ["1:200", "1 grpc 13 a message's flag is neither 0 nor 1 end", "1 reset NO_ERROR"]
            ),
            (
                Calls.head(1, "Bidi") + H2.headers(1, [("a", "b")]), ["1:200", "1 grpc 0 end"]
            ),
        ])
    func bidiEnds(bytes: [UInt8], expected: [String]) {
        for sent in Calls.answers(bytes) { #expect(Calls.words(sent) == expected) }
    }

    @Test("what does not go back is not given back: the window bounds what waits")
    func bidiWindow() {
        let connection = Calls.own()
        connection.receive(H2.settings([(4, 0)]) + Calls.head(1, "Bidi"))
        let bytes = Calls.message([UInt8](repeating: 1, count: 16_000))
        func updates() -> [String] {
            var reading = HTTP2Reading()
            return reading.read(connection.sent).filter { $0.hasPrefix("1 update") }
        }
        for _ in 0..<16 { connection.receive(Calls.data(1, bytes, ends: false)) }
        #expect(updates().isEmpty && connection.held == 16 * 16_005)
        connection.receive(H2.update(0, 1 << 20) + H2.update(1, 1 << 20))
        #expect(connection.held == 0 && !updates().isEmpty)
        #expect(Calls.payload(connection.sent, 1).count == 16 * 16_005)
    }

    @Test("what there is no room for ends the call, behind what was kept")
    func noRoom() {
        var options = ServerOptions()
        options.bodiesLimit = ByteCount(raw: 30)
        options.bodyLimit = ByteCount(raw: 30)
        let connection = Calls.own(options)
        let bytes = Calls.message([UInt8](repeating: 1, count: 15))
        connection.receive(H2.settings([(4, 0)]) + Calls.head(1, "Bidi"))
        connection.receive(
            Calls.data(1, bytes, ends: false) + Calls.data(1, bytes, ends: false)
                + Calls.data(1, bytes))
        #expect(words(connection) == ["1:200"])
        connection.receive(H2.update(1, 1_000))
        #expect(
            words(connection) == [
                "1:200", "1 data 20", "1 grpc 8 there is no room for the message end",
            ])
        connection.receive(
            Calls.head(3, "Unary") + Calls.data(3, [UInt8](repeating: 0, count: 31)))
        #expect(words(connection).contains { $0.hasPrefix("3:200 grpc 8") })
        #expect(connection.held == 0 && !connection.isClosed)
    }

    @Test("a deadline ends a stream that waits for its peer")
    func bidiDeadline() {
        let connection = Calls.own()
        connection.receive(Calls.head(1, "Bidi", [("grpc-timeout", "300m")]))
        connection.advance(.milliseconds(299))
        #expect(words(connection) == ["1:200"])
        connection.advance(.milliseconds(1))
        #expect(
            words(connection) == [
                "1:200", "1 grpc 4 the deadline has passed end", "1 reset NO_ERROR",
            ])
    }

    @Test("a stream outlasts the time of a body while its messages come")
    func longStream() {
        let connection = Calls.own()
        connection.receive(Calls.head(1, "ClientStream"))
        for _ in 0..<8 {
            connection.advance(.seconds(5))
            connection.receive(
                Calls.data(1, Calls.message([UInt8](repeating: 0, count: 8_000)), ends: false))
        }
        connection.receive(Calls.data(1, []))
        #expect(words(connection).last == "1 grpc 0 end")
    }
}
