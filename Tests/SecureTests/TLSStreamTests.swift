import Foundation
import Glibc
import TestSupport
import Testing

@testable import Platform
@testable import Secure

/// Both ends of TLS, on a socket that cuts, withholds and ends as it likes.
@Suite("streams of TLS")
struct TLSStreamTests {
    private static func settings(_ version: TLSSettings.Version) -> TLSSettings {
        var settings = TLSSettings()
        settings.version = version
        return settings
    }

    /// Bytes that tell where they are.
    private static func text(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    private static func exchange(
        _ pair: inout TLSPair, _ up: [UInt8], _ down: [UInt8]
    ) -> Bool {
        pair.client.output = up
        pair.server.output = down
        return pair.run { client, server in
            client.isOver || server.isOver
                || client.input.count >= down.count && server.input.count >= up.count
        }
    }

    @Test(
        "what arrives does not depend on how the socket cuts it",
        arguments: TLSSettings.Version.allCases, [1, 2, 3, 5, 6, 17, 1_000, Int.max])
    func cut(version: TLSSettings.Version, size: Int) throws {
        var pair = try TLSPair(Self.settings(version))
        pair.faults.limitTransfers(to: size)
        let isSlow = size < 10
        let (up, down) = (
            Self.text(isSlow ? 2_000 : 200_000), Self.text(isSlow ? 1_000 : 40_000)
        )
        let isDone = Self.exchange(&pair, up, down)
        let (got, sent) = (pair.client.input, pair.server.input)
        #expect(isDone && got == down && sent == up)
        let (mine, its) = (pair.client.facts, pair.server.facts)
        #expect(mine?.application == .http11 && its?.application == .http11)
        #expect(mine?.isSecure == true && mine?.isResumed == false && its?.isResumed == false)
        // Each says its last word, and the other hears it.
        pair.client.finishSending()
        let isHeard = pair.run { $1.isOver }
        let end = pair.server.end
        #expect(isHeard && end == .closed)
        pair.server.close(saysGoodbye: true)
        let isOver = pair.run { client, _ in client.isOver }
        let last = pair.client.end
        #expect(isOver && last == .closed)
    }

    @Test(
        "a call that would block, whichever it is, is made up for",
        arguments: [FaultPlan.Call.send, .receive], TLSSettings.Version.allCases)
    func withheld(call: FaultPlan.Call, version: TLSSettings.Version) throws {
        let (up, down) = (Self.text(70_000), Self.text(20_000))
        for nth in 1...25 {
            var pair = try TLSPair(Self.settings(version))
            pair.faults.strike(call, nth: nth, code: EAGAIN)
            let isDone = Self.exchange(&pair, up, down)
            let (got, sent) = (pair.client.input, pair.server.input)
            #expect(isDone && got == down && sent == up, "call \(nth)")
        }
    }

    @Test(
        "a broken socket is told as what the kernel said",
        arguments: [FaultPlan.Call.send, .receive])
    func broken(call: FaultPlan.Call) throws {
        for nth in 1...8 {
            var pair = try TLSPair()
            pair.faults.strike(call, nth: nth, code: ECONNRESET)
            let isDone = Self.exchange(&pair, Self.text(100), Self.text(100))
            let errors = [pair.client.error, pair.server.error].compactMap(\.self)
            let isStruck = pair.faults.struck > 0
            #expect(
                !isStruck && isDone
                    || errors.contains { $0.reason == "Connection reset by peer" },
                "call \(nth): \(errors)")
        }
    }

    @Test("a reader with little room gets all of it", arguments: [1, 7, 100, 16_384, 70_000])
    func room(bytes: Int) throws {
        var pair = try TLSPair()
        pair.client.room = bytes
        pair.server.room = bytes
        let (up, down) = (Self.text(35_000), Self.text(50_000))
        let isDone = Self.exchange(&pair, up, down)
        let (got, sent) = (pair.client.input, pair.server.input)
        #expect(isDone && got == down && sent == up)
    }

    @Test("sending between receives disturbs neither", arguments: [100, 1_000, 16_384, 20_000])
    func interleaved(room: Int) throws {
        var pair = try TLSPair()
        let isOpen = pair.open()
        #expect(isOpen)
        pair.client.room = room
        let down = Self.text(3_000_000)
        pair.server.output = down
        var sent = 0
        while pair.client.input.count < down.count, sent < 100_000 {
            pair.client.output = [1, 2, 3]
            pair.client.step()
            pair.server.step()
            sent += 1
        }
        let (got, up) = (pair.client.input, pair.server.input.count)
        #expect(got == down && up <= 3 * sent)
    }

