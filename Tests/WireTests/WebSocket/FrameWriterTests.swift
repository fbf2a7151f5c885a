import Basis
import Testing
import Wire

@Suite("Writing WebSocket frames")
struct FrameWriterTests {
    private static let mask = WebSocket.Mask(key: 0x3D21_FA37)

    @Test("the examples of RFC 6455 §5.7")
    func examples() {
        var output = ByteQueue()
        let hello = Array("Hello".utf8)
        WebSocket.FrameWriter.write(.text, hello.span, to: &output)
        #expect(output.array == [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        output.removeAll()
        WebSocket.FrameWriter.write(.text, hello.span, mask: Self.mask, to: &output)
        #expect(
            output.array
                == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        output.removeAll()
        WebSocket.FrameWriter.write(
            .text, isFinal: false, hello.span.extracting(first: 3), to: &output)
        WebSocket.FrameWriter.write(
            .continuation, hello.span.extracting(droppingFirst: 3), to: &output)
        #expect(output.array == [0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F])
        output.removeAll()
        WebSocket.FrameWriter.write(.ping, hello.span, to: &output)
        WebSocket.FrameWriter.write(.pong, hello.span, mask: Self.mask, to: &output)
        #expect(
            output.array
                == [0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]
                + [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    }

    @Test(
        "a length is written in as few bytes as will do",
        arguments: [0, 1, 125, 126, 127, 128, 255, 256, 65_535, 65_536, 65_537])
    func lengths(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        for mask in [nil, Self.mask] {
            var output = ByteQueue()
            WebSocket.FrameWriter.write(.binary, payload.span, mask: mask, to: &output)
            let key: [UInt8]? = mask == nil ? nil : [0x37, 0xFA, 0x21, 0x3D]
            #expect(output.array == RawFrame(first: 0x82, payload: payload, key: key).bytes)
            // The payload's own bytes, appended by the caller.
            var pieces = ByteQueue()
            WebSocket.FrameWriter.begin(.binary, count: count, mask: mask, to: &pieces)
            let capacity = pieces.storageBytes
            let key0 = mask ?? .none
            pieces.append(payload.span.extracting(first: count / 3), masked: key0)
            pieces.append(
                payload.span.extracting(droppingFirst: count / 3),
                masked: key0.advanced(by: count / 3))
            #expect(pieces.array == output.array)
            #expect(pieces.storageBytes == capacity, "room is made once")
        }
    }

    @Test("what was received is written again in one pass, in either direction")
    func echo() {
        let payload = Array("twelve bytes and a few more, for all steps".utf8)
        let fromClient = RawFrame.masked(0x81, payload)
        let fromServer = RawFrame.plain(0x81, payload)
        for (bytes, role) in [(fromClient, WebSocket.Role.server), (fromServer, .client)] {
            var receiver = WebSocket.Receiver(role: role)
            guard case .part(let part, _) = receiver.next(bytes.span, from: 0) else {
                Issue.record("no part")
                return
            }
            for mask in [nil, Self.mask] {
                var output = ByteQueue()
                WebSocket.FrameWriter.write(
                    part.kind.opcode, part.payload, from: bytes.span, mask: mask, to: &output)
                #expect(output.array == (mask == nil ? fromServer : fromClient))
            }
        }
    }

    @Test("a Close frame has a code and a reason, or nothing")
    func close() {
        for mask in [nil, Self.mask] {
            let role: WebSocket.Role = mask == nil ? .client : .server
            func read(_ write: (inout ByteQueue) -> Void) -> [ReceiverTrace.Step] {
                var output = ByteQueue()
                write(&output)
                return ReceiverTrace(output.array, role: role).steps
            }
            let none = read { WebSocket.FrameWriter.writeClose(nil, mask: mask, to: &$0) }
            #expect(none == [.close(nil, [])])
            let bare = read { WebSocket.FrameWriter.writeClose(.goingAway, mask: mask, to: &$0) }
            #expect(bare == [.close(1001, [])])
            let full = read {
                WebSocket.FrameWriter.writeClose(.normal, reason: "done", mask: mask, to: &$0)
            }
            #expect(full == [.close(1000, Array("done".utf8))])
            let failed = read {
                WebSocket.FrameWriter.writeClose(.invalidText, mask: mask, to: &$0)
            }
            #expect(failed == [.close(1007, Array("the text is not UTF-8".utf8))])
        }
    }

    @Test("what no peer may be sent stops the program")
    func preconditions() async {
        await #expect(processExitsWith: .failure) {
            var output = ByteQueue()
            WebSocket.FrameWriter.writeClose(WebSocket.CloseCode(1006), to: &output)
        }
        await #expect(processExitsWith: .failure) {
            var output = ByteQueue()
            WebSocket.FrameWriter.begin(.ping, count: 126, to: &output)
        }
        await #expect(processExitsWith: .failure) {
            var output = ByteQueue()
            WebSocket.FrameWriter.begin(.close, isFinal: false, count: 0, to: &output)
        }
    }

    @Test("random talks come back, however fragmented and cut", arguments: 0..<20)
    func random(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let role: WebSocket.Role = seed % 2 == 0 ? .server : .client
        var output = ByteQueue()
        var expected: [ReceiverTrace.Step] = []
        func mask() -> WebSocket.Mask? {
            role == .server ? WebSocket.Mask(using: &generator) : nil
        }
        for _ in 0..<30 {
            let payload = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
                UInt8.random(in: 0..<128, using: &generator)
            }
            let kind: WebSocket.MessageKind = Bool.random(using: &generator) ? .text : .binary
            var opcode = kind.opcode
            var rest = payload[...]
            while opcode != .continuation || !rest.isEmpty {
                let count = Int.random(in: 0...rest.count, using: &generator)
                WebSocket.FrameWriter.write(
                    opcode, isFinal: count == rest.count, Array(rest.prefix(count)).span,
                    mask: mask(),
                    to: &output)
                opcode = .continuation
                rest = rest.dropFirst(count)
                if !rest.isEmpty, Bool.random(using: &generator) {
                    WebSocket.FrameWriter.write(.ping, [7].span, mask: mask(), to: &output)
                    expected.append(.ping([7]))
                }
            }
            expected.append(.message(kind, payload))
        }
        let bytes = output.array
        let cuts = (0..<20).map { _ in Int.random(in: 0...bytes.count, using: &generator) }
        let trace = ReceiverTrace(bytes, role: role, cuts: cuts)
        #expect(trace.steps == expected && trace.fault == nil, "seed \(seed)")
    }
}
