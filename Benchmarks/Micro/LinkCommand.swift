import Basis
import Foundation
import Measure
import Platform

/// `switchyard-micro link`: how accurately `switchyard link` delays, and how much it carries.
///
/// Both ends are processes of this program. Each datagram carries when it was sent, by the clock
/// that both share, so the extra delay holds all that a packet waits for on its way: system calls,
/// wake-ups and the link's own queues.
enum LinkCommand {
    private static let parser = OptionParser(
        program: "switchyard-micro link",
        summary: "Measures what a link adds to the delay that was asked for, and what it carries.",
        options: [
            OptionSpec("rtt", value: "TIME", help: "round-trip time of the link (20ms)"),
            OptionSpec("rates", value: "LIST", help: "datagrams a second (1000,100000)"),
            OptionSpec("duration", short: "d", value: "TIME", help: "of each measurement (5s)"),
            OptionSpec("size", value: "BYTES", help: "of a datagram (64)"),
            OptionSpec("device", value: "KIND", help: "tun or veth (the link chooses)"),
            OptionSpec("json", help: "print one JSON object instead of a table"),
            OptionSpec("role", value: "SIDE", help: "near or far: one end, inside of a link"),
        ])

    private enum Limit {
        static let port: UInt16 = 9_000
        /// Sent until it is answered, when all else was sent.
        static let end: Int64 = -1
        /// Sent until it is answered, before all else.
        static let begin: Int64 = -2
        static let attempts = 100
        /// Up to here both ends sleep between datagrams.
        static let calmRate = 5_000
        /// Shorter waits cost more than they are long.
        static let sleep = Nanoseconds.microseconds(60)
    }

    private static let percentiles = [50, 99, 99.9]

    static func run(_ arguments: [String]) throws(Complaint) -> ExitStatus {
        let options = try parser.parse(arguments)
        if options.wantsHelp {
            print(parser.help, terminator: "")
            return .success
        }
        let roundTrip = try options.time("rtt", in: .zero...(.seconds(1))) ?? .milliseconds(20)
        let duration =
            try options.time("duration", in: .milliseconds(100)...(.seconds(600))) ?? .seconds(5)
        let size = try options.count("size", in: 8...1_472) ?? 64
        var rates: [Int] = []
        for text in (options.text("rates") ?? "1000,100000").split(separator: ",") {
            guard let rate = parseCount(String(text)), (1...1_000_000).contains(rate) else {
                throw Complaint("'\(text)' is no rate", remedy: "give some such as 1000,100000")
            }
            rates.append(rate)
        }
        // The ends must not wait for a CPU that others have, or that is what is measured. One that
        // never sleeps would keep the kernel's own threads from their work instead.
        if options.has("role"), rates.allSatisfy({ $0 <= Limit.calmRate }) {
            _ = Platform.Thread.runFirst()
        }
        switch options.text("role") {
        case "far": try receive(roundTrip, size: size)
        case "near": try send(rates.first ?? 1, duration, size: size)
        default:
            var rows: [Row] = []
            for rate in rates {
                rows.append(
                    try measure(rate, roundTrip, duration, size, options.text("device")))
            }
            show(rows, roundTrip, asJSON: options.has("json"))
        }
        return .success
    }

    // MARK: - The ends

    /// Records what comes until the end is told.
    private static func receive(_ roundTrip: Nanoseconds, size: Int) throws(Complaint) {
        let socket = try DatagramSocket(port: Limit.port, size: size)
        var extra = Histogram()
        var early: Int64 = 0
        while true {
            let number = socket.receive { number in
                switch number {
                case Limit.begin: [0]
                case Limit.end:
                    [Int64(extra.totalCount), early]
                        + percentiles.map { extra.value(atPercentile: $0).raw } + [extra.max.raw]
                default: nil
                }
            }
            guard let number, number > 0 else { continue }
            let late = MonotonicClock.now.since(Instant(raw: number)) - roundTrip / 2
            if late < .zero { early += 1 }
            extra.record(late)
        }
    }

    private static func send(_ rate: Int, _ duration: Nanoseconds, size: Int) throws(Complaint) {
        let far = ProcessInfo.processInfo.environment["SWITCHYARD_FAR"] ?? "127.0.0.1"
        let socket = try DatagramSocket(to: far, port: Limit.port, size: size)
        guard ask(socket, Limit.begin, answer: 1) != nil else { throw silence }
        Platform.Thread.setTimerSlack(Nanoseconds(raw: 1))
        let count = Int(duration.inSeconds * Double(rate))
        let start = MonotonicClock.now
        for index in 0..<count {
            let due = start + .seconds(Double(index) / Double(rate))
            var now = MonotonicClock.now
            while now < due {
                let left = due.since(now)
                if left > Limit.sleep { blockThread(for: left) }
                now = MonotonicClock.now
            }
            socket.send(now.raw)
        }
        let sent = MonotonicClock.now.since(start)
        guard let figures = ask(socket, Limit.end, answer: 3 + percentiles.count) else {
            throw silence
        }
        print(([Int64(count), sent.raw] + figures).map { "\($0)" }.joined(separator: " "))
    }

