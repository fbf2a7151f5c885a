package import Basis

/// The counters of one thread or process of a server.
@dynamicMemberLookup
package struct WorkerReport: Equatable, Sendable {
    package var worker: Int
    /// `loop`, `acceptor`, `reader` or `worker`, as docs/PATTERNS.md says.
    package var role = "loop"
    package var cpu: Nanoseconds = .zero
    package var voluntarySwitches: Int64 = 0
    package var involuntarySwitches: Int64 = 0
    /// Nil where a server has no such counter: the base of a comparison may be older than it.
    package var counts = ReadCounts()

    /// How many of `firstBytes` took less than 1024 ns, less than twice that, and so on.
    package var firstByteBuckets: [Int64] = []

    package init(worker: Int) { self.worker = worker }

    /// A count such as `requests`; zero where the server has none.
    package subscript(
        dynamicMember count: WritableKeyPath<ReadCounts, Int64?>
    ) -> Int64 {
        get { counts[keyPath: count] ?? 0 }
        set { counts[keyPath: count] = newValue }
    }

    /// All its system calls.
    package var syscalls: Int64 {
        zip(Counter.all, counts.cells).reduce(0) { sum, count in
            count.0.group == "syscalls" ? sum + (count.1 ?? 0) : sum
        }
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        worker = try fields.count("worker")
        role = try fields.text("role")
        cpu = Nanoseconds(raw: try fields.integer("cpu_ns"))
        voluntarySwitches = try fields.integer("voluntary_switches")
        involuntarySwitches = try fields.integer("involuntary_switches")
        counts = try ReadCounts(fields)
        firstByteBuckets = try fields.integers("first_byte_buckets")
    }

    package var json: JSONValue {
        let kept: [JSONValue.Member] = [
            .init("worker", .count(worker)), .init("role", .string(role)),
            .init("cpu_ns", .integer(cpu.raw)),
            .init("voluntary_switches", .integer(voluntarySwitches)),
            .init("involuntary_switches", .integer(involuntarySwitches)),
            .init("first_byte_buckets", .array(firstByteBuckets.map { .integer($0) })),
        ]
        return .object(kept + counts.members { .optional($0) })
    }

    /// What happened between `earlier` and this reading of the same worker. What counts since the
    /// start stays, for the connections of a run are opened before it is measured.
    package func since(_ earlier: WorkerReport) -> WorkerReport {
        var difference = self
        difference.cpu = cpu - earlier.cpu
        difference.voluntarySwitches -= earlier.voluntarySwitches
        difference.involuntarySwitches -= earlier.involuntarySwitches
        difference.counts = counts.since(earlier.counts)
        for (index, counter) in Counter.all.enumerated() where counter.span == .sinceStart {
            difference.counts[index] = counts[index]
        }
        return difference
    }
}
