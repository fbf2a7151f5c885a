/// In how many writes one side's bytes go to a socket, as applications differ in it: what Nagle's
/// algorithm and delayed acknowledgements make slow or not (RFC 896, RFC 1122 §4.2.3).
package enum WriteShape: String, Sendable, CaseIterable {
    /// All that is to be sent, in one.
    case one
    /// A head, and in a second one the body and what follows.
    case headThenBody = "head-then-body"
    /// Four pieces of one size.
    case trickle

    /// How many pieces `trickle` makes.
    package static let trickles: UInt32 = 4
}
