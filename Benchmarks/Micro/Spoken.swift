/// What a generator and a server speak, and how much of it is under way on a connection.
enum Spoken: Equatable {
    case http1
    /// HTTP/1.1 over TLS 1.3, on connections that stay or on one for each request.
    case tls(churns: Bool)
    /// With prior knowledge.
    case http2(streams: Int)
    /// Unary calls of the bench service.
    case grpc(streams: Int)
    /// A text of so many bytes, which comes back.
    case webSocket(bytes: Int)

    /// What is asked for.
    var path: String {
        switch self {
        case .http1, .tls, .http2: "/plaintext"
        case .grpc: Unary.path
        case .webSocket: "/ws"
        }
    }

    var scheme: String {
        if case .tls = self { return "https" }
        return "http"
    }

    /// The unary call that is held against others: it asks for as many bytes as `/plaintext` has.
    enum Unary {
        static let path = "/switchyard.v1.Bench/Unary"
        /// What switchyard-load sends for it: a message behind its length, with `reply_bytes` = 13
        /// (Protos/switchyard/v1/bench.proto).
        static let request: [UInt8] = [0, 0, 0, 0, 2, 0x10, 13]
        /// The message that answers it, without its length.
        static let reply: [UInt8] = [0x0A, 13] + [UInt8](repeating: UInt8(ascii: "x"), count: 13)
        /// The same behind its length.
        static let framedReply: [UInt8] = [0, 0, 0, 0, UInt8(reply.count)] + reply
    }
}
