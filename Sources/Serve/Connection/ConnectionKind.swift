import Secure

/// What the connections of a server are made of: a transport and a protocol.
struct ConnectionKind<Stream: StreamTransport & ~Copyable, S: Session & ~Copyable>: Sendable {
    let context: Stream.Context
}
