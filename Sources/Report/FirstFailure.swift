package import Basis

/// The first request or connection of the measured phase that failed: what a count of failures
/// cannot say.
package struct FirstFailure: Equatable, Sendable {
    /// Where it failed, named like the member of `errors` that counts it.
    package enum Phase: String, Sendable, CaseIterable {
        case `protocol`, read, timeout, connect, write, status
    }

    package var phase: Phase
    /// Why, on one line.
    package var reason: String
    /// The beginning of what was read, as printable ASCII with escapes; nil where nothing was.
    package var received: String?

    package init(phase: Phase, reason: String, received: String? = nil) {
        self.phase = phase
        self.reason = reason
        self.received = received
    }

    package var json: JSONValue {
        [
            "phase": .string(phase.rawValue), "reason": .string(reason),
            "received": .optional(received),
        ]
    }

    /// The members of no failure, for a table whose columns are always the same.
    package static let absent: JSONValue = ["phase": nil, "reason": nil, "received": nil]

    package init(_ fields: RecordFields) throws(RecordRefusal) {
        phase = try fields.choice("phase", of: Phase.self)
        reason = try fields.text("reason")
        received = try fields.optionalText("received")
    }
}
