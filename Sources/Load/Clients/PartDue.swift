// Hot path
package import Wire

/// When a part of an answer was due.
package enum PartDue: BitwiseCopyable, Sendable {
    /// Nobody says.
    case unknown
    /// It says so itself.
    case at(Stamp)
    /// It is the part of this number, from 0, and they are due one message interval apart, the
    /// first at the request's intended start.
    case number(UInt64)

    @inline(always)
    package init(_ stamp: Stamp?) {
        if let stamp { self = .at(stamp) } else { self = .unknown }
    }
}
