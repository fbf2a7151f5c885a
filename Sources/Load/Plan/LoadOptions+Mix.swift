import Basis
import Report
import Wire

/// What the command line says of several kinds of requests in one load.
extension LoadOptions {
    static let mixSpecs: [OptionSpec] = [
        .init(
            "mix", value: "FILE|{...}",
            help: "with h1 and h2: weighted kinds of requests with places, as JSON5")
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
        let table = try mix.data.map { (path) throws(Complaint) in
            try MixTable(parsing: RawText.text(try readFile(path)[...]), file: path)
        }
        var marks = PlaceMarks(table: table)
        for kind in mix.kinds {
            do throws(Complaint) {
                plan.mix.append(try request(kind, fields, plan.url, &marks))
            } catch {
                throw Complaint(
                    "kind '\(kind.name)' of --mix: \(error.problem)", remedy: error.remedy)
            }
        }
        plan.mixTexts = marks.texts
    }

    private static func request(
        _ kind: RequestMix.Kind, _ shared: [HTTP1.RequestTemplate.Field], _ url: TargetURL,
        _ marks: inout PlaceMarks
    ) throws(Complaint) -> MixedRequest {
        let place = FilePlace(file: "--mix", path: kind.name)
        marks.begin()
        let target = try marks.bytes(TemplateText(parsing: kind.path, place), .escaped)
        var fields: [HTTP1.RequestTemplate.Field] = []
        for header in kind.headers {
            let value = try marks.bytes(TemplateText(parsing: header.value, place), nil)
            fields.append(HTTP1.RequestTemplate.Field(header.name, bytes: value))
        }
        let inHead = marks.longest.reduce(0, +)
        let body = try kind.body.map { (text) throws(Complaint) in
            try marks.bytes(TemplateText(parsing: text, place), .plain)
        }
        // What a kind says itself counts instead of what all say.
        let others = shared.filter { field in
            !fields.contains { $0.isNamed(field.name.lowercased()) }
        }
        if !marks.fillings.isEmpty,
            let field = others.first(where: { $0.value.contains(PlaceMarks.mark) })
        {
            throw Complaint(
                "the value of \(field.name) holds the byte FF, which marks places",
                remedy: "write it in UTF-8")
        }
        let request = try HTTP1.RequestTemplate(
            method: kind.method ?? (kind.body == nil ? "GET" : "POST"), target: target,
            host: url.authority, fields: others + fields, body: body ?? [])
        try checkSize(request, inHead: inHead, inAll: marks.longest.reduce(0, +))
        return MixedRequest(
            name: kind.name, weight: kind.weight, request: request, fillings: marks.fillings)
    }

    /// Refuses a request that may become larger than one that could be written out.
    private static func checkSize(
        _ request: HTTP1.RequestTemplate, inHead: Int, inAll: Int
    ) throws(Complaint) {
        if request.headBytes + inHead > HTTP1.Limit.headBytes {
            throw Complaint(
                "the request head may have \(request.headBytes + inHead) bytes",
                remedy: "keep it within \(HTTP1.Limit.headBytes), which most servers"
                    + " take")
        }
        if request.body.count + inAll - inHead > Limit.bodyBytes {
            throw Complaint(
                "the body is larger than \(ByteCount(raw: Limit.bodyBytes).display)",
                remedy: "give a smaller one")
        }
    }
}
