/// How the two servers of a pair are measured.
package enum Pairing: String, Equatable, Sendable, CaseIterable {
    /// One launch each, one directly after the other.
    case launch
    /// Both at once, under load by turns.
    case slice

    /// The figure that slices tell; every other is of launches.
    package static let slicedMetric = "srv_cpu_ns_per_req"
}
