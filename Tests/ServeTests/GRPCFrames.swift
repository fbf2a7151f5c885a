import Basis
import TestSupport
import Wire

@testable import Serve

/// Calls of gRPC as bytes, and what a connection answers.
enum GRPCFrames {
    private typealias H2 = HTTP2Frames
    typealias Own = VirtualConnection<OwnDesk, HTTP2Loop.Session>
    typealias Balanced = VirtualConnection<ScriptedDesk, HTTP2Loop.Session>

    static func head(
        _ stream: UInt32, _ method: String, _ more: [(String, String)] = [], ends: Bool = false
    ) -> [UInt8] {
        let path = method.hasPrefix("/") ? method : "/switchyard.v1.Bench/\(method)"
        let fields = [("te", "trailers"), ("content-type", "application/grpc")] + more
        return H2.headers(stream, H2.request("POST", path, fields), flags: ends ? 5 : 4)
    }

    static func message(_ bytes: [UInt8], flag: UInt8 = 0) -> [UInt8] {
        let count = bytes.count
        return [flag, 0, UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255)] + bytes
    }

    static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = true) -> [UInt8] {
        H2.frame(0, flags: ends ? 1 : 0, stream: stream, bytes)
    }

    /// A whole call with one message.
    static func call(
        _ stream: UInt32, _ method: String, _ bytes: [UInt8], _ more: [(String, String)] = []
    ) -> [UInt8] {
        head(stream, method, more) + data(stream, message(bytes))
    }

    static func unary(_ change: (inout BenchMessages.UnaryRequest) -> Void) -> [UInt8] {
        var request = BenchMessages.UnaryRequest()
        change(&request)
        var output = ByteQueue()
        request.write(to: &output)
        return array(output)
    }

    static func stream(_ messages: Int, of bytes: Int, every: Nanoseconds = .zero) -> [UInt8] {
        var request = BenchMessages.StreamRequest()
        request.messages = UInt32(messages)
        request.messageBytes = bytes
        request.interval = every
        var output = ByteQueue()
        request.write(to: &output)
        return array(output)
    }

    private static func array(_ queue: borrowing ByteQueue) -> [UInt8] {
        let bytes = queue.bytes
        return bytes.indices.map { bytes[$0] }
    }

    static func own(_ options: ServerOptions = ServerOptions()) -> Own {
        let connection = HTTP2Loop.make(options)
        connection.receive(H2.opening)
        return connection
    }

    static func balanced() -> Balanced {
        let connection = Balanced(ScriptedDesk(), items: Limit.messagesInFlight)
        connection.receive(H2.opening)
        return connection
    }

    /// What was sent, without settings and windows.
    static func words(_ sent: [UInt8]) -> [String] {
        var reading = HTTP2Reading()
        return reading.read(sent).filter { !$0.hasPrefix("settings") && !$0.contains("update") }
    }

    /// What a stream's payload is.
    static func payload(_ sent: [UInt8], _ stream: UInt32) -> [UInt8] {
        var reading = HTTP2Reading()
        _ = reading.read(sent)
        return reading.payloads[stream] ?? []
    }

    /// What the same bytes lead to, whoever does the work.
    static func answers(_ bytes: [UInt8]) -> [[UInt8]] {
        let own = own()
        own.receive(bytes)
        let balanced = balanced()
        balanced.receive(bytes)
        while balanced.waiting > 0 { balanced.deliver(0) }
        return [own.sent, balanced.sent]
    }
}
