import Basis
import Wire

/// Calls of gRPC on the command line.
extension LoadOptions {
    /// The request that every call is, its kind, and the time from one message of its answer to the
    /// next.
    static func call(
        _ options: ParsedOptions, _ url: TargetURL, fields: [HTTP1.RequestTemplate.Field],
        readFile: (String) throws(Complaint) -> [UInt8]
    ) throws(Complaint) -> (
        request: HTTP1.RequestTemplate, kind: GRPCKind, interval: Nanoseconds
    ) {
        if options.has("method") {
            throw Complaint("a call of gRPC has no --method", remedy: "take --grpc-method")
        }
        var wishes = GRPCRequest.Wishes()
        wishes.kind = try options.choice("grpc-kind", of: GRPCKind.self) ?? .unary
        wishes.method = options.text("grpc-method") ?? (url.target == "/" ? nil : url.target)
        wishes.message = try body(options, readFile: readFile)
        if wishes.kind != .unary {
            wishes.messages =
                try options.count("messages", in: 0...Limit.grpcMessages) ?? wishes.messages
        } else if options.has("messages") {
            throw Complaint(
                "a unary call has no --messages", remedy: "add --grpc-kind, or leave it out")
        }
        if let interval = try options.time("message-interval", in: .zero...Nanoseconds.seconds(60))
        {
            guard wishes.kind == .server else {
                throw Complaint(
                    "--message-interval is of the messages of a server",
                    remedy: "add --grpc-kind server, or leave it out")
            }
            wishes.interval = interval
        }
        let size = try options.bytes("message-size", in: 0...GRPC.Limit.messageBytes)
        if size != nil, wishes.message != nil {
            throw Complaint(
                "--body says what the message is, and so does --message-size",
                remedy: "leave one out")
        }
        wishes.messageBytes = size?.raw ?? wishes.messageBytes
        wishes.fields = fields
        return (
            try GRPCRequest.make(wishes, host: url.authority), wishes.kind, wishes.interval
        )
    }
}
