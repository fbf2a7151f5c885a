import Basis
import Wire

/// What the command line says of requests that are sent again.
extension LoadOptions {
    static let retrySpecs: [OptionSpec] = [
        .init("retry", value: "N", help: "send lost requests again, N times at most (0)"),
        .init("retry-unsafe", help: "also where it may then have its effect twice"),
        .init("idempotency-key", help: "with h1: give each request a key of its own"),
    ]

    /// Methods that have their effect once, however often they are sent (RFC 9110 §9.2.2).
    private static let idempotent: Set<String> = [
        "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE",
    ]

    /// The field that keys are written into.
    static func keyFields(
        _ options: ParsedOptions, _ spoken: Spoken, beside fields: [HTTP1.RequestTemplate.Field]
    ) throws(Complaint) -> [HTTP1.RequestTemplate.Field] {
        guard options.has("idempotency-key") else { return [] }
        guard [.auto, .h1].contains(spoken) else {
            throw Complaint(
                "--idempotency-key is for HTTP/1.1, not for \(spoken.title)",
                remedy: "leave it out, or use --protocol h1")
        }
        if hasKey(fields) {
            throw Complaint(
                "--idempotency-key and --header 'Idempotency-Key' are given",
                remedy: "leave one of them out")
        }
        return [.init("Idempotency-Key", KeyedRequests.placeholder)]
    }

    private static func hasKey(_ fields: [HTTP1.RequestTemplate.Field]) -> Bool {
        fields.contains { $0.isNamed("idempotency-key") }
    }

    static func retry(
        _ plan: inout LoadPlan, _ options: ParsedOptions, _ spoken: Spoken
    ) throws(Complaint) {
        plan.hasKeys = options.has("idempotency-key")
        for option in ["retry", "idempotency-key"]
        where options.has(option) && options.has("connection-rate") {
            throw Complaint(
                "--\(option) means nothing with --connection-rate, whose connections have their own"
                    + " requests", remedy: "leave one of them out")
        }
        guard let retries = try options.count("retry", in: 0...1_000), retries > 0 else {
            if options.has("retry-unsafe") {
                throw Complaint(
                    "--retry-unsafe means nothing without --retry", remedy: "give --retry N")
            }
            return
        }
        guard [.auto, .h1, .h2].contains(spoken) else {
            throw Complaint("--retry is not for \(spoken.title)", remedy: "leave it out")
        }
        let mayRepeat =
            idempotent.contains(plan.request.method) || hasKey(plan.request.fields)
        if !mayRepeat, !options.has("retry-unsafe") {
            throw Complaint(
                "\(plan.request.method) may have its effect twice when it is sent again",
                remedy: "add --idempotency-key, or --retry-unsafe if that is wanted")
        }
        plan.retries = retries
    }
}