    @Test("an end without close_notify is one that was cut off", arguments: [true, false])
    func cutOff(saysGoodbye: Bool) throws {
        var pair = try TLSPair()
        let isDone = Self.exchange(&pair, Self.text(10), Self.text(10))
        #expect(isDone)
        pair.server.close(saysGoodbye: saysGoodbye)
        let isOver = pair.run { client, _ in client.isOver }
        let end = pair.client.end
        #expect(isOver && end == (saysGoodbye ? .closed : .cutOff))
    }

    @Test(
        "what came before the end, or before a fault, is given on first", arguments: [true, false])
    func last(inOrder: Bool) throws {
        var pair = try TLSPair()
        let isOpen = pair.open()
        #expect(isOpen)
        let text = Self.text(1_000)
        pair.server.output = text
        pair.server.step()
        if inOrder {
            pair.server.close(saysGoodbye: true)
        } else {
            try pair.server.interfere(Array("no record of TLS at all".utf8))
        }
        let isOver = pair.run { client, _ in client.isOver }
        let (got, end, error) = (pair.client.input, pair.client.end, pair.client.error)
        #expect(isOver && got == text)
        #expect(inOrder ? end == .closed : error != nil && end == nil)
    }

    @Test("a peer that is gone within the handshake is told so", arguments: [0, 1])
    func gone(steps: Int) throws {
        var pair = try TLSPair()
        for _ in 0..<steps { pair.client.step() }
        pair.client.finishSocket()
        for _ in 0..<5 { pair.server.step() }
        let (isOver, error) = (pair.server.isOver, pair.server.error)
        #expect(isOver && error == .secure(TLSFault(.cutOff)))
        #expect(error?.reason == "the connection ended within the handshake of TLS")
    }

    @Test("a request without TLS is answered so that its client can read it")
    func plain() throws {
        let context = try TLSPair.serverContext()
        let (one, other) = try TLSEnd.sockets()
        var server = TLSEnd(context, on: .init(raw: other), faults: FaultPlan())
        let text = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        // SAFETY: write(2) reads the array, and read(2) fills at most the room.
        let written = unsafe write(one, text, text.count)
        #expect(written == text.count)
        server.step()
        let error = server.error
        #expect(error?.reason.contains("http request") == true)
        var room = [UInt8](repeating: 0, count: 1_000)
        let count = unsafe read(one, &room, room.count)
        close(one)
        let answer = String(decoding: room.prefix(max(0, count)), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        let parts = answer.components(separatedBy: "\r\n\r\n")
        #expect(parts.count == 2 && answer.contains("Content-Length: \(parts[1].utf8.count)\r\n"))
    }

    @Test("junk in the place of a handshake breaks either end, and nothing else")
    func junk() throws {
        var seeds = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0...UInt64.max, using: &seeds)
        var state = seed
        for round in 0..<100 {
            var pair = try TLSPair()
            let bytes = (0..<(1 + round)).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            if round.isMultiple(of: 2) {
                try pair.client.interfere(bytes)
            } else {
                try pair.server.interfere(bytes)
            }
            let isOver = pair.run(rounds: 50) { client, server in
                client.isOver || server.isOver
            }
            // A few bytes may be the beginning of a record.
            let facts = pair.client.facts
            #expect(isOver || facts == nil, "seed \(seed), round \(round)")
        }
    }

    @Test("an error that another connection left is not taken for one's own")
    func stale() throws {
        var pair = try TLSPair()
        let isOpen = pair.open()
        #expect(isOpen)
        let isRead = TLSIdentity(text: "nothing in PEM") != nil
        #expect(!isRead)
        var bad = try TLSPair(
            client: TLSPair.clientContext(host: "two.test"), server: TLSPair.serverContext())
        _ = bad.open()
        let refused = bad.client.error
        #expect(refused != nil)
        let isDone = Self.exchange(&pair, Self.text(100), Self.text(100))
        let errors = [pair.client.error, pair.server.error]
        #expect(isDone && errors == [nil, nil])
    }
}
