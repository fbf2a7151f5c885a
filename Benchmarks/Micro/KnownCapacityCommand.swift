import Basis
import Foundation
import Measure
import Platform

/// `switchyard-micro known-capacity`: whether `--find-rate` finds a capacity that is known.
///
/// A server whose workers sleep a millisecond for each request serves as many a second as it has
/// workers, by the time that one takes with all that goes with it. That time is told by wrk, before
/// and after each search, so that the two share no code. At equal gaps the server keeps up to that
/// rate and no further, whatever the objective; at random gaps the rate at which the objective is
/// just met is what `OpenQueueSimulator` says of such workers.
enum KnownCapacityCommand {
    private static let parser = OptionParser(
        program: "switchyard-micro known-capacity",
        summary: "Proves that --find-rate finds a capacity that is known beforehand.",
        options: [
            OptionSpec("repeats", value: "N", help: "searches of each kind (20)"),
            OptionSpec("workers", value: "N", help: "that sleep 1 ms a request (4)"),
            CPUPair.spec,
            OptionSpec("only", value: "NAME", help: "constant or poisson (both)"),
            OptionSpec("json", help: "print one JSON object instead of a table"),
        ],
        epilogue: """
            exit status: 0 within 3 % and 60 s in 19 of 20 searches of each kind, 1 less often
            """)

    private enum Limit {
        static let share = 0.95
        static let deviation = 0.03
        static let time = Nanoseconds.seconds(60)
        static let sleep = "/block?us=1000"
        /// Connections for each worker: none ever waits for a request.
        static let connections = 8
        static let saturation = Nanoseconds.seconds(2)
        /// Long enough that what a busy machine adds now and then is little of it.
        static let objective = Nanoseconds.milliseconds(10)
    }

    private enum Gaps: String, CaseIterable { case constant, poisson }

    private struct Settings {
        let repeats: Int
        let workers: Int
        let cpus: CPUPair
        let isQuiet: Bool
    }

    static func run(_ arguments: [String]) throws(Complaint) -> ExitStatus {
        let options = try parser.parse(arguments)
        if options.wantsHelp {
            print(parser.help, terminator: "")
            return .success
        }
        let settings = Settings(
            repeats: try options.count("repeats", in: 1...1_000) ?? 20,
            workers: try options.count("workers", in: 1...64) ?? 4,
            cpus: try CPUPair(options),
            isQuiet: options.has("json"))
        let only = try options.choice("only", of: Gaps.self)
        var rows: [Row] = []
        for gaps in Gaps.allCases where only == nil || only == gaps {
            rows.append(try row(gaps, settings))
            // At once, also into a file: the next row takes a quarter of an hour.
            if !settings.isQuiet {
                FileHandle.standardOutput.write(Data((rows[rows.count - 1].text + "\n").utf8))
            }
        }
        let passes = rows.allSatisfy(\.passes)
        if settings.isQuiet {
            let report: JSONValue = [
                "schema": "switchyard.known-capacity/1", "passes": .bool(passes),
                "workers": .integer(Int64(settings.workers)), "rows": .array(rows.map(\.json)),
            ]
            print(report.pretty, terminator: "")
        } else {
            print("known-capacity: \(passes ? "pass" : "FAIL")")
        }
        return passes ? .success : .failure
    }

    // MARK: - One kind of gaps

    /// A search and what it was to find.
    struct Search {
        /// In requests a second.
        let known: Double
        /// Nil where the search found none.
        let found: Double?
        let outcome: String
        let time: Nanoseconds

        /// Nil where nothing was found.
        var deviation: Double? { found.map { $0 / known - 1 } }

        var isGood: Bool {
            deviation.map { abs($0) <= Limit.deviation } ?? false && time < Limit.time
        }
    }

    /// The searches of one kind.
    struct Row {
        let name: String
        var searches: [Search] = []

        var passes: Bool {
            searches.count(where: \.isGood)
                >= Int((Limit.share * Double(searches.count)).rounded(.up))
        }

        fileprivate var text: String {
            let deviations = searches.compactMap(\.deviation).sorted()
            let longest = searches.map(\.time).max() ?? .zero
            var line = "\(passes ? "PASS" : "FAIL")  \(name): within 3 % in"
            line += " \(searches.count(where: \.isGood)) of \(searches.count)"
            if let least = deviations.first, let most = deviations.last,
                let middle = Median.of(deviations)
            {
                line += "; found over known less 1: median \(percent(middle)),"
                line += " from \(percent(least)) to \(percent(most))"
            }
            line += "; the longest took \(longest.display)"
            let bad = searches.filter { !$0.isGood }.map {
                "\n      known \(fixed($0.known, decimals: 0)), \($0.outcome)"
                    + ($0.found.map { " \(fixed($0, decimals: 0))" } ?? "")
                    + " after \($0.time.display)"
            }
            return line + bad.joined()
        }

