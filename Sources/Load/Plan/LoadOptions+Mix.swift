import Basis
import Report
import Wire

/// What the command line says of several kinds of requests in one load.
extension LoadOptions {
    static let mixSpecs: [OptionSpec] = [
        .init(
            "mix", value: "FILE|{...}",
            help: "with h1 and h2: weighted kinds of requests, as JSON5")
    ]

    /// Options that say what the one request is, or send one again, which a mix would draw anew.
    private static let excluded = [
        "method", "body", "idempotency-key", "retry", "subscribe",
    ]

    /// Reads the kinds of `--mix`; `plan.request` stays the way to the server.
    static func mix(
        _ plan: inout LoadPlan, _ options: ParsedOptions, _ spoken: Spoken,
        fields: [HTTP1.RequestTemplate.Field], readFile: (String) throws(Complaint) -> [UInt8]
    ) throws(Complaint) {
        guard let text = options.text("mix") else { return }
        for option in excluded where options.has(option) {
            throw Complaint(
                "--\(option) means nothing with --mix, whose kinds have their own requests",
                remedy: "leave one of them out")
        }
        guard [.auto, .h1, .h2].contains(spoken) else {
            throw Complaint(
                "--mix is not for \(spoken.title)", remedy: "leave it out, or take h1 or h2")
        }
        guard plan.url.target == "/" else {
            throw Complaint(
                "the URL's path \(plan.url.target) means nothing with --mix, whose kinds have"
                    + " their own", remedy: "leave it out")
        }
        let isInline = text.first { !$0.isWhitespace } == "{"
        let content = isInline ? text : RawText.text(try readFile(text)[...])
        let mix = try RequestMix(parsing: content, file: isInline ? "--mix" : text)
        for kind in mix.kinds { plan.mix.append(try request(kind, fields, plan.url, text)) }
    }

    private static func request(
        _ kind: RequestMix.Kind, _ shared: [HTTP1.RequestTemplate.Field], _ url: TargetURL,
        _ origin: String
    ) throws(Complaint) -> MixedRequest {
        let fields = kind.headers.map { HTTP1.RequestTemplate.Field($0.name, $0.value) }
        // What a kind says itself counts instead of what all say.
        let others = shared.filter { field in
            !fields.contains { $0.isNamed(field.name.lowercased()) }
        }
        do throws(Complaint) {
            let request = try HTTP1.RequestTemplate(
                method: kind.method ?? (kind.body == nil ? "GET" : "POST"), target: kind.path,
                host: url.authority, fields: others + fields,
                body: kind.body.map { Array($0.utf8) } ?? [])
            return MixedRequest(name: kind.name, weight: kind.weight, request: request)
        } catch {
            throw Complaint("kind '\(kind.name)' of --mix: \(error.problem)", remedy: error.remedy)
        }
    }
}
