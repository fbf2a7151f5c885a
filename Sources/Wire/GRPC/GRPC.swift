/// gRPC over HTTP/2: messages in frames of their own within the payload of a stream, and a status
/// in its trailers (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "the protocol"
/// in what follows).
package enum GRPC {
    /// What is taken.
    package enum Limit {
        /// What stands before each message: a flag, and a length in network order.
        package static let prefixBytes = 5
        /// The largest message that is taken: what the implementations of gRPC take by default.
        package static let messageBytes = 4 * 1_024 * 1_024
    }
}
