import Basis
import Platform

/// What the command line says of metrics for Prometheus.
extension LoadOptions {
    static let metricsSpecs: [OptionSpec] = [
        .init(
            "metrics", value: "HOST:PORT",
            help: "serve metrics for Prometheus there, at /metrics")
    ]

    static func metrics(_ plan: inout LoadPlan, _ options: ParsedOptions) throws(Complaint) {
        guard let text = options.text("metrics") else { return }
        let reasons: [(option: String, reason: String)] = [
            ("find-rate", "whose steps would each begin them anew"),
            ("stages", "which would each begin them anew"),
        ]
        try refuse(beside: "metrics", reasons, options)
        plan.metrics = try SocketAddress(parsing: text)
    }
}
