import Basis

/// What the command line says of answers that lead elsewhere.
extension LoadOptions {
    static let redirectSpecs: [OptionSpec] = [
        .init(
            "redirects", value: "N",
            help: "with h1: follow so many on the same server (0)")
    ]

    static func redirect(
        _ plan: inout LoadPlan, _ options: ParsedOptions, _ spoken: Spoken
    ) throws(Complaint) {
        guard let most = try options.count("redirects", in: 0...50), most > 0 else { return }
        guard [.auto, .h1].contains(spoken) else {
            throw Complaint(
                "--redirects is for HTTP/1.1, not for \(spoken.title)",
                remedy: "leave it out, or use --protocol h1")
        }
        let reasons: [(option: String, reason: String)] = [
            ("mix", "whose kinds lead to no other"),
            ("idempotency-key", "whose keys name one request"),
            ("connection-rate", "whose connections have their own requests"),
            ("skew", "whose requests have a connection of their own"),
        ]
        try refuse(beside: "redirects", reasons, options)
        plan.redirects = most
    }
}