        private func percent(_ share: Double) -> String {
            "\(share < 0 ? "" : "+")\(fixed(share * 100, decimals: 2)) %"
        }

        fileprivate var json: JSONValue {
            [
                "name": .string(name), "passes": .bool(passes),
                "searches": .array(
                    searches.map { search in
                        [
                            "known": .number(search.known),
                            "found": search.found.map { .number($0) } ?? .null,
                            "outcome": .string(search.outcome),
                            "seconds": .number(search.time.inSeconds),
                        ]
                    }),
            ]
        }
    }

    private static func row(_ gaps: Gaps, _ settings: Settings) throws(Complaint) -> Row {
        var row = Row(name: gaps.rawValue)
        for index in 0..<settings.repeats {
            let server = try RunningServer(
                .switchyard(pattern: "balanced:shared", threads: settings.workers),
                cpu: settings.cpus.server)
            let before = try saturated(server, settings)
            let (report, time) = try search(server, gaps, seed: index + 1, settings)
            let full = (before + (try saturated(server, settings))) / 2
            let found = report["search"] as? [String: Any] ?? [:]
            row.searches.append(
                Search(
                    known: gaps == .constant
                        ? full
                        : borderRate(
                            workers: settings.workers, full: full, objective: Limit.objective),
                    found: found["capacity"] as? Double,
                    outcome: found["outcome"] as? String ?? "no outcome", time: time))
        }
        return row
    }

    /// What the server does in a closed loop of wrk, in requests a second.
    private static func saturated(
        _ server: borrowing RunningServer, _ settings: Settings
    ) throws(Complaint) -> Double {
        let run = try GeneratorKind.wrk.run(
            port: server.port, connections: settings.workers * Limit.connections,
            path: Limit.sleep, duration: Limit.saturation, cpu: settings.cpus.generator)
        guard let rate = run.rateInWindow, rate > 0 else {
            throw Complaint(
                "wrk printed no rate that can be read", remedy: "run it by hand", status: .failure)
        }
        return rate
    }

    private static func search(
        _ server: borrowing RunningServer, _ gaps: Gaps, seed: Int, _ settings: Settings
    ) throws(Complaint) -> (report: [String: Any], time: Nanoseconds) {
        var options = SpawnOptions(
            try Programs.built("switchyard-load"),
            [
                "--find-rate", "p99<\(Limit.objective.display)", "--arrivals", gaps.rawValue,
                "-c", "\(settings.workers * Limit.connections)", "--seed", "\(seed)",
                "--json", "-", "-q", "http://127.0.0.1:\(server.port)\(Limit.sleep)",
            ])
        options.cpus = settings.cpus.generator.map { CPUSet([$0]) }
        let began = MonotonicClock.now
        // A search that finds none says so by its status, and in its report.
        let text = try Programs.output(
            of: options, within: Limit.time * 2,
            statuses: [.success, .objectiveMissed, .inconclusive]
        ).text
        return (try JSONText.report(in: text), MonotonicClock.now.since(began))
    }

    /// The rate, in requests a second, at which the 99th percentile of the response time is
    /// `objective`, for requests that come at random to workers that together do `full` a second.
    static func borderRate(workers: Int, full: Double, objective: Nanoseconds) -> Double {
        let service = ServiceTime.deterministic(
            Nanoseconds(raw: Int64(Double(workers) / full * 1e9)))
        func meets(_ load: Double) -> Bool {
            let simulator = OpenQueueSimulator(
                workers: workers, rate: PerSecond(raw: full * load), service: service,
                discipline: .shared)
            var sojourn = Histogram()
            for seed in 1...4 {
                sojourn.add(simulator.run(requests: 200_000, warmup: 20_000, seed: UInt64(seed)))
            }
            return sojourn.value(atPercentile: 99) <= objective
        }
        var (low, high) = (0.0, 1.0)
        while high - low > 0.001 {
            let middle = (low + high) / 2
            if meets(middle) { low = middle } else { high = middle }
        }
        return full * low
    }
}
