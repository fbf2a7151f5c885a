package import Basis

extension LaunchRecord {
    package var json: JSONValue {
        guard case .object(var members) = launch else { return launch }
        if let link { members.append(.init("link", link.json)) }
        if let outside { members.append(.init("outside", outside.json)) }
        if isUnavailable { members.append(.init("unavailable", true)) }
        if let replaces { members.append(.init("replaces", .count(replaces))) }
        return .object(members)
    }

    private var launch: JSONValue {
        [
            "schema": .string(Self.schema), "slot": .count(slot), "block": .count(block),
            "cell": cell.json, "seed": .integer(seed), "time_ns": .integer(time.raw),
            "warmup_ns": .integer(warmup.raw), "duration_ns": .integer(duration.raw),
            "server_cpus": .string(serverCPUs), "load_cpus": .string(loadCPUs),
            "side": .optional(side), "order": .optional(order), "failure": .optional(failure),
            "machine": [
                "stolen_share": .optional(machine.stolenShare),
                "pressure_ns": .optional(machine.pressure?.raw),
                "foreign_share": .optional(machine.foreignShare),
            ],
            "server": server?.json ?? .null, "workers": .array(workers.map(\.json)),
            "load": load?.json ?? .null,
        ]
    }

    package init(json: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(json)
        try fields.require(schema: Self.schema)
        self.init(
            slot: try fields.count("slot"), block: try fields.count("block"),
            cell: try Cell(try fields.fields("cell")), seed: try fields.integer("seed"),
            time: Nanoseconds(raw: try fields.integer("time_ns")),
            warmup: Nanoseconds(raw: try fields.integer("warmup_ns")),
            duration: Nanoseconds(raw: try fields.integer("duration_ns")),
            serverCPUs: try fields.text("server_cpus"), loadCPUs: try fields.text("load_cpus"))
        side = try fields.optionalText("side")
        order = try fields.optionalText("order")
        failure = try fields.optionalText("failure")
        isUnavailable = json["unavailable"] == true
        replaces = try fields.optionalInteger("replaces").map { Int($0) }
        let machine = try fields.fields("machine")
        self.machine.stolenShare = try machine.optionalNumber("stolen_share")
        self.machine.pressure = try machine.optionalInteger("pressure_ns").map {
            Nanoseconds(raw: $0)
        }
        self.machine.foreignShare = try machine.optionalNumber("foreign_share")
        if let server = try fields.optionalFields("server") {
            self.server = try ServerUsage(server)
        }
        if let outside = try fields.optionalFields("outside") {
            self.outside = try OutsideReport(outside)
        }
        if let link = try fields.optionalFields("link") { self.link = try LinkUsage(link) }
        for worker in try fields.objects("workers") { workers.append(try WorkerReport(worker)) }
        if let load = json["load"], load != .null { self.load = try LoadReport(json: load) }
    }
}

extension ServerUsage {
    package var json: JSONValue {
        [
            "span_ns": .integer(span.raw), "requests": .number(requests),
            "cpu_ns": .integer(cpu.raw), "user_ns": .integer(user.raw),
            "system_ns": .integer(system.raw), "runq_wait_ns": .integer(runQueueWait.raw),
            "voluntary_switches": .integer(voluntarySwitches),
            "involuntary_switches": .integer(involuntarySwitches),
            "migrations": .optional(migrations), "syscalls": .optional(syscalls),
            "epoll_waits": .optional(epollWaits), "rss_peak_bytes": .count(peakResident.raw),
            "rss_growth_bytes": .integer(residentGrowth),
            "counts": .object(counts.members { .optional($0) }),
            "listen_overflows": .optional(listenOverflows),
            "listen_drops": .optional(listenDrops), "threads": .optional(threads),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        self.init()
        span = Nanoseconds(raw: try fields.integer("span_ns"))
        requests = try fields.number("requests")
        cpu = Nanoseconds(raw: try fields.integer("cpu_ns"))
        user = Nanoseconds(raw: try fields.integer("user_ns"))
        system = Nanoseconds(raw: try fields.integer("system_ns"))
        runQueueWait = Nanoseconds(raw: try fields.integer("runq_wait_ns"))
        voluntarySwitches = try fields.integer("voluntary_switches")
        involuntarySwitches = try fields.integer("involuntary_switches")
        migrations = try fields.optionalInteger("migrations")
        syscalls = try fields.optionalInteger("syscalls")
        epollWaits = try fields.optionalInteger("epoll_waits")
        peakResident = ByteCount(raw: try fields.count("rss_peak_bytes"))
        residentGrowth = try fields.integer("rss_growth_bytes")
        if let counted = try fields.optionalFields("counts") { counts = try ReadCounts(counted) }
        listenOverflows = try fields.optionalInteger("listen_overflows")
        listenDrops = try fields.optionalInteger("listen_drops")
        threads = try fields.optionalInteger("threads")
    }
}
