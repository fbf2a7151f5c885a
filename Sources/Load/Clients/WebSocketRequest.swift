package import Basis
package import Wire

/// What every connection opens, and the message that it sends over and over, if any.
package struct WebSocketRequest: Equatable, Sendable {
    /// Which use of a WebSocket is compiled for it.
    package enum Use: Equatable, Sendable { case echoes, timedEchoes, subscriptions }

    package let use: Use
    let handshake: WebSocket.ClientHandshake
    let kind: WebSocket.MessageKind
    let message: [UInt8]

    /// - Parameters:
    ///   - template: a request for the same target with the same fields.
    ///   - message: UTF-8, if its kind is text (RFC 6455 §5.6). Where each tells when it was due,
    ///     that takes the place of its first 19 bytes.
    package init(
        _ template: HTTP1.RequestTemplate, use: Use = .echoes, kind: WebSocket.MessageKind,
        message: [UInt8]
    ) throws(Complaint) {
        precondition(use != .timedEchoes || message.count >= Stamp.digits, "room for the time")
        if kind == .text {
            var validator = UTF8Validator()
            guard validator.consume(message.span) == nil, validator.isAtBoundary else {
                throw Complaint(
                    "the message is not UTF-8, as text has to be", remedy: "add --message binary")
            }
        }
        handshake = try WebSocket.ClientHandshake(
            target: template.target, host: String(decoding: template.host, as: UTF8.self),
            fields: template.fields)
        self.use = use
        self.kind = kind
        self.message = message
    }
}
