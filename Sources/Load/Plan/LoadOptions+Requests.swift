import Basis

/// What the command line says of a number of requests instead of a time.
extension LoadOptions {
    static let requestSpecs: [OptionSpec] = [
        .init(
            "requests", short: "n", value: "N",
            help: "end behind so many, without a warm-up unless one is given")
    ]

    /// Options whose load has an end of its own, or counts something else.
    private static let excluded = [
        ("connection-rate", "which counts connections"),
        ("skew", "whose requests wait for connections of their own"),
        ("subscribe", "which asks for nothing"), ("find-rate", "whose steps take their time"),
        ("stages", "which say how long each takes"),
    ]

    static func requests(_ plan: inout LoadPlan, _ options: ParsedOptions) throws(Complaint) {
        guard let count = try options.count("requests", in: 1...Limit.requests) else { return }
        try refuse(beside: "requests", excluded, options)
        if count < plan.threads {
            throw Complaint(
                "\(count) requests can't be shared by \(plan.threads) threads",
                remedy: "give each thread at least one")
        }
        plan.requests = count
        if !options.has("duration") { plan.duration = Limit.duration }
        if !options.has("warmup") { plan.warmUp = .zero }
    }
}
