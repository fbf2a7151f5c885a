package import Basis
import Platform
import Report
import Wire

/// The command line of the load generator.
package enum LoadOptions {
    package static let parser = OptionParser(
        program: "switchyard-load", operands: "URL",
        summary: "Loads a server, in a closed loop or at a rate, and says what it measured.",
        options: [
            .init("connections", short: "c", value: "N", help: "connections in all (64)"),
            .init(
                "threads", short: "t", value: "N",
                help: "generator threads (1, or one for each of --cpus)"),
            .init(
                "duration", short: "d", value: "TIME", help: "length of the measured phase (10s)"),
            .init("warmup", value: "TIME", help: "load before it that is not recorded (1s)"),
            .init(
                "rate", short: "R", value: "N",
                help: "requests a second, from 0.001: an open loop (default: closed)"),
            .init(
                "connection-rate", value: "N",
                help: "new connections a second instead, each with its requests"),
            .init(
                "arrivals", value: "KIND",
                help: "constant or poisson, with one of these rates (constant)"),
            .init(
                "burst", value: "N",
                help: "with a rate: so many are due at once, N times as rarely (1)"),
            .init(
                "turn", value: "K/N:TIME@NS",
                help: "with a rate: send only in turn K of N, of TIME each"),
            .init(
                "protocol", value: "NAME",
                help: "auto, h1, h2, grpc, sse or ws (auto: by the URL)"),
            .init(
                "subscribe",
                help: "with sse and ws: measure the delivery of events that tell time"),
            .init(
                "streams", short: "m", value: "N",
                help: "with h2, grpc and ws: requests under way on a connection (1)"),
            .init(
                "pipeline", value: "N", help: "with h1: requests under way on a connection (1)"),
            .init(
                "requests-per-connection", value: "N",
                help: "replace a connection after this many (never)"),
            .init(
                "keepalive", value: "on|off",
                help: "off: --requests-per-connection 1 (on)"),
            .init(
                "close", value: "HOW",
                help: "end connections by fin, or by reset: no TIME_WAIT (fin)"),
            .init(
                "fastopen", value: "on|off",
                help: "send the first data with the SYN, TCP Fast Open (off)"),
            .init(
                "method", short: "X", value: "NAME",
                help: "request method (GET; POST with --body)"),
            .init(
                "header", short: "H", value: "FIELD", repeatable: true, help: "add 'Name: value'"),
            .init(
                "body", value: "TEXT|@FILE",
                help: "request body, @- for stdin; with grpc and ws: the message"),
            .init(
                "message-size", value: "SIZE", help: "with grpc and ws: payload of a message (13)"),
            .init(
                "message", value: "KIND",
                help: "with ws: text, binary, or time, which begins with the time (text)"),
            .init(
                "grpc-method", value: "PATH",
                help: "the method to call (that of --grpc-kind in the bench service)"),
            .init("grpc-kind", value: "KIND", help: "unary, server, client or bidi (unary)"),
            .init("messages", value: "N", help: "messages of a call that is a stream (10)"),
            .init(
                "message-interval", value: "TIME",
                help: "with --grpc-kind server: from one message to the next (0s)"),
            .init("timeout", value: "TIME", help: "longest a request or a connect may take (2s)"),
            .init("nodelay", value: "on|off", help: "send small segments at once (on)"),
            .init(
                "quickack", value: "on|off", help: "acknowledge at once what is received (off)"),
            .init("cork", value: "on|off", help: "cork the connection for each flush (off)"),
            .init(
                "write-shape", value: "SHAPE",
                help: "writes of a request: one, head-then-body, trickle (one)"),
            .init(
                "source-ips", value: "LIST",
                help: "local addresses in turn, such as 127.0.0.2-127.0.0.9"),
            .init(
                "addresses", value: "first|all",
                help: "of the host's: the first that answers, or all by turns (first)"),
            .init(
                "unix-socket", value: "PATH",
                help: "connect to this Unix socket; the URL says only what is asked"),
            .init("cpus", value: "LIST", help: "bind thread i to the i-th of these, such as 0,2-3"),
            .init(
                "shared-cpus", value: "on|off",
                help: "whether the server may run there too (off where others are left)"),
            .init("spin", help: "with a rate: poll for the last 50us before a send"),
            .init("json", value: "FILE|-", help: "write the report as JSON"),
            .init("csv", value: "FILE|-", help: "write the report as a table of one row"),
            .init("hlog", value: "FILE|-", help: "write latencies as an HdrHistogram log"),
            .init(
                "series", value: "FILE|-",
                help: "write a row for each second, as JSON if FILE ends so, else CSV"),
            .init("hgrm", value: "FILE|-", help: "write latencies by percentile"),
            .init("histogram", help: "draw the latencies in the text, bars by rising bounds"),
            .init(
                "slo", value: "RULE", repeatable: true,
                help: "demand such as 'p99<5ms', 'rps>50k' or 'errors<0.1%'"),
            .init("seed", value: "N", help: "seed of the schedule (random)"),
            .init("quiet", short: "q", help: "no progress; with an output on -, no text at all"),
            .init("version", help: "show the version and exit"),
        ] + requestSpecs + userSpecs + skewSpecs + companySpecs + mixSpecs + retrySpecs
            + redirectSpecs + tlsSpecs + stepSpecs + metricsSpecs,
        epilogue: """
            Times are written like 10s, 250ms or 50us; counts and rates like 64, 50k or 1.2M.
            --turn 0/2:25ms@123456789 and 1/2:25ms@123456789 let two generators send by turns of
            25 ms, counted from that reading of CLOCK_MONOTONIC; --rate is the mean of all time.
            With --connection-rate, --connections bounds how many are open at a time, each brings
            --requests-per-connection (1), and the time of the first one begins when its connection
            was due.
            With --find-rate, --duration is that of a step (2s), of which there are at most 24, and
            --rate the first that is tried. A ramp 1k..10k:30s is ten steps, 1k..10k/5:30s five.
            A percentile that too few samples stand behind is not shown.
            Exit status: 0 done, 1 refused by the outside or every request failed, 3 an --slo
            missed or no rate meets --find-rate, 11 that search is undecided, 64 wrong usage, 130
            interrupted: once, the report is of the time that passed, with all of its answers;
            twice, what is under way counts as timeouts; three times, there is no report.
            Example: switchyard-load -c 256 -R 50k --arrivals poisson http://127.0.0.1:8080/json
            """)

    private enum Arrivals: String, CaseIterable { case constant, poisson }
    private enum Closing: String, CaseIterable { case fin, reset }
    private enum Addresses: String, CaseIterable { case first, all }

    /// Checks the whole command line.
    ///
    /// - Parameters:
    ///   - readFile: the bytes of a file that `--body` names.
    ///   - randomSeed: taken where no seed is given.
    package static func plan(
        _ options: ParsedOptions, randomSeed: Int64,
        readFile: (String) throws(Complaint) -> [UInt8]
    ) throws(Complaint) -> LoadPlan {
        guard options.operands.count == 1 else {
            throw Complaint(
                options.operands.isEmpty ? "no URL is given" : "more than one URL is given",
                remedy: "give one such as http://127.0.0.1:8080/plaintext")
        }
        let url = try TargetURL(parsing: options.operands[0])
        let spoken = try spoken(options, url)
        let fields = try fields(options, readFile: readFile)
        let call =
            try spoken == .grpc
            ? call(options, url, fields: fields, readFile: readFile) : nil
        let request: HTTP1.RequestTemplate
        if let call {
            request = call.request
        } else {
            request = try Self.request(options, url, spoken, fields: fields, readFile: readFile)
        }
        let seed = try options.seed("seed")
        // What costs a look-up comes last: a mistyped option is told at once.
        var plan = LoadPlan(
            url: url, destination: .v4(0, port: 0), request: request, seed: seed ?? randomSeed)
        try shape(&plan, options)
        try requests(&plan, options)
        plan.messageInterval = call?.interval ?? .zero
        try mix(&plan, options, spoken, fields: fields, readFile: readFile)
        try retry(&plan, options, spoken)
        try redirect(&plan, options, spoken)
        try speak(spoken, call?.kind ?? .unary, &plan, options)
        try secure(&plan, options)
        try skew(&plan, options)
        try steps(&plan, options)
        try metrics(&plan, options)
        try pace(&plan, options)
        try company(&plan, options)
        plan.objectives = try options.all("slo").map { (text) throws(Complaint) in
            try Objective(parsing: text)
        }
        for kind in LoadPlan.Outputs.Kind.allCases {
            plan.outputs.paths[kind] = options.text(kind.rawValue)
        }
        if plan.outputs.paths.values.count(where: { $0 == "-" }) > 1 {
            throw Complaint(
                "two outputs on - would mix", remedy: "give all but one of them a file")
        }
        plan.isQuiet = options.has("quiet")
        plan.drawsHistogram = options.has("histogram")
        try aim(&plan, options)
        return plan
    }

    /// Where connections go: to the URL's host, by any of its addresses, or to a Unix socket.
    private static func aim(_ plan: inout LoadPlan, _ options: ParsedOptions) throws(Complaint) {
        if let path = options.text("unix-socket") {
            guard (1..<SocketAddress.unixPathBytes).contains(path.utf8.count) else {
                throw Complaint(
                    "--unix-socket path has \(path.utf8.count) bytes",
                    remedy: "give one of 1 to \(SocketAddress.unixPathBytes - 1)")
            }
            if !plan.sources.isEmpty {
                throw Complaint(
                    "--source-ips has no meaning with --unix-socket", remedy: "leave one out")
            }
            if plan.opensFast {
                throw Complaint(
                    "--fastopen has no meaning with --unix-socket", remedy: "leave one out")
            }
            if options.has("addresses") {
                throw Complaint(
                    "--addresses has no meaning with --unix-socket", remedy: "leave one out")
            }
            plan.destination = .unix(path: path)
            return
        }
        let all = try SocketAddress.all(host: plan.url.host, port: plan.url.port)
        let fitting = all.filter { address in
            plan.sources.allSatisfy { address.isOfFamily(of: $0) }
        }
        guard let first = fitting.first else {
            let addresses = all.map(\.numericHost).joined(separator: ", ")
            throw Complaint(
                "\(plan.url.host) is \(addresses), which can't be reached from --source-ips",
                remedy: "name addresses of the same family")
        }
        plan.destination = first
        switch try options.choice("addresses", of: Addresses.self) ?? .first {
        case .first: plan.alternatives = Array(fitting.dropFirst())
        case .all: plan.others = Array(fitting.dropFirst())
        }
    }

    /// What `--body` says.
    static func body(
        _ options: ParsedOptions, readFile: (String) throws(Complaint) -> [UInt8]
    ) throws(Complaint) -> [UInt8]? {
        guard let text = options.text("body") else { return nil }
        var body = RawText.bytes(text)
        if body.first == UInt8(ascii: "@") { body = try readFile(RawText.text(body.dropFirst())) }
        if body.count > Limit.bodyBytes {
            throw Complaint(
                "--body is larger than \(ByteCount(raw: Limit.bodyBytes).display)",
                remedy: "give a smaller one")
        }
        return body
    }

    /// What `--header` and `--user` say.
    static func fields(
        _ options: ParsedOptions, readFile: (String) throws(Complaint) -> [UInt8]
    ) throws(Complaint) -> [HTTP1.RequestTemplate.Field] {
        var fields: [HTTP1.RequestTemplate.Field] = []
        for line in options.all("header") {
            let bytes = RawText.bytes(line)
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
                throw Complaint(
                    "--header '\(line)' is no field", remedy: "write it like 'Accept: text/plain'")
            }
            fields.append(
                .init(RawText.text(bytes[..<colon]), bytes: trimmed(bytes[(colon + 1)...])))
        }
        return try fields + userFields(options, beside: fields, readFile: readFile)
    }

    private static func request(
        _ options: ParsedOptions, _ url: TargetURL, _ spoken: Spoken,
        fields: [HTTP1.RequestTemplate.Field], readFile: (String) throws(Complaint) -> [UInt8]
    ) throws(Complaint) -> HTTP1.RequestTemplate {
        var fields = try fields + keyFields(options, spoken, beside: fields)
        if spoken == .sse, !fields.contains(where: { $0.isNamed("accept") }) {
            fields.append(.init("Accept", "\(EventStream.mediaType)"))
        }
        return try HTTP1.RequestTemplate(
            method: options.text("method") ?? (options.has("body") ? "POST" : "GET"),
            target: RawText.bytes(url.target), host: url.authority, fields: fields,
            body: body(options, readFile: readFile) ?? [])
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == 9 }
        let start = bytes.drop(while: isBlank)
        return Array(start.reversed().drop(while: isBlank).reversed())
    }

    /// How many of what, for how long, from where.
    private static func shape(
        _ plan: inout LoadPlan, _ options: ParsedOptions
    ) throws(Complaint) {
        if let list = options.text("cpus") { plan.cpus = try CPUSet(parsing: list) }
        plan.sharesCPUs = try options.toggle("shared-cpus")
        plan.connections = try options.count("connections", in: 1...Limit.connections) ?? 64
        plan.threads =
            try options.count("threads", in: 1...Limit.threads) ?? plan.cpus?.cpus.count ?? 1
        if let cpus = plan.cpus, cpus.cpus.count < plan.threads {
            throw Complaint(
                "--cpus \(cpus) names \(cpus.cpus.count) CPUs for \(plan.threads) threads",
                remedy: "name one for each thread")
        }
        if plan.connections < plan.threads {
            throw Complaint(
                "\(plan.connections) connections can't be shared by \(plan.threads) threads",
                remedy: "give each thread at least one")
        }
        let shortest = Nanoseconds.milliseconds(1)
        plan.duration =
            try options.time("duration", in: shortest...Limit.duration) ?? .seconds(10)
        plan.warmUp = try options.time("warmup", in: .zero...Limit.duration) ?? .seconds(1)
        plan.timeout = try options.time("timeout", in: shortest...Limit.duration) ?? .seconds(2)
        plan.requestsPerConnection = try options.count(
            "requests-per-connection", in: 1...Int(UInt32.max - 1))
        if try options.toggle("keepalive") == false {
            if let count = plan.requestsPerConnection, count > 1 {
                throw Complaint(
                    "--keepalive off and --requests-per-connection \(count) contradict each other",
                    remedy: "leave one of them out")
            }
            plan.requestsPerConnection = 1
        }
        plan.sendsAtOnce = try options.toggle("nodelay") ?? true
        plan.transmission = try Transmission(options)
        plan.opensFast = try options.toggle("fastopen") ?? false
        plan.resets = try options.choice("close", of: Closing.self) == .reset
        if let list = options.text("source-ips") {
            plan.sources = try SourceAddresses.parse(list)
        }
    }

    private static func speak(
        _ spoken: Spoken, _ kind: GRPCKind, _ plan: inout LoadPlan, _ options: ParsedOptions
    ) throws(Complaint) {
        try window(of: spoken, &plan, options)
        let scheme = plan.url.isSecure ? "https" : "http"
        switch spoken {
        case .auto, .h1: plan.application = .h1
        case .h2: plan.application = .h2(try HTTP2Request(plan.request, scheme: scheme))
        case .grpc:
            plan.application = .grpc(
                try HTTP2Request(plan.request, scheme: scheme, saysLength: false), kind)
        case .ws: plan.application = .ws(try webSocket(plan.request, options))
        case .sse where options.has("subscribe"):
            plan.application = .subscription(try SubscriptionRequest(plan.request))
        case .sse: plan.application = .sse
        }
    }

    private static func pace(
        _ plan: inout LoadPlan, _ options: ParsedOptions
    ) throws(Complaint) {
        let kind = try options.choice("arrivals", of: Arrivals.self)
        plan.spins = options.has("spin")
        plan.turns = try options.text("turn").map { (text) throws(Complaint) in
            try Turns(parsing: text)
        }
        let ofRequests = try options.rate("rate") ?? plan.steps?.first(in: plan.duration)
        let ofConnections = try options.rate("connection-rate")
        if ofRequests != nil, ofConnections != nil {
            throw Complaint(
                "--rate and --connection-rate are two loads",
                remedy: "leave one out; --requests-per-connection says how many requests each"
                    + " connection brings")
        }
        guard let rate = ofRequests ?? ofConnections else {
            for name in ["spin", "arrivals", "turn", "burst", "skew"] where options.has(name) {
                throw Complaint(
                    "--\(name) means nothing in a closed loop",
                    remedy: "give a --rate or a --connection-rate, or leave it out")
            }
            return
        }
        let name = ofConnections == nil ? "rate" : "connection-rate"
        if ofConnections != nil {
            plan.opensConnections = true
            plan.requestsPerConnection = plan.requestsPerConnection ?? 1
        }
        try checkHighest(rate, of: name, plan)
        if rate.raw < Limit.rateLowest {
            throw Complaint(
                "--\(name) \(options.text(name) ?? "") is less than one"
                    + " \(ofConnections == nil ? "request" : "connection") in 1000 seconds",
                remedy: "give at least 0.001")
        }
        if plan.opensFast, ofConnections == nil, plan.tls == nil, plan.application.name != "ws" {
            throw Complaint(
                "--fastopen means nothing with --rate, whose connections stand before a request is"
                    + " due", remedy: "take --connection-rate or a closed loop, or leave it out")
        }
        plan.burst = try options.count("burst", in: 1...Limit.burst) ?? 1
        switch kind ?? .constant {
        case .constant: plan.arrivals = .constant(rate)
        case .poisson: plan.arrivals = .poisson(rate)
        }
    }
}

