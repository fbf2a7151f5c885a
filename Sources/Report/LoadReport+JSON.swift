package import Basis
import Measure

extension LoadReport {
    package var json: JSONValue {
        .object(
            conditions + rates + [
                .init("latency_us", latency.json),
                .init("service_us", service.json),
                .init("lateness_us", lateness.json),
                .init("errors", errors.json),
                .init("statuses", statuses.json),
                .init("handshakes", handshakes.json),
                .init("connections_opened", .integer(connectionsOpened)),
                .init("cpu", cpu.json(isOfRequests: requests > 0)),
                .init("syscalls", syscalls.json),
                .init(
                    "verdict",
                    [
                        "name": .string(verdict.rawValue),
                        "reasons": .array(verdictReasons.map { .string($0) }),
                    ]),
                .init("warnings", .array(warnings.map { .string($0) })),
                .init("address", .optional(address)),
                .init("first_failure", firstFailure?.json ?? .null),
                .init("location", .optional(location)),
                .init("latency_histogram", .string(latencyHistogram)),
                .init("service_histogram", .string(serviceHistogram)),
                .init("lateness_histogram", .optional(latenessHistogram)),
                .init("first_part_us", firstPart.json),
                .init("part_gap_us", partGap.json),
                .init("first_part_histogram", .optional(firstPartHistogram)),
                .init("part_gap_histogram", .optional(partGapHistogram)),
                .init("event_delay_us", eventDelay.json),
                .init("event_delay_histogram", .optional(eventDelayHistogram)),
                .init("bursts", .integer(bursts)),
                .init("missed_events", .integer(missedEvents)),
                .init("tls", .optional(tls)),
                .init(
                    "requests_per_connection",
                    requestsPerConnection.map { .count($0) } ?? .null),
                .init("fastopen", fastOpenJSON),
                .init("target_connection_rate", .optional(targetConnectionRate)),
                .init("connection_rate", .optional(connectionRate)),
                .init("retries", .integer(retries)), .init("given_up", .integer(givenUp)),
                .init("redirects", .integer(redirects)),
            ] + searched + later)
    }

    /// Only where there was a search.
    private var searched: [JSONValue.Member] {
        search.map { [.init("search", $0.json)] } ?? []
    }

    private var later: [JSONValue.Member] {
        [
            .init("kinds", .array(kinds.map(\.json))), .init("burst", .count(burst)),
            .init("starved", .integer(starved)), .init("skew", .string(skew.text)),
            .init("busiest_connection_share", .optional(busiestConnectionShare)),
            .init("company", .array(company.map(\.json))),
            .init("codes", codes.json),
            .init("first_byte_us", firstByte.json), .init("connect_us", connect.json),
            .init("handshake_us", handshake.json),
            .init("first_byte_histogram", .optional(firstByteHistogram)),
            .init("connect_histogram", .optional(connectHistogram)),
            .init("handshake_histogram", .optional(handshakeHistogram)),
        ]
    }

    private var fastOpenJSON: JSONValue {
        if !opensFast { return .null }
        return [
            "accepted": .integer(handshakes.fastOpenAccepted),
            "missed": .integer(handshakes.fastOpenMissed),
        ]
    }

    private var conditions: [JSONValue.Member] {
        [
            .init("schema", .string(Self.schema)),
            .init("url", .string(url)),
            .init("protocol", .string(`protocol`)),
            .init("mode", .string(mode.rawValue)),
            .init("arrivals", .optional(arrivals)),
            .init("threads", .count(threads)),
            .init("connections", .count(connections)),
            .init("streams", .count(streams)),
            .init("pipeline", .count(pipeline)),
            .init("seed", .integer(seed)),
            .init("duration_s", .seconds(duration)),
            .init("warmup_s", .seconds(warmup)),
        ]
    }

    private var rates: [JSONValue.Member] {
        [
            .init("requests", .integer(requests)),
            .init("achieved_rate", .number(achievedRate)),
            .init("target_rate", .optional(targetRate)),
            .init("rate_ratio", .optional(rateRatio)),
            .init("late_sends", .integer(lateSends)),
            .init("bytes_read", .integer(bytesRead)),
            .init("bytes_written", .integer(bytesWritten)),
            .init("body_bytes", .integer(bodyBytes)),
        ]
    }

