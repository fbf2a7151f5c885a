/// What messages of a WebSocket are for.
package protocol WebSocketUse: SendableMetatype {
    /// Whether each message tells when it was due.
    static var isTimed: Bool { get }
    /// Whether messages come without being asked for.
    static var delivers: Bool { get }
}

/// One message over and over, each to come back.
package enum Echoes: WebSocketUse {
    @inline(always)
    package static var isTimed: Bool { false }
    @inline(always)
    package static var delivers: Bool { false }
}

/// The same, but each message begins with the time at which it was due, for those whom the server
/// passes it on to.
package enum TimedEchoes: WebSocketUse {
    @inline(always)
    package static var isTimed: Bool { true }
    @inline(always)
    package static var delivers: Bool { false }
}

/// Messages that others have published.
package enum Subscriptions: WebSocketUse {
    @inline(always)
    package static var isTimed: Bool { false }
    @inline(always)
    package static var delivers: Bool { true }
}
