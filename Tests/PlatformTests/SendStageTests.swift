import Basis
import TestSupport
import Testing

@testable import Platform

/// Sending by another thread, both sides of which are this one.
@Suite("send stage")
struct SendStageTests {
    private static let token: UInt64 = 7
    private static let watched: Interest = [.readable, .edge, .interruption]

    /// The two sides, and a connection between them and a client.
    private final class Stage {
        let stage: Shared<SendStage>
        var maker: SendStageKernel<LinuxKernel>
        var sender = LinuxKernel()
        let makersPoller: Poller
        let sendersPoller: Poller
        let listener: Descriptor
        var connection: Descriptor?
        var client: RawClient?
        private var batch: [SendStage.Item] = []
        private var parcels = SlotArray(count: 1_024) { SendStage.Parcel() }

        init() throws {
            stage = Shared(try SendStage())
            maker = SendStageKernel(LinuxKernel(), stage: stage)
            makersPoller = try Poller()
            sendersPoller = try Poller()
            listener = try Socket.listen(on: .v4(0x7F00_0001, port: 0), ListenOptions())
            client = try RawClient(to: try Socket.localAddress(of: listener))
            while connection == nil { connection = try maker.accept(on: listener) }
            try maker.control(
                makersPoller, .add, connection!, interest: watched, token: token)
        }

        deinit {
            if let connection = connection.take() { maker.close(connection) }
            sendSome()
            stage.free()
        }

        func send(_ bytes: [UInt8]) throws -> Sent { try maker.send(bytes.span, to: connection!) }

        /// A turn of the sender; says whether the maker has news.
        @discardableResult
        func sendSome(at now: Instant = MonotonicClock.now) -> Bool {
            stage.value.takeBatch(&batch)
            var events = EventBuffer()
            try? sender.wait(on: sendersPoller, for: &events, timeout: .zero)
            for index in events.indices {
                if let item = stage.value.item(events[index].token) { batch.append(item) }
            }
            var hasNews = false
            for item in batch {
                let isNews = stage.value.send(
                    item, &parcels[item.number], on: sendersPoller, with: &sender, at: now)
                hasNews = hasNews || isNews
            }
            return hasNews
        }

        /// What the maker is told.
        func events() throws -> [Event] {
            var events = EventBuffer()
            try maker.wait(on: makersPoller, for: &events, timeout: .zero)
            return events.indices.map { events[$0] }.filter { $0.token == token }
        }

        func wantRoom() throws {
            try maker.control(
                makersPoller, .modify, connection!, interest: watched.union(.writable),
                token: token)
        }

        func closeConnection() { maker.close(connection.take()!) }
    }

    @Test("bytes leave in order, in the writes that they were made as, and nothing before")
    func order() throws {
        let stage = try Stage()
        #expect(try stage.send(Array("abc".utf8)) == .bytes(3))
        #expect(try stage.send(Array("defg".utf8)) == .bytes(4))
        #expect(stage.sender.counts.send == 0)
        #expect(!stage.sendSome())
        #expect(stage.sender.counts.send == 2 && stage.maker.counts.send == 0)
        #expect(try stage.client!.receive(7) == Array("abcdefg".utf8))
        #expect(try stage.send([0x68]) == .bytes(1))
        stage.sendSome()
        #expect(try stage.client!.receive(1) == [0x68])
    }

    @Test("what waits is bounded, and who wants room is told of it as often as he needs it")
    func bounds() throws {
        let stage = try Stage()
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
        // SAFETY: until the thread has ended, nobody else has the client.
        nonisolated(unsafe) let client = stage.client!
        let received = Guarded<[UInt8]>([])
        let peer = try Thread(named: "peer") {
            let all = (try? unsafe client.receive(3_000_000)) ?? []
            received.withLock { $0 = all }
        }
        var rest = bytes[...]
        func sendSome() throws {
            while !rest.isEmpty, case .bytes(let count) = try stage.send(Array(rest)) {
                #expect(count <= Limit.stageBytes)
                rest = rest.dropFirst(count)
            }
        }
        try sendSome()
        #expect(rest.count >= bytes.count - Limit.stageBytes)
        try stage.wantRoom()
        while !rest.isEmpty {
            stage.sendSome()
            if try stage.events().contains(where: \.isWritable) { try sendSome() }
        }
        while stage.maker.unacknowledged(on: stage.connection!) > 0 { stage.sendSome() }
        peer.join()
        #expect(received.withLock { $0 == bytes })
    }

    @Test("an end of sending waits for the bytes before it")
    func finishes() throws {
        let stage = try Stage()
        #expect(try stage.send(Array("last".utf8)) == .bytes(4))
        stage.maker.finishSending(on: stage.connection!)
        stage.sendSome()
        #expect(try stage.client!.rest() == Array("last".utf8))
    }

    @Test("a connection that is closed ends behind its bytes, and its number is free only then")
    func closes() throws {
        let stage = try Stage()
        let bytes = [UInt8](repeating: 0x61, count: Limit.stageBytes)
        #expect(try stage.send(bytes) == .bytes(bytes.count))
        stage.closeConnection()
        // SAFETY: until the thread has ended, nobody else has the client.
        nonisolated(unsafe) let client = stage.client!
        let rest = Guarded<[UInt8]>([])
        let isDone = Guarded(false)
        let peer = try Thread(named: "peer") {
            let all = (try? unsafe client.rest()) ?? []
            rest.withLock { $0 = all }
            isDone.withLock { $0 = true }
        }
        while !isDone.withLock({ $0 }) { stage.sendSome() }
        peer.join()
        #expect(rest.withLock { $0 == bytes })
    }

    @Test("where more was to follow, a close does not wait")
    func abandons() throws {
        let stage = try Stage()
        let bytes = [UInt8](repeating: 0x61, count: 8 * Limit.stageBytes)
        var count = 0
        // Until the socket and the stage are full.
        while case .bytes(let more) = try stage.send(bytes) {
            count += more
            stage.sendSome()
        }
        stage.sendSome()
        stage.closeConnection()
        stage.sendSome()
        let rest = try stage.client!.rest()
        #expect(!rest.isEmpty && rest.count < count)
    }

    @Test("an error is told, and is that of the next send")
    func errors() throws {
        let stage = try Stage()
        stage.client?.resetAtEnd()
        stage.client = nil
        #expect(try stage.send([1]) == .bytes(1))
        #expect(TestClock.eventually { stage.sendSome() })
        #expect(try stage.events().contains(where: \.isBroken))
        #expect(throws: SystemError.self) { _ = try stage.send([2]) }
        var buffer = [UInt8](repeating: 0, count: 10)
        #expect(throws: SystemError.self) {
            // SAFETY: the buffer is the array's own.
            _ = try unsafe buffer.withUnsafeMutableBytes {
                try unsafe stage.maker.receive(from: stage.connection!, into: $0)
            }
        }
    }

    @Test("a connection that was never known is just closed")
    func refuses() throws {
        let stage = try Stage()
        let client = try RawClient(to: try Socket.localAddress(of: stage.listener))
        var other: Descriptor?
        while other == nil { other = try stage.maker.accept(on: stage.listener) }
        stage.maker.close(other.take()!)
        #expect(try client.rest().isEmpty)
    }
}