    private static let silence = Complaint(
        "the far side does not answer", remedy: "run it as switchyard-micro link does",
        status: .failure)

    /// Behind the last datagrams, which are in order, the answer holds all of them.
    private static func ask(
        _ socket: DatagramSocket, _ question: Int64, answer count: Int
    ) -> [Int64]? {
        for _ in 0..<Limit.attempts {
            socket.send(question)
            if let answer = socket.receiveAll(count) { return answer }
        }
        return nil
    }

    // MARK: - One link

    private struct Row {
        let device: String
        let rate: Int
        let sent: Int64
        let time: Nanoseconds
        let received: Int64
        let early: Int64
        /// At `percentiles`, and the greatest.
        let extra: [Nanoseconds]
        /// What the link itself says.
        let lateP99: Int64?
        /// CPU time of the forwarder.
        let cpu: Int64?

        /// For one datagram, in microseconds.
        var cpuEach: Double { Double(cpu ?? 0) / 1_000 / Double(max(1, received)) }

        var perSecond: Double { Double(received) / time.inSeconds }

        var line: String {
            let figures = extra.map(\.display).joined(separator: " / ")
            return "\(device), \(rate)/s: \(received) of \(sent) arrived"
                + " (\(fixed(perSecond, decimals: 0))/s), \(early) early; extra delay p50 / p99 /"
                + " p99.9 / max \(figures)"
                + (lateP99.map { "; p99 by the link \(Nanoseconds(raw: $0).display)" } ?? "")
                + "; CPU each \(fixed(cpuEach, decimals: 1))us"
        }

        var json: JSONValue {
            [
                "device": .string(device), "rate": .integer(Int64(rate)),
                "sent": .integer(sent), "received": .integer(received),
                "seconds": .number(time.inSeconds), "early": .integer(early),
                "extra_p50_ns": .integer(extra[0].raw), "extra_p99_ns": .integer(extra[1].raw),
                "extra_p999_ns": .integer(extra[2].raw), "extra_max_ns": .integer(extra[3].raw),
                "cpu_us_each": .number(cpuEach),
                "link_late_p99_ns": lateP99.map { .integer($0) } ?? .null,
            ]
        }
    }

    private static func measure(
        _ rate: Int, _ roundTrip: Nanoseconds, _ duration: Nanoseconds, _ size: Int,
        _ device: String?
    ) throws(Complaint) -> Row {
        let own = try Programs.built("switchyard-micro")
        let shared = [
            "link", "--size", "\(size)", "--rtt", "\(roundTrip.raw)ns", "--duration",
            "\(duration.raw)ns", "--rates", "\(rate)", "--role",
        ]
        var arguments = ["link", "--rtt", "\(roundTrip.raw)ns", "--seed", "1", "--json"]
        if let device { arguments += ["--device", device] }
        arguments += ["--far", "'\(own)' " + (shared + ["far"]).joined(separator: " "), "--", own]
        var options = SpawnOptions(
            try Programs.built("switchyard"), arguments + shared + ["near"])
        options.standardError = .captured
        var child = try Programs.spawn(options)
        let line = child.nextLine(timeout: duration + .seconds(60)) ?? ""
        let errors = child.remainingErrors(timeout: .seconds(20))
        let end = child.wait(timeout: .seconds(20))
        let numbers = line.split(separator: " ").compactMap { Int64($0) }
        let report = errors.split(separator: "\n").last.flatMap { JSONText.object($0) }
        guard end?.ending == .exited(0), numbers.count == 8, let report,
            let forth = report["forth"] as? [String: Any]
        else {
            throw Complaint(
                "switchyard link failed: \(errors.split(separator: "\n").first ?? "no word")",
                remedy: "see switchyard link --help", status: .failure)
        }
        return Row(
            device: report["device"] as? String ?? "", rate: rate, sent: numbers[0],
            time: Nanoseconds(raw: numbers[1]), received: numbers[2], early: numbers[3],
            extra: numbers[4...].map { Nanoseconds(raw: $0) },
            lateP99: (forth["late_p99_ns"] as? NSNumber)?.int64Value,
            cpu: (report["cpu_ns"] as? NSNumber)?.int64Value)
    }

    private static func show(_ rows: [Row], _ roundTrip: Nanoseconds, asJSON: Bool) {
        guard asJSON else {
            for row in rows { print(row.line) }
            return
        }
        let report: JSONValue = [
            "schema": "switchyard.link-accuracy/1", "rtt_ns": .integer(roundTrip.raw),
            "rows": .array(rows.map(\.json)),
        ]
        print(report.pretty, terminator: "")
    }
}
