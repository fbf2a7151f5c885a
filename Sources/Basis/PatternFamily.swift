/// The families of execution patterns by what their bare names mean, for the server and for those
/// who only name its patterns.
package enum PatternFamily {
    package static let usualVariants = [
        "readers": "readers:direct", "balanced": "balanced:shared",
        "acceptors": "acceptors:exclusive", "sharded": usualPattern,
    ]

    /// The pattern of a server or a cell that names none.
    package static let usualPattern = "sharded:hash"
}