    /// Reads the record back; refuses another schema.
    package init(json: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(json)
        try fields.require(schema: Self.schema)
        self.init(
            url: try fields.text("url"), protocol: try fields.text("protocol"),
            mode: try fields.choice("mode", of: Mode.self),
            arrivals: try fields.optionalText("arrivals"), threads: try fields.count("threads"),
            connections: try fields.count("connections"), streams: try fields.count("streams"),
            pipeline: try fields.count("pipeline"), seed: try fields.integer("seed"),
            duration: try fields.seconds("duration_s"), warmup: try fields.seconds("warmup_s"),
            targetRate: try fields.optionalNumber("target_rate"))
        address = try fields.optionalText("address")
        requests = try fields.integer("requests")
        achievedRate = try fields.number("achieved_rate")
        rateRatio = try fields.optionalNumber("rate_ratio")
        lateSends = try fields.integer("late_sends")
        bytesRead = try fields.integer("bytes_read")
        bytesWritten = try fields.integer("bytes_written")
        bodyBytes = try fields.integer("body_bytes")
        latency = try LatencySummary(try fields.fields("latency_us"))
        service = try LatencySummary(try fields.fields("service_us"))
        lateness = try LatencySummary(try fields.fields("lateness_us"))
        errors = try Errors(try fields.fields("errors"))
        statuses = try Statuses(try fields.fields("statuses"))
        codes = try fields.codes("codes")
        firstFailure = try fields.optionalFields("first_failure").map {
            (fields) throws(RecordRefusal) in try FirstFailure(fields)
        }
        location = try fields.optionalText("location")
        handshakes = try Handshakes(try fields.fields("handshakes"))
        connectionsOpened = try fields.integer("connections_opened")
        cpu = try CPU(try fields.fields("cpu"))
        syscalls = try Syscalls(try fields.fields("syscalls"))
        let judgement = try fields.fields("verdict")
        verdict = try judgement.choice("name", of: Verdict.self)
        verdictReasons = try judgement.texts("reasons")
        warnings = try fields.texts("warnings")
        latencyHistogram = try fields.text("latency_histogram")
        serviceHistogram = try fields.text("service_histogram")
        latenessHistogram = try fields.optionalText("lateness_histogram")
        firstByte = try fields.latencies("first_byte_us")
        connect = try fields.latencies("connect_us")
        handshake = try fields.latencies("handshake_us")
        firstByteHistogram = try fields.optionalText("first_byte_histogram")
        connectHistogram = try fields.optionalText("connect_histogram")
        handshakeHistogram = try fields.optionalText("handshake_histogram")
        firstPart = try fields.latencies("first_part_us")
        partGap = try fields.latencies("part_gap_us")
        firstPartHistogram = try fields.optionalText("first_part_histogram")
        partGapHistogram = try fields.optionalText("part_gap_histogram")
        eventDelay = try fields.latencies("event_delay_us")
        eventDelayHistogram = try fields.optionalText("event_delay_histogram")
        bursts = try fields.optionalInteger("bursts") ?? 0
        missedEvents = try fields.optionalInteger("missed_events") ?? 0
        tls = try fields.optionalText("tls")
        starved = try fields.optionalInteger("starved") ?? 0
        retries = try fields.optionalInteger("retries") ?? 0
        givenUp = try fields.optionalInteger("given_up") ?? 0
        redirects = try fields.optionalInteger("redirects") ?? 0
        burst = Int(clamping: try fields.optionalInteger("burst") ?? 1)
        skew = try fields.skew("skew")
        busiestConnectionShare = try fields.optionalNumber("busiest_connection_share")
        company = try fields.objects("company").map { (fields) throws(RecordRefusal) in
            try CompanyReport(fields)
        }
        kinds = try fields.objects("kinds").map { (fields) throws(RecordRefusal) in
            try KindReport(fields)
        }
        requestsPerConnection = try fields.optionalInteger("requests_per_connection").map {
            Int(clamping: $0)
        }
        if let fields = try fields.optionalFields("fastopen") {
            opensFast = true
            handshakes.fastOpenMissed = try fields.integer("missed")
        }
        targetConnectionRate = try fields.optionalNumber("target_connection_rate")
        connectionRate = try fields.optionalNumber("connection_rate")
        search = try fields.optionalFields("search").map {
            (fields) throws(RecordRefusal) in try SearchReport(fields)
        }
    }
}

extension LoadReport.Errors: NamedCounts {
    package static let counts: [NamedCount<Self>] = [
        ("connect", \.connect), ("handshake", \.handshake), ("write", \.write),
        ("read", \.read), ("timeout", \.timeout), ("status", \.status),
        ("protocol", \.protocol),
    ]
}

extension LoadReport.Statuses: NamedCounts {
    package static let counts: [NamedCount<Self>] = [
        ("2xx", \.success2xx), ("3xx", \.redirect3xx), ("4xx", \.client4xx),
        ("5xx", \.server5xx),
    ]
}

extension LoadReport.Handshakes: NamedCounts {
    package static let counts: [NamedCount<Self>] = [
        ("full", \.full), ("resumed", \.resumed), ("early_accepted", \.earlyAccepted),
        ("early_rejected", \.earlyRejected), ("tfo_accepted", \.fastOpenAccepted),
    ]

    package static let laterCounts: [NamedCount<Self>] = [("too_early", \.tooEarly)]
}

extension LoadReport.Syscalls: NamedCounts {
    package static let counts: [NamedCount<Self>] = [
        ("wait", \.wait), ("receive", \.receive), ("send", \.send), ("accept", \.accept),
        ("other", \.other),
    ]
}

extension LoadReport.CPU {
    /// - Parameter isOfRequests: whether there are requests that the time can be shared out to.
    package func json(isOfRequests: Bool) -> JSONValue {
        [
            "user_s": .seconds(user), "system_s": .seconds(system),
            "per_request_us": isOfRequests ? .number(perRequest / 1e3) : nil,
            "busiest_thread_share": .number(busiestThreadShare),
            "foreign_share": .optional(foreignShare),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        user = try fields.seconds("user_s")
        system = try fields.seconds("system_s")
        perRequest = (try fields.optionalNumber("per_request_us") ?? 0) * 1e3
        busiestThreadShare = try fields.number("busiest_thread_share")
        foreignShare = try fields.optionalNumber("foreign_share")
    }
}
