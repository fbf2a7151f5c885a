import Basis
import Foundation
import Platform
import Serve

/// `switchyard-micro alloc-check`: allocations a request, from two runs of different length. What
/// connections and start-up allocate is in both and cancels out.
enum AllocationCommand {
    private static let parser = OptionParser(
        program: "switchyard-micro alloc-check",
        summary: "Proves that a request allocates nothing once warm.",
        options: [
            OptionSpec(
                "pattern", value: "ID", repeatable: true, help: "patterns to check (all)"),
            OptionSpec("short", value: "TIME", help: "the shorter run (300ms)"),
            OptionSpec("long", value: "TIME", help: "the longer run (900ms)"),
        ],
        epilogue: "exit status: 0 no allocations, 10 there are some")

    /// Those of Swift concurrency are left out: what their tasks allocate is what they are there to
    /// show.
    private static let patterns = PatternID.allCases.map(\.rawValue)
        .filter { !$0.hasPrefix("structured") }

    /// Less than one allocation in a thousand requests is none: a queue that grows once more.
    static let allocationsPerRequestMax = 0.001

    /// How many times the connections of what is measured a server is warmed up with.
    private static let connectionsOfWarmUp = 4

    /// What comes with time and not with requests: a date each second, ticks, progress.
    static let allocationsPerSecondMax = 200.0

    static func run(_ arguments: [String]) throws(Complaint) -> ExitStatus {
        let options = try parser.parse(arguments)
        if options.wantsHelp {
            print(parser.help, terminator: "")
            return .success
        }
        let range = Nanoseconds.milliseconds(50)...Nanoseconds.seconds(600)
        let short = try options.time("short", in: range) ?? .milliseconds(300)
        let long = try options.time("long", in: range) ?? .milliseconds(900)
        guard short < long else {
            throw Complaint("--long is not longer than --short", remedy: "give it more time")
        }
        let chosen = options.all("pattern")
        var failures = 0
        for subject in subjects {
            for pattern in chosen.isEmpty ? patterns : chosen {
                let use = try server(pattern, subject, short, long)
                failures += report("switchyard-server \(pattern), \(subject.name)", use)
            }
            if chosen.isEmpty {
                let use = try generator(subject, short, long)
                failures += report("switchyard-load, \(subject.name)", use)
            }
        }
        print(
            failures == 0
                ? "alloc-check: no request allocates" : "alloc-check: \(failures) findings")
        return failures == 0 ? .success : .regression
    }

    /// What is spoken, the load that goes with it, and who is at the other end: programs that are
    /// not counted.
    private struct Subject {
        let name: String
        let spoken: Spoken
        let connections: Int
        var generator = GeneratorKind.floor
        let server: ServerKind
    }

    private static let subjects = [
        Subject(name: "HTTP/1.1", spoken: .http1, connections: 64, server: .floor),
        Subject(
            name: "HTTP/2", spoken: .http2(streams: 32), connections: 16, server: .floorHTTP2),
        Subject(
            name: "gRPC", spoken: .grpc(streams: 32), connections: 16, generator: .switchyard,
            server: .switchyard(pattern: "sharded")),
        Subject(
            name: "WebSocket", spoken: .webSocket(bytes: 13), connections: 64,
            server: .floorWebSocket),
    ]

    /// Requests and allocations of one run.
    struct Use: Equatable {
        var duration: Nanoseconds
        var requests: Int
        var allocations: Int

        /// Allocations of each request by which `long` outlasts `short`, those left out that time
        /// alone may bring; nil when it does not outlast it.
        static func perRequest(short: Use, long: Use) -> Double? {
            let requests = long.requests - short.requests
            guard requests >= 1_000 else { return nil }
            let seconds = (long.duration - short.duration).inSeconds
            let excess =
                Double(long.allocations - short.allocations) - seconds * allocationsPerSecondMax
            return max(0, excess) / Double(requests)
        }
    }

    private static func report(_ name: String, _ use: (short: Use, long: Use)) -> Int {
        guard let each = Use.perRequest(short: use.short, long: use.long) else {
            print("FAIL  \(name): the longer run did not answer 1000 requests more")
            return 1
        }
        let isClean = each < allocationsPerRequestMax
        let extra = use.long.requests - use.short.requests
        print(
            "\(isClean ? "ok   " : "FAIL ") \(name): \(fixed(each, decimals: 4)) allocations a"
                + " request over \(extra) requests")
        return isClean ? 0 : 1
    }

    private static func server(
        _ pattern: String, _ subject: Subject, _ short: Nanoseconds, _ long: Nanoseconds
    ) throws(Complaint) -> (Use, Use) {
        let meter = try Meter(program: "switchyard-server")
        let server = try RunningServer(
            .switchyard(pattern: pattern), cpu: nil, environment: meter.environment)
        func drive(_ duration: Nanoseconds, connections: Int) throws(Complaint) -> Use {
            let before = meter.allocations
            let run = try subject.generator.run(
                port: server.port, connections: connections,
                speaking: subject.spoken, duration: duration, cpu: nil)
            return Use(
                duration: duration, requests: run.requests, allocations: meter.allocations - before)
        }
        // An item that workers get allocates in its first turn, and how many have had one follows
        // from the most that were ever under way at once. With more requests than are measured,
        // that is not reached later, by a chance of scheduling.
        _ = try drive(
            .milliseconds(300), connections: subject.connections * connectionsOfWarmUp)
        try meter.mustHaveCounted()
        return (
            try drive(short, connections: subject.connections),
            try drive(long, connections: subject.connections)
        )
    }

    private static func generator(
        _ subject: Subject, _ short: Nanoseconds, _ long: Nanoseconds
    ) throws(Complaint) -> (Use, Use) {
        let server = try RunningServer(subject.server, cpu: nil)
        func drive(_ duration: Nanoseconds) throws(Complaint) -> Use {
            let meter = try Meter(program: "switchyard-load")
            let run = try GeneratorKind.switchyard.run(
                port: server.port, connections: subject.connections,
                speaking: subject.spoken, duration: duration, cpu: nil,
                environment: meter.environment)
            try meter.mustHaveCounted()
            return Use(
                duration: duration, requests: run.requests, allocations: meter.allocations)
        }
        return (try drive(short), try drive(long))
    }

    /// Counts the allocations of a program started with its environment (Benchmarks/Mallocmeter).
    private struct Meter: ~Copyable {
        let environment: [String: String]
        private let file: URL

        init(program: String) throws(Complaint) {
            file = FileManager.default.temporaryDirectory.appending(
                path: "switchyard-mallocmeter-\(UUID().uuidString)")
            environment = [
                "LD_PRELOAD": try Programs.built("libmallocmeter.so"),
                "MALLOCMETER_FILE": file.path,
                "MALLOCMETER_PROGRAM": program,
            ]
        }

        deinit { try? FileManager.default.removeItem(at: file) }

        /// Every program allocates something until it runs: a count of none says that nobody
        /// counts.
        func mustHaveCounted() throws(Complaint) {
            guard allocations == 0 else { return }
            throw Complaint(
                "libmallocmeter.so counted nothing",
                remedy: "see that LD_PRELOAD works here and that \(file.path) can be written",
                status: .failure)
        }

        /// So far: the first word of the file (mallocmeter.h). Zero while the program has not
        /// begun.
        var allocations: Int {
            let bytes = (try? Data(contentsOf: file)) ?? Data()
            return bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