extension LoadOptions {
    /// Refuses other options beside this one, each with the reason why they don't go together.
    static func refuse(
        beside name: String, _ others: [(option: String, reason: String)], _ options: ParsedOptions
    ) throws(Complaint) {
        for (option, reason) in others where options.has(option) {
            throw Complaint(
                "--\(name) means nothing with --\(option), \(reason)",
                remedy: "leave one of them out")
        }
    }

    /// Refuses what the threads can't send, in the time that they have turns.
    static func checkHighest(
        _ rate: PerSecond, of option: String, _ plan: LoadPlan
    ) throws(Complaint) {
        let busiest = plan.shares(of: rate).max() ?? rate
        if busiest.raw * Double(plan.turns?.count ?? 1) > Limit.ratePerThread {
            throw Complaint(
                "--\(option) \(rate.display) is more than \(plan.threads) threads can send",
                remedy: "give at most \(decimalDisplay(Limit.ratePerThread)) a thread")
        }
    }
}

extension Turns {
    /// Reads `K/N:TIME@NS`, as `--turn` has it.
    package init(parsing text: String) throws(Complaint) {
        let refusal = Complaint(
            "--turn '\(text)' is no turn",
            remedy: "write it like 0/2:25ms@123456789: the first of two, 25 ms each, counted from"
                + " that reading of CLOCK_MONOTONIC in nanoseconds; at most \(Turns.most) turns")
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { throw refusal }
        let place = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        let times = parts[1].split(separator: "@", omittingEmptySubsequences: false)
        guard place.count == 2, times.count == 2, let index = Int(place[0]),
            let count = Int(place[1]), (1...Turns.most).contains(count),
            (0..<count).contains(index), let start = Int64(times[1]), start >= 0,
            let length = Nanoseconds(parsing: String(times[0])),
            (Limit.turnShortest...Limit.duration).contains(length)
        else { throw refusal }
        self.init(index: index, of: count, length: length, start: Instant(raw: start))
    }
}
