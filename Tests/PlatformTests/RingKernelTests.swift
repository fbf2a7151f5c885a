import Basis
import TestSupport
import Testing

@testable import Platform

/// A loop's calls by io_uring, over TCP.
@Suite("io_uring kernel", .enabled(if: Machine.hasRings))
struct RingKernelTests {
    private static let listenerToken: UInt64 = 1
    private static let connectionToken: UInt64 = 7
    private static let readable: Interest = [.readable, .edge, .interruption]

    /// A kernel, what it needs, and the server's end of one connection.
    private final class Stage {
        var kernel: RingKernel
        let poller: Poller
        let listener: Descriptor
        var events = EventBuffer()
        var connection: Descriptor?
        var client: RawClient?

        init() throws {
            kernel = try RingKernel()
            poller = try Poller()
            listener = try Socket.listen(on: .v4(0x7F00_0001, port: 0), ListenOptions())
            try Socket.makeBlocking(listener)
            try kernel.control(
                poller, .add, listener, interest: .readable, token: listenerToken)
            client = try RawClient(to: try Socket.localAddress(of: listener))
            while connection == nil {
                try turn()
                connection = try kernel.accept(on: listener)
            }
            try kernel.control(
                poller, .add, connection!, interest: readable, token: connectionToken)
        }

        deinit {
            if let connection = connection.take() { kernel.close(connection) }
            kernel.finish()
            kernel.free()
        }

        func turn(_ timeout: Nanoseconds = .seconds(5)) throws {
            try kernel.wait(on: poller, for: &events, timeout: timeout)
        }

        /// Waits for an event of the connection.
        func event() throws -> Event {
            for _ in 0..<100 {
                try turn()
                for index in events.indices where events[index].token == connectionToken {
                    return events[index]
                }
            }
            throw TestFailure("no event came")
        }

        /// What a receive brings: its bytes, nil where it would block.
        func receive(atMost count: Int = 64 * 1_024) throws -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            // SAFETY: the buffer is the array's own.
            let received = try unsafe bytes.withUnsafeMutableBytes {
                try unsafe kernel.receive(from: connection!, into: $0)
            }
            switch received {
            case .bytes(let count): return Array(bytes.prefix(count))
            case .wouldBlock: return nil
            case .closed: return []
            }
        }

        func send(_ bytes: [UInt8]) throws -> Sent {
            try kernel.send(bytes.span, to: connection!)
        }

        /// Bytes that have come and that nobody has taken.
        var inputCount: Int { kernel.inputCount(of: connection!) }

