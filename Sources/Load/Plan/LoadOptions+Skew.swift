import Basis
import Report

/// What the command line says of connections with rates of their own.
extension LoadOptions {
    static let skewSpecs: [OptionSpec] = [
        .init(
            "skew", value: "HOW",
            help: "with --rate: even, or zipf:S, unlike shares (even)")
    ]

    /// Options that bring connections or requests of another kind, and why they don't go together.
    private static let excluded = [
        ("connection-rate", "whose connections come and go"),
        ("requests-per-connection", "which is of connections that stay"),
        ("keepalive", "which is of connections that stay"),
        ("retry", "whose requests go to whichever connection is free"),
        ("fastopen", "which is of connections that stand"),
        ("find-rate", "which takes a busy connection for a lack of connections"),
    ]

    static func skew(_ plan: inout LoadPlan, _ options: ParsedOptions) throws(Complaint) {
        guard let text = options.text("skew") else { return }
        guard let skew = Skew(parsing: text) else {
            throw Complaint("--skew '\(text)' is no skew", remedy: Skew.remedy)
        }
        plan.skew = skew
        if skew != .even { try refuse(beside: "skew", excluded, options) }
    }
}
