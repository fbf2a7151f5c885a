package import Basis

/// The line a server prints when it accepts connections.
package struct ServerReady: Equatable, Sendable {
    /// `HOST:PORT` with the port the kernel chose.
    package var listen: String
    package var processID: Int32
    /// The pattern's full id, never a bare family.
    package var pattern: String
    package var threads: Int

    package init(listen: String, processID: Int32, pattern: String, threads: Int) {
        self.listen = listen
        self.processID = processID
        self.pattern = pattern
        self.threads = threads
    }

    package init(json: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(json)
        guard try fields.text("event") == "ready" else {
            throw RecordRefusal(path: "event", problem: "is not 'ready'")
        }
        listen = try fields.text("listen")
        processID = Int32(clamping: try fields.integer("pid"))
        pattern = try fields.text("pattern")
        threads = try fields.count("threads")
    }

    package var json: JSONValue {
        [
            "event": "ready", "listen": .string(listen), "pid": .integer(Int64(processID)),
            "pattern": .string(pattern), "threads": .count(threads),
        ]
    }

    package var port: UInt16? {
        listen.lastIndex(of: ":").flatMap { UInt16(listen[listen.index(after: $0)...]) }
    }
}

/// What the workers of a server have done since it started: the answer to `snapshot` on the control
/// socket, and the last line on standard output.
package struct ServerReport: Equatable, Sendable {
    /// Whether the server goes on.
    package enum Event: String, Sendable, CaseIterable { case snapshot, stopped }

    package var event: Event
    package var workers: [WorkerReport]
    /// The largest resident set of the server, all its processes summed up.
    package var peakResident: ByteCount
    /// When the counters were read, on the machine's monotonic clock; nil from a server that does
    /// not say.
    package var time: Instant?
    /// CPU time of the process that answers, to the nanosecond; nil from a server that does not
    /// say.
    package var cpu: Nanoseconds?

    package init(event: Event, workers: [WorkerReport], peakResident: ByteCount) {
        self.event = event
        self.workers = workers
        self.peakResident = peakResident
    }

    package init(json: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(json)
        event = try fields.choice("event", of: Event.self)
        workers = []
        for worker in try fields.objects("workers") { workers.append(try WorkerReport(worker)) }
        peakResident = ByteCount(raw: try fields.count("rss_peak_bytes"))
        time = try fields.optionalInteger("monotonic_ns").map { Instant(raw: $0) }
        cpu = try fields.optionalInteger("cpu_ns").map { Nanoseconds(raw: $0) }
    }

    package var json: JSONValue {
        [
            "event": .string(event.rawValue), "monotonic_ns": .optional(time?.raw),
            "workers": .array(workers.map(\.json)), "cpu_ns": .optional(cpu?.raw),
            "rss_peak_bytes": .count(peakResident.raw),
        ]
    }
}

/// The counters of one thread or process of a server.
package struct WorkerReport: Equatable, Sendable {
    package var worker: Int
    /// `loop`, `acceptor`, `reader` or `worker`, as docs/PATTERNS.md says.
    package var role = "loop"
    /// Connections this worker took from the kernel.
    package var accepted: Int64 = 0
    /// Connections this worker came to own.
    package var connections: Int64 = 0
    /// Requests it answered.
    package var requests: Int64 = 0
    package var cpu: Nanoseconds = .zero
    package var voluntarySwitches: Int64 = 0
    package var involuntarySwitches: Int64 = 0
    package var epollWait: Int64 = 0
    package var receive: Int64 = 0
    package var send: Int64 = 0
    package var accept: Int64 = 0
    package var other: Int64 = 0
    /// Wakes it sent to another worker.
    package var wakeups: Int64 = 0
    /// Accepts that found an empty queue: another worker was faster.
    package var emptyAccepts: Int64 = 0
    /// Connections or messages passed to another worker.
    package var handoffs: Int64 = 0
    /// Messages taken from another worker's queue.
    package var steals: Int64 = 0

    package init(worker: Int) { self.worker = worker }

    package var syscalls: Int64 { epollWait + receive + send + accept + other }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        worker = try fields.count("worker")
        accepted = try fields.integer("accepted")
        role = try fields.text("role")
        connections = try fields.integer("connections")
        requests = try fields.integer("requests")
        cpu = Nanoseconds(raw: try fields.integer("cpu_ns"))
        voluntarySwitches = try fields.integer("voluntary_switches")
        involuntarySwitches = try fields.integer("involuntary_switches")
        let syscalls = try fields.fields("syscalls")
        epollWait = try syscalls.integer("epoll_wait")
        receive = try syscalls.integer("recv")
        send = try syscalls.integer("send")
        accept = try syscalls.integer("accept")
        other = try syscalls.integer("other")
        wakeups = try fields.integer("wakeups")
        emptyAccepts = try fields.integer("eagain_accepts")
        handoffs = try fields.integer("handoffs")
        steals = try fields.integer("steals")
    }

    package var json: JSONValue {
        [
            "worker": .count(worker), "role": .string(role), "accepted": .integer(accepted),
            "connections": .integer(connections), "requests": .integer(requests),
            "cpu_ns": .integer(cpu.raw),
            "voluntary_switches": .integer(voluntarySwitches),
            "involuntary_switches": .integer(involuntarySwitches),
            "syscalls": [
                "epoll_wait": .integer(epollWait), "recv": .integer(receive),
                "send": .integer(send), "accept": .integer(accept), "other": .integer(other),
            ],
            "wakeups": .integer(wakeups), "eagain_accepts": .integer(emptyAccepts),
            "handoffs": .integer(handoffs), "steals": .integer(steals),
        ]
    }

    /// What happened between `earlier` and this reading of the same worker; `accepted` and
    /// `connections` stay the counts since the start, for the connections of a run are opened
    /// before it is measured.
    package func since(_ earlier: WorkerReport) -> WorkerReport {
        var difference = self
        difference.requests -= earlier.requests
        difference.cpu = cpu - earlier.cpu
        difference.voluntarySwitches -= earlier.voluntarySwitches
        difference.involuntarySwitches -= earlier.involuntarySwitches
        difference.epollWait -= earlier.epollWait
        difference.receive -= earlier.receive
        difference.send -= earlier.send
        difference.accept -= earlier.accept
        difference.other -= earlier.other
        difference.wakeups -= earlier.wakeups
        difference.emptyAccepts -= earlier.emptyAccepts
        difference.handoffs -= earlier.handoffs
        difference.steals -= earlier.steals
        return difference
    }
}
