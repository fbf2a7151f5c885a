/// The two things that are compared.
package enum Side: String, Equatable, Hashable, Sendable, CaseIterable {
    case base
    case candidate = "cand"
}
