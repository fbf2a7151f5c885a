import Basis
import Wire

/// A call of gRPC as the request of HTTP that it is.
enum GRPCRequest {
    /// What of a call is not as the bench service would have it.
    struct Wishes {
        var kind = GRPCKind.unary
        /// The path of the method; nil for that of the bench service.
        var method: String?
        /// The serialised message; nil for one of the bench service.
        var message: [UInt8]?
        /// Payload of the messages of the bench service.
        var messageBytes = 13
        /// Messages of a stream.
        var messages = 10
        var interval = Nanoseconds.zero
        var fields: [HTTP1.RequestTemplate.Field] = []
    }

    /// The request of every call (the protocol, "Requests").
    static func make(
        _ wishes: Wishes, host: String
    ) throws(Complaint) -> HTTP1.RequestTemplate {
        let target = wishes.method ?? "\(wishes.kind.method.path)"
        guard target.hasPrefix("/"), target.dropFirst().contains("/") else {
            throw Complaint(
                "'\(target)' is no method of gRPC",
                remedy: "write it like /package.Service/Method")
        }
        var fields = wishes.fields
        for (name, value) in [("te", "trailers"), ("content-type", "application/grpc")]
        where !fields.contains(where: { $0.name.lowercased() == name }) {
            fields.append(.init(name, value))
        }
        return try HTTP1.RequestTemplate(
            method: "POST", target: target, host: host, fields: fields,
            body: body(wishes))
    }

    /// All messages of the request, framed.
    private static func body(_ wishes: Wishes) throws(Complaint) -> [UInt8] {
        let message = wishes.message ?? benchMessage(wishes)
        let count = wishes.kind == .client || wishes.kind == .bidi ? wishes.messages : 1
        if count * (message.count + GRPC.Limit.prefixBytes) > Limit.bodyBytes {
            throw Complaint(
                "the messages of a call have more than"
                    + " \(ByteCount(raw: Limit.bodyBytes).display)",
                remedy: "give fewer or smaller ones")
        }
        var body = ByteQueue()
        for _ in 0..<count {
            GRPC.beginMessage(bytes: message.count, to: &body)
            body.append(message.span)
        }
        return Array(copying: body.bytes)
    }

    /// What the methods of the bench service take.
    private static func benchMessage(_ wishes: Wishes) -> [UInt8] {
        var message = ByteQueue()
        switch wishes.kind {
        case .unary:
            var request = BenchMessages.UnaryRequest()
            request.replyBytes = wishes.messageBytes
            request.write(to: &message)
        case .server:
            var request = BenchMessages.StreamRequest()
            request.messages = UInt32(wishes.messages)
            request.messageBytes = wishes.messageBytes
            request.interval = wishes.interval
            request.write(to: &message)
        case .client, .bidi:
            BenchMessages.writePayload(bytes: wishes.messageBytes, to: &message)
        }
        return Array(copying: message.bytes)
    }
}
