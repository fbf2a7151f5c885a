/// How many messages an answer has.
package protocol GRPCAnswerShape: SendableMetatype {
    /// Whether there may be any number of them, whose times matter.
    static var isStream: Bool { get }
}

/// One message, as unary calls and streams of the client are answered.
package enum OneMessage: GRPCAnswerShape {
    @inline(always)
    package static var isStream: Bool { false }
}

/// A stream of the server.
package enum ManyMessages: GRPCAnswerShape {
    @inline(always)
    package static var isStream: Bool { true }
}
