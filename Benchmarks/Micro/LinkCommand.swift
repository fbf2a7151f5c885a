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
            OptionSpec("port", value: "N", help: "of the far end (\(Limit.port))"),
            OptionSpec("role", value: "SIDE", help: "near or far: one end, inside of a link"),
        ])

    private enum Limit {
        static let port = 9_000
        /// For the loopback, where others have ports too.
        static let ports = 20_000..<30_000
        /// Sent until it is answered, when all else was sent.
        static let end: Int64 = -1
        /// Sent until it is answered, before all else.
        static let begin: Int64 = -2
        static let attempts = 100
        static let pause = Nanoseconds.milliseconds(20)
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
        let port = UInt16(try options.count("port", in: 1...65_535) ?? Limit.port)
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
        case "far": try receive(roundTrip, port, size: size)
        case "near": try send(rates.first ?? 1, duration, port, size: size)
        default:
            var rows: [Row] = []
            for rate in rates {
                let task = Task(rate: rate, roundTrip: roundTrip, duration: duration, size: size)
                rows.append(try measureWithout(rate, duration, size))
                rows.append(try measure(task, options.text("device")))
            }
            show(rows, roundTrip, asJSON: options.has("json"))
        }
        return .success
    }

    // MARK: - The ends

    /// Records what comes until the end is told.
    private static func receive(
        _ roundTrip: Nanoseconds, _ port: UInt16, size: Int
    ) throws(Complaint) {
        let socket = try DatagramSocket(port: port, size: size)
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

    private static func send(
        _ rate: Int, _ duration: Nanoseconds, _ port: UInt16, size: Int
    ) throws(Complaint) {
        let far = ProcessInfo.processInfo.environment["SWITCHYARD_FAR"] ?? "127.0.0.1"
        let socket = try DatagramSocket(to: far, port: port, size: size)
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
            // There is nobody yet, which UDP tells at once.
            blockThread(for: Limit.pause)
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

        init(device: String, rate: Int, _ numbers: [Int64], lateP99: Int64?, cpu: Int64?) {
            self.device = device
            self.rate = rate
            sent = numbers[0]
            time = Nanoseconds(raw: numbers[1])
            received = numbers[2]
            early = numbers[3]
            extra = numbers[4...].map { Nanoseconds(raw: $0) }
            self.lateP99 = lateP99
            self.cpu = cpu
        }

        /// For one datagram, in microseconds.
        var cpuEach: Double? { cpu.map { Double($0) / 1_000 / Double(max(1, received)) } }

        var perSecond: Double { Double(received) / time.inSeconds }

        var line: String {
            let figures = extra.map(\.display).joined(separator: " / ")
            return "\(device), \(rate)/s: \(received) of \(sent) arrived"
                + " (\(fixed(perSecond, decimals: 0))/s), \(early) early; extra delay p50 / p99 /"
                + " p99.9 / max \(figures)"
                + (lateP99.map { "; p99 by the link \(Nanoseconds(raw: $0).display)" } ?? "")
                + (cpuEach.map { "; its CPU \(fixed($0, decimals: 1))us each" } ?? "")
        }

        var json: JSONValue {
            [
                "device": .string(device), "rate": .integer(Int64(rate)),
                "sent": .integer(sent), "received": .integer(received),
                "seconds": .number(time.inSeconds), "early": .integer(early),
                "extra_p50_ns": .integer(extra[0].raw), "extra_p99_ns": .integer(extra[1].raw),
                "extra_p999_ns": .integer(extra[2].raw), "extra_max_ns": .integer(extra[3].raw),
                "cpu_us_each": cpuEach.map { .number($0) } ?? .null,
                "link_late_p99_ns": lateP99.map { .integer($0) } ?? .null,
            ]
        }
    }

    /// What both ends are to do.
    private struct Task {
        let rate: Int
        let roundTrip: Nanoseconds
        let duration: Nanoseconds
        let size: Int
        var port = Limit.port

        func words(_ role: String) -> [String] {
            [
                "link", "--size", "\(size)", "--rtt", "\(roundTrip.raw)ns", "--duration",
                "\(duration.raw)ns", "--rates", "\(rate)", "--port", "\(port)", "--role", role,
            ]
        }

        var patience: Nanoseconds { duration + .seconds(60) }
    }

    /// Over the loopback, for what is not the link's.
    private static func measureWithout(
        _ rate: Int, _ duration: Nanoseconds, _ size: Int
    ) throws(Complaint) -> Row {
        let own = try Programs.built("switchyard-micro")
        let task = Task(
            rate: rate, roundTrip: .zero, duration: duration, size: size,
            port: .random(in: Limit.ports))
        // Ended when this is left.
        let far = try Programs.spawn(SpawnOptions(own, task.words("far")))
        let (text, _) = try Programs.output(
            of: SpawnOptions(own, task.words("near")), within: task.patience)
        _ = consume far
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
        guard numbers.count == Self.numbers else { throw silence }
        return Row(device: "no link", rate: rate, numbers, lateP99: nil, cpu: nil)
    }

    /// In what the near end prints: sent, in how long, received, early, percentiles, greatest.
    private static let numbers = 5 + percentiles.count

    private static func measure(_ task: Task, _ device: String?) throws(Complaint) -> Row {
        let own = try Programs.built("switchyard-micro")
        var arguments = ["link", "--rtt", "\(task.roundTrip.raw)ns", "--seed", "1", "--json"]
        if let device { arguments += ["--device", device] }
        arguments += ["--far", "'\(own)' " + task.words("far").joined(separator: " "), "--", own]
        var options = SpawnOptions(
            try Programs.built("switchyard"), arguments + task.words("near"))
        options.standardError = .captured
        var child = try Programs.spawn(options)
        let line = child.nextLine(timeout: task.patience) ?? ""
        let errors = child.remainingErrors(timeout: .seconds(20))
        let end = child.wait(timeout: .seconds(20))
        let numbers = line.split(separator: " ").compactMap { Int64($0) }
        let report = errors.split(separator: "\n").last.flatMap { JSONText.object($0) }
        guard end?.ending == .exited(0), numbers.count == Self.numbers, let report,
            let forth = report["forth"] as? [String: Any]
        else {
            throw Complaint(
                "switchyard link failed: \(errors.split(separator: "\n").first ?? "no word")",
                remedy: "see switchyard link --help", status: .failure)
        }
        return Row(
            device: report["device"] as? String ?? "", rate: task.rate, numbers,
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
