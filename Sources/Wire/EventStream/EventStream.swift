/// Server-sent events (WHATWG HTML §9.2) without input or output: bytes in, events out, and events
/// into bytes.
package enum EventStream {}

extension EventStream {
    /// The bounds of what a server may make a client hold. The standard has none.
    package enum Limit {
        /// A line, its end not counted: an answer of a language model in one piece fits well.
        package static let lineBytes = 1_024 * 1_024
        /// The data of an event.
        package static let eventBytes = 4 * 1_024 * 1_024
        /// What a parser keeps of a large event's memory for the next one.
        static let keptBytes = 4 * 1_024
    }

    /// The media type of an event stream, WHATWG HTML §9.2.5.
    package static let mediaType: StaticString = "text/event-stream"

    /// Whether a Content-Type of `value` says that the payload is an event stream, whatever its
    /// parameters.
    package static func isType(_ value: Span<UInt8>) -> Bool {
        guard value.hasFolded(mediaType, at: 0) else { return false }
        let end = mediaType.utf8CodeUnitCount
        return end == value.count || value[end] == .semicolon || value[end].isBlank
    }

    /// Why a stream is not read on.
    package enum Failure: UInt8, BitwiseCopyable, CaseIterable, Error, Sendable {
        case lineTooLong, eventTooLarge

        /// What is wrong, in a clause.
        package var reason: StaticString {
            switch self {
            case .lineTooLong: "a line of the event stream is too long"
            case .eventTooLarge: "an event of the stream is too large"
            }
        }
    }
}

/// What ends a line, WHATWG HTML §9.2.5: CR, LF, or the one and then the other.
struct LineEndByte: ByteClass {
    @inline(always)
    func contains(_ byte: UInt8) -> Bool { byte == .lineFeed || byte == .carriageReturn }
    @inline(always)
    func mask(_ lanes: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        (lanes .== .all(.lineFeed)) .| (lanes .== .all(.carriageReturn))
    }
}
