import Basis
import Testing

@testable import Wire

@Suite("gRPC: the messages of the bench service")
struct BenchMessageTests {
    private func outcome<Value>(
        _ read: () throws(GRPC.Fault) -> Value
    ) -> Result<Value, GRPC.Fault> {
        do throws(GRPC.Fault) {
            return .success(try read())
        } catch {
            return .failure(error)
        }
    }

    private func unary(_ bytes: [UInt8]) -> Result<BenchMessages.UnaryRequest, GRPC.Fault> {
        outcome { () throws(GRPC.Fault) in
            try BenchMessages.UnaryRequest(bytes.span, in: 0..<bytes.count)
        }
    }

    @Test("a request comes back as it was written, and each of its cuts is refused or shorter")
    func unaryRequest() {
        var request = BenchMessages.UnaryRequest()
        request.payloadBytes = 300
        request.replyBytes = 1_000_000
        request.wait = .microseconds(150)
        request.work = .seconds(60)
        request.status = .unauthenticated
        var output = ByteQueue()
        request.write(to: &output)
        let bytes = output.array
        #expect(unary(bytes) == .success(request))
        for cut in 0..<bytes.count { #expect(unary(Array(bytes[..<cut])) != .success(request)) }
        #expect(unary([]) == .success(BenchMessages.UnaryRequest()))
    }

    @Test("what it says in bytes")
    func bytes() {
        var request = BenchMessages.UnaryRequest()
        request.payloadBytes = 2
        request.replyBytes = 300
        var output = ByteQueue()
        request.write(to: &output)
        #expect(output.array == [0x0A, 2, 0x78, 0x78, 0x10, 0xAC, 2])
        request.message = HTTP1.Run(2, 5)
        (request.payloadBytes, request.replyBytes) = (0, 0)
        #expect(unary([0x32, 3, 0x61, 0x62, 0x63]) == .success(request))
    }

    @Test("unknown fields are read over, and the last of several counts")
    func unknown() {
        var request = BenchMessages.UnaryRequest()
        request.replyBytes = 7
        let bytes: [UInt8] = [0x10, 5, 0x38, 0x80, 1, 0x41, 1, 2, 3, 4, 5, 6, 7, 8, 0x45, 1, 2, 3]
        #expect(unary(bytes + [4, 0x3A, 1, 9, 0x10, 7]) == .success(request))
    }

    @Test(
        "what is no message of the type",
        arguments: [
            ([0x10], .malformed), ([0x10, 0x80], .malformed), ([0x0A, 5, 1], .malformed),
            ([0x00, 1], .malformed), ([0x0B], .malformed), ([0x16, 1], .malformed),
            ([0x12, 0], .malformed), ([0x10] + [UInt8](repeating: 0x80, count: 10), .malformed),
            ([0x0A] + [UInt8](repeating: 0xFF, count: 9) + [1], .malformed),
            ([0x10, 0x81, 0x80, 0x80, 2], .outOfRange),
            ([0x18, 0xFF, 0xFF, 0xFF, 0x7F], .outOfRange),
            ([0x28, 17], .outOfRange), ([0x28, 0x80, 2], .outOfRange),
        ] as [([UInt8], GRPC.Fault)])
    func faults(bytes: [UInt8], fault: GRPC.Fault) {
        #expect(unary(bytes) == .failure(fault))
    }

    @Test("streams")
    func streams() {
        var request = BenchMessages.StreamRequest()
        request.messages = 3
        request.messageBytes = 100
        request.interval = .microseconds(5_000)
        var output = ByteQueue()
        output.append(repeating: 0xFF, count: 4)
        request.write(to: &output)
        let bytes = output.array
        #expect(
            outcome { () throws(GRPC.Fault) in
                try BenchMessages.StreamRequest(bytes.span, in: 4..<bytes.count)
            } == .success(request))
        var counts = BenchMessages.StreamCounts()
        #expect(counts.count == 0)
        (counts.messages, counts.bytes) = (3, 1_000)
        output.removeAll()
        counts.write(to: &output)
        #expect(output.array == [8, 3, 0x10, 0xE8, 7] && counts.count == 5)
    }

    @Test("payloads", arguments: [0, 1, 127, 128, 16_383, 16_384])
    func payloads(bytes: Int) {
        var output = ByteQueue()
        BenchMessages.writePayload(bytes: bytes, to: &output)
        #expect(output.count == BenchMessages.payloadMessageBytes(bytes))
        #expect(output.array.suffix(bytes).allSatisfy { $0 == BenchMessages.filler })
    }

    @Test("health is of two services")
    func health() {
        func check(_ name: String) -> GRPC.Fault? {
            let text = Array(name.utf8)
            let bytes = text.isEmpty ? [] : [0x0A, UInt8(text.count)] + text
            if case .failure(let fault) = outcome({ () throws(GRPC.Fault) in
                try BenchMessages.checkService(bytes.span, in: 0..<bytes.count)
            }) {
                return fault
            }
            return nil
        }
        #expect(check("") == nil && check("switchyard.v1.Bench") == nil)
        #expect(check("switchyard.v1.Benck") == .unknownService)
        #expect(check("x") == .unknownService)
    }

    @Test("methods are known by their paths and by no others", arguments: GRPC.Method.allCases)
    func methods(method: GRPC.Method) {
        let bytes = Array("\(method.path)".utf8)
        #expect(GRPC.Method(path: bytes.span) == method)
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(GRPC.Method(path: other.span) == nil)
        }
        let shorter = Array(bytes.dropLast())
        #expect(GRPC.Method(path: shorter.span) == nil)
    }
}
