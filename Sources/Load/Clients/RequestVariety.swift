// Hot path
package import Basis

/// In what ways requests are not all alike, as those who make them say it, and clients for them.
/// What is false is compiled to nothing.
package protocol RequestVariety: ~Copyable, SendableMetatype {
    /// Whether requests are of several kinds, whose latencies are told apart.
    static var hasKinds: Bool { get }

    /// How many kinds there are; 0 where they are not told apart.
    var kinds: Int { get }

    /// The kind of the request that was begun last.
    var lastKind: Int { get }

    /// Whether requests can be made ready before they begin.
    static var preparesAhead: Bool { get }

    /// Makes some ready, when nothing is due.
    mutating func prepare()

    /// Whether an answer may ask for another request in the place of its own.
    static var follows: Bool { get }

    /// The request with this due time has ended.
    mutating func forget(due: Instant)
}

/// Requests that are all alike.
extension RequestVariety where Self: ~Copyable {
    @inline(always)
    package static var hasKinds: Bool { false }
    package var kinds: Int { 0 }
    @inline(always)
    package var lastKind: Int { 0 }
    @inline(always)
    package static var preparesAhead: Bool { false }
    @inline(always)
    package mutating func prepare() {}
    @inline(always)
    package static var follows: Bool { false }
    @inline(always)
    package mutating func forget(due: Instant) {}
}