        func closeConnection() { kernel.close(connection.take()!) }
    }

    @Test("what it tells of is counted")
    func events() throws {
        let stage = try Stage()
        let before = stage.kernel.counts.ready
        try stage.turn(.zero)
        #expect(stage.kernel.counts.ready == before)
        try stage.client!.send("abc")
        _ = try stage.event()
        #expect(stage.kernel.counts.ready == before + 1)
    }

    @Test("bytes come with an event, in order, and then nothing, and then the end")
    func receives() throws {
        let stage = try Stage()
        #expect(try stage.receive() == nil)
        try stage.client!.send("abcdef")
        #expect(try stage.event().isReadable)
        #expect(try stage.receive(atMost: 4) == Array("abcd".utf8))
        #expect(try stage.receive() == Array("ef".utf8))
        #expect(try stage.receive() == nil)
        stage.client!.finishSending()
        let event = try stage.event()
        #expect(event.isReadable && event.isInterrupted)
        #expect(try stage.receive() == [])
    }

    /// What another thread does meanwhile: the ring is of the one that began with it.
    private func meanwhile(_ body: @escaping @Sendable () -> Void) throws -> Thread {
        try Thread(named: "peer", body: body)
    }

    @Test("what nobody takes is bounded, and comes whole and in order when it is taken")
    func backPressure() throws {
        let stage = try Stage()
        let total = 8 << 20
        let bytes = (0..<total).map { UInt8(truncatingIfNeeded: $0 / 251) }
        // SAFETY: until the thread has ended, nobody else has the client.
        nonisolated(unsafe) let client = stage.client!
        let peer = try meanwhile { try? unsafe client.send(bytes) }
        // Nothing is taken for a while, turn by turn.
        for _ in 0..<50 { try stage.turn(.milliseconds(2)) }
        let most = Limit.ringInputBytes + Int(Limit.ringBuffers * Limit.ringBufferBytes)
        #expect(stage.inputCount <= most)
        // Of what has come until now the events are gone: it is taken, and then waited for more.
        var received: [UInt8] = []
        while true {
            while let more = try stage.receive(), !more.isEmpty { received += more }
            if received.count >= total { break }
            #expect(try stage.event().isReadable)
        }
        peer.join()
        #expect(received == bytes)
    }

    @Test("sends keep their order, and who waited for room is told of it")
    func sends() throws {
        let stage = try Stage()
        var sent: [UInt8] = []
        var isFull = false
        for turn in 0..<1_000 where !isFull {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: turn), count: 100_000)
            switch try stage.send(bytes) {
            case .bytes(let count): sent += bytes.prefix(count)
            case .wouldBlock: isFull = true
            }
        }
        #expect(isFull)
        try stage.kernel.control(
            stage.poller, .modify, stage.connection!,
            interest: Self.readable.union(.writable), token: Self.connectionToken)
        let count = sent.count
        // SAFETY: until the thread has ended, nobody else has the client.
        nonisolated(unsafe) let client = stage.client!
        let received = Guarded<[UInt8]>([])
        let peer = try meanwhile {
            let all = (try? unsafe client.receive(count)) ?? []
            received.withLock { $0 = all }
        }
        #expect(try stage.event().isWritable)
        for _ in 0..<50 { try stage.turn(.milliseconds(2)) }
        peer.join()
        #expect(received.withLock { $0 } == sent)
        #expect(try stage.send(Array("last".utf8)) == .bytes(4))
        stage.kernel.finishSending(on: stage.connection!)
        try stage.turn(.zero)
        try stage.turn(.zero)
        #expect(try stage.client!.rest() == Array("last".utf8))
    }

    @Test("who is told of room once is told again as long as a send does not take all")
    func sendsOn() throws {
        let stage = try Stage()
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
        // SAFETY: until the thread has ended, nobody else has the client.
        nonisolated(unsafe) let client = stage.client!
        let received = Guarded<[UInt8]>([])
        let peer = try meanwhile {
            let all = (try? unsafe client.receive(3_000_000)) ?? []
            received.withLock { $0 = all }
        }
        var rest = bytes[...]
        func sendSome() throws {
            while case .bytes(let count) = try stage.send(Array(rest)) {
                let isCut = count < rest.count
                rest = rest.dropFirst(count)
                if isCut || rest.isEmpty { return }
            }
        }
        try sendSome()
        // Asked for once, as a reader does that goes on waiting for the same.
        try stage.kernel.control(
            stage.poller, .modify, stage.connection!,
            interest: Self.readable.union(.writable), token: Self.connectionToken)
        while !rest.isEmpty {
            try #require(try stage.event().isWritable)
            try sendSome()
        }
        for _ in 0..<50 { try stage.turn(.milliseconds(2)) }
        peer.join()
        #expect(received.withLock { $0 == bytes })
    }

    @Test("a connection that is closed ends behind its bytes, be they more than fit the socket")
    func closesBehind() throws {
        let stage = try Stage()
        let bytes = [UInt8](repeating: 0x61, count: Limit.ringOutputBytes)
        #expect(try stage.send(bytes) == .bytes(bytes.count))
        stage.closeConnection()
        // SAFETY: until the thread has ended, nobody else has the client.
        nonisolated(unsafe) let client = stage.client!
        let rest = Guarded<[UInt8]>([])
        let peer = try meanwhile {
            let all = (try? unsafe client.rest()) ?? []
            rest.withLock { $0 = all }
        }
        for _ in 0..<100 { try stage.turn(.milliseconds(2)) }
        peer.join()
        #expect(rest.withLock { $0 } == bytes)
    }

    @Test("a reset is an error of the next receive and the next send")
    func resets() throws {
        let stage = try Stage()
        stage.client?.resetAtEnd()
        stage.client = nil
        let event = try stage.event()
        #expect(event.isBroken)
        #expect(throws: SystemError.self) { _ = try stage.receive() }
        #expect(throws: SystemError.self) { _ = try stage.send([1]) }
    }

    @Test("a waker of the poller ends a wait")
    func wakes() throws {
        let stage = try Stage()
        let waker = try Waker()
        try stage.poller.add(waker, token: 99)
        for _ in 0..<3 {
            waker.wake()
            let before = MonotonicClock.now
            try stage.turn(.seconds(60))
            #expect(MonotonicClock.now.since(before) < .seconds(60))
        }
    }
}
