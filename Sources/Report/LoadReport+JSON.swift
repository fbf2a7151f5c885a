package import Basis

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
            ])
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
        latency = try LatencyFigures(try fields.fields("latency_us"))
        service = try LatencyFigures(try fields.fields("service_us"))
        lateness = try LatencyFigures(try fields.fields("lateness_us"))
        errors = try Errors(try fields.fields("errors"))
        statuses = try Statuses(try fields.fields("statuses"))
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
        if let fields = try fields.optionalFields("first_part_us") {
            firstPart = try LatencyFigures(fields)
        }
        if let fields = try fields.optionalFields("part_gap_us") {
            partGap = try LatencyFigures(fields)
        }
        firstPartHistogram = try fields.optionalText("first_part_histogram")
        partGapHistogram = try fields.optionalText("part_gap_histogram")
    }
}

extension LoadReport.Errors {
    package var json: JSONValue {
        [
            "connect": .integer(connect), "handshake": .integer(handshake),
            "write": .integer(write), "read": .integer(read), "timeout": .integer(timeout),
            "status": .integer(status), "protocol": .integer(`protocol`),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        connect = try fields.integer("connect")
        handshake = try fields.integer("handshake")
        write = try fields.integer("write")
        read = try fields.integer("read")
        timeout = try fields.integer("timeout")
        status = try fields.integer("status")
        `protocol` = try fields.integer("protocol")
    }
}

extension LoadReport.Statuses {
    package var json: JSONValue {
        [
            "2xx": .integer(success2xx), "3xx": .integer(redirect3xx),
            "4xx": .integer(client4xx), "5xx": .integer(server5xx),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        success2xx = try fields.integer("2xx")
        redirect3xx = try fields.integer("3xx")
        client4xx = try fields.integer("4xx")
        server5xx = try fields.integer("5xx")
    }
}

extension LoadReport.Handshakes {
    package var json: JSONValue {
        [
            "full": .integer(full), "resumed": .integer(resumed),
            "early_accepted": .integer(earlyAccepted), "early_rejected": .integer(earlyRejected),
            "tfo_accepted": .integer(fastOpenAccepted),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        full = try fields.integer("full")
        resumed = try fields.integer("resumed")
        earlyAccepted = try fields.integer("early_accepted")
        earlyRejected = try fields.integer("early_rejected")
        fastOpenAccepted = try fields.integer("tfo_accepted")
    }
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

extension LoadReport.Syscalls {
    package var json: JSONValue {
        [
            "wait": .integer(wait), "receive": .integer(receive), "send": .integer(send),
            "accept": .integer(accept), "other": .integer(other),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        wait = try fields.integer("wait")
        receive = try fields.integer("receive")
        send = try fields.integer("send")
        accept = try fields.integer("accept")
        other = try fields.integer("other")
    }
}
