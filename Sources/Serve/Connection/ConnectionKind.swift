package import Secure

/// What the connections of a server are made of.
package struct ConnectionKind<Stream: StreamTransport & ~Copyable>: Sendable {
    let context: Stream.Context

    package init(context: Stream.Context) { self.context = context }
}

extension ConnectionKind<PlainStream> {
    package static var plain: Self { Self(context: PlainStream.Context()) }
}
