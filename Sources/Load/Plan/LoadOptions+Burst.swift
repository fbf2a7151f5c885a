import Basis

/// What the command line says of arrivals that come together.
extension LoadOptions {
    static let burstSpecs: [OptionSpec] = [
        .init(
            "burst", value: "N",
            help: "with a rate: so many are due at once, N times as rarely (1)")
    ]
}
