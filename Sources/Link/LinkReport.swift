package import Basis
import Measure

/// What a link was and what it did.
package struct LinkReport: Sendable {
    package static let schema = "switchyard.link/1"

    let settings: LinkSettings
    let device: LinkSettings.Device
    let isUnprivileged: Bool
    let outcome: Forwarder.Outcome

    /// For a person.
    package var text: String {
        var text = "link: round trip \(settings.roundTrip.display) over \(device.rawValue)"
        text += ", seed \(settings.seed)\n"
        for way in outcome.ways {
            text += way.direction == .forth ? "  near to far: " : "  far to near: "
            let counts = way.counts
            text += "\(counts.packets) packets, \(ByteCount(raw: Int(counts.bytes)).display)"
            text += "; \(counts.lost) lost, \(counts.dropped) dropped by the queue"
            for (count, what) in [
                (counts.missed, "missed by the forwarder"),
                (counts.overflowed, "beyond what may be under way"),
                (counts.refused, "refused by the receiver"),
            ] where count > 0 {
                text += ", \(count) \(what)"
            }
            if way.lateness.samples > 0 {
                text += "; later than asked:"
                for (name, value) in [("p50", way.lateness.p50), ("p99", way.lateness.p99)] {
                    if let value { text += " \(name) \(value.display)," }
                }
                text += " at most \(way.lateness.max.display)"
            }
            text += "\n"
        }
        return text
    }

    /// One object on one line.
    package func json(status: Int32) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("schema", .string(Self.schema)), .init("status", .integer(Int64(status))),
            .init("rtt_ns", .integer(settings.roundTrip.raw)),
            .init("jitter_ns", .integer(settings.jitter.raw)),
            .init("loss", .number(settings.loss)),
            .init("rate_bit", settings.rate.map { .integer(Int64($0)) } ?? .null),
            .init("queue_bytes", .integer(Int64(settings.queue.raw))),
            .init("seed", .integer(Int64(settings.seed))),
            .init("device", .string(device.rawValue)),
            .init("unprivileged", .bool(isUnprivileged)),
            .init("realtime", .bool(outcome.isFirst)),
            .init("cpu_ns", .integer(outcome.cpu.raw)),
        ]
        for way in outcome.ways {
            members.append(.init(way.direction.rawValue, Self.json(way)))
        }
        return .object(members)
    }

    private static func json(_ way: Forwarder.Way) -> JSONValue {
        func time(_ value: Nanoseconds?) -> JSONValue { value.map { .integer($0.raw) } ?? .null }
        func count(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }
        let counts = way.counts
        return [
            "packets": count(counts.packets), "bytes": count(counts.bytes),
            "lost": count(counts.lost), "dropped": count(counts.dropped),
            "missed": count(counts.missed), "overflowed": count(counts.overflowed),
            "refused": count(counts.refused), "late_p50_ns": time(way.lateness.p50),
            "late_p99_ns": time(way.lateness.p99), "late_max_ns": time(way.lateness.max),
        ]
    }
}
