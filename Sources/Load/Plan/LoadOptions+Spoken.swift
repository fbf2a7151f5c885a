import Basis

/// Which protocol the command line asks for, and which options it gives a meaning.
extension LoadOptions {
    /// As `--protocol` says it.
    enum Spoken: String, CaseIterable {
        case auto, h1, h2, grpc, sse, ws

        var title: String {
            switch self {
            // Cleartext without prior knowledge speaks HTTP/1.1 (RFC 9113 §3.1).
            case .auto, .h1: "HTTP/1.1"
            case .h2: "HTTP/2"
            case .grpc: "gRPC"
            case .sse: "SSE"
            case .ws: "WebSocket"
            }
        }

        /// What a URL's scheme leaves to choose.
        fileprivate init(_ scheme: TargetURL.Scheme) {
            switch scheme {
            case .http: self = .auto
            case .grpc: self = .grpc
            case .ws: self = .ws
            }
        }
    }

    /// Options that mean something in these protocols alone.
    private static let owners: [(option: String, protocols: [Spoken])] = [
        ("grpc-method", [.grpc]), ("grpc-kind", [.grpc]), ("messages", [.grpc]),
        ("message-interval", [.grpc]), ("message-size", [.grpc, .ws]), ("message", [.ws]),
        ("subscribe", [.sse, .ws]),
    ]

    /// Options of requests, of which a subscriber makes none.
    private static let ofRequests = [
        "rate", "connection-rate", "pipeline", "streams", "requests-per-connection", "keepalive",
        "method", "body", "message", "message-size",
    ]

    /// The protocol that is asked for; no option is given that means nothing in it.
    static func spoken(_ options: ParsedOptions, _ url: TargetURL) throws(Complaint) -> Spoken {
        let asked = try options.choice("protocol", of: Spoken.self) ?? .auto
        let implied = Spoken(url.scheme)
        if implied != .auto, asked != .auto, asked != implied {
            throw Complaint(
                "a \(url.schemeName):// URL is not asked in \(asked.title)",
                remedy: "leave --protocol out, or give an http:// URL")
        }
        var spoken = implied == .auto ? asked : implied
        let subscribes = options.has("subscribe")
        if subscribes, spoken == .auto { spoken = .sse }
        for (option, protocols) in owners
        where options.has(option) && !protocols.contains(spoken) {
            let names = protocols.map { "--protocol \($0.rawValue)" }.joined(separator: " or ")
            throw Complaint(
                "--\(option) means nothing in \(spoken.title)",
                remedy: "add \(names), or leave it out")
        }
        for option in ofRequests where subscribes && options.has(option) {
            throw Complaint(
                "--\(option) means nothing to a subscriber, who makes no requests",
                remedy: "leave it out, or --subscribe")
        }
        return spoken
    }

    /// How many requests may be under way on a connection: `--streams` where the protocol
    /// multiplexes, `--pipeline` where it doesn't.
    static func window(
        of spoken: Spoken, _ plan: inout LoadPlan, _ options: ParsedOptions
    ) throws(Complaint) {
        let streams = try options.count("streams", in: 1...Limit.streams) ?? 1
        let pipeline = try options.count("pipeline", in: 1...Limit.pipeline) ?? 1
        switch spoken {
        case .auto, .h1:
            plan.pipeline = pipeline
            if streams == 1 { return }
            throw Complaint(
                "HTTP/1.1 has no --streams", remedy: "add --protocol h2, or take --pipeline")
        case .sse:
            if streams == 1, pipeline == 1 { return }
            throw Complaint(
                "SSE has no --\(streams > 1 ? "streams" : "pipeline")",
                remedy: "give more --connections")
        case .h2, .grpc, .ws:
            plan.streams = streams
            if pipeline == 1 { return }
            throw Complaint("\(spoken.title) has no --pipeline", remedy: "take --streams")
        }
    }
}
