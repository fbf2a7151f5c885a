package import Basis

/// What the link of a launch did, from the begin of the server to its end.
package struct LinkUsage: Equatable, Sendable {
    /// What a link writes at its end.
    package static let reportSchema = "switchyard.link/1"

    /// That came through, both ways.
    package var packets: Int64 = 0
    /// By chance or in front of the rate, as was asked.
    package var lost: Int64 = 0
    /// What the link did not carry although it should have: it did not keep up.
    package var missed: Int64 = 0
    /// The 99th percentile of how much later than due packets left it, of the worse way; nil
    /// without packets.
    package var late: Nanoseconds?
    package var cpu = Nanoseconds.zero

    package init() {}

    /// Reads what `switchyard link --json` writes.
    package init(report: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(report)
        try fields.require(schema: Self.reportSchema)
        cpu = Nanoseconds(raw: try fields.integer("cpu_ns"))
        for name in ["forth", "back"] {
            let way = try fields.fields(name)
            packets += try way.integer("packets")
            lost += try way.integer("lost") + way.integer("dropped")
            missed +=
                try way.integer("missed") + way.integer("overflowed") + way.integer("refused")
            if let p99 = try way.optionalInteger("late_p99_ns") {
                late = max(late ?? .zero, Nanoseconds(raw: p99))
            }
        }
    }

    var json: JSONValue {
        [
            "packets": .integer(packets), "lost": .integer(lost), "missed": .integer(missed),
            "late_p99_ns": .optional(late?.raw), "cpu_ns": .integer(cpu.raw),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        packets = try fields.integer("packets")
        lost = try fields.integer("lost")
        missed = try fields.integer("missed")
        late = try fields.optionalInteger("late_p99_ns").map { Nanoseconds(raw: $0) }
        cpu = Nanoseconds(raw: try fields.integer("cpu_ns"))
    }
}
