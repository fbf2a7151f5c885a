import Basis
import Foundation
import Platform

/// A load generator to be held against others, as a user would start it.
enum GeneratorKind: Equatable, CustomStringConvertible {
    case floor, wrk, switchyard, h2load
    /// openssl s_time, which does one full handshake after the other.
    case opensslTime
    /// h2load posting the bytes of a file as a call of gRPC; of the outcome it sees HTTP's status.
    case h2loadPosting(file: String)
    /// Ours with a mix of requests, and wrk with a script that makes as many kinds.
    case switchyardMix(file: String)
    case wrkScript(file: String)

    var description: String {
        switch self {
        case .floor: "floor client"
        case .wrk: "wrk"
        case .wrkScript: "wrk with a Lua script"
        case .switchyard: "switchyard-load"
        case .switchyardMix: "switchyard-load --mix"
        case .h2load, .h2loadPosting: "h2load"
        case .opensslTime: "openssl s_time"
        }
    }

    /// The program of the system that it needs; nil where it is of this package.
    var program: String? {
        switch self {
        case .floor, .switchyard, .switchyardMix: nil
        case .wrk, .wrkScript: "wrk"
        case .h2load, .h2loadPosting: "h2load"
        case .opensslTime: "openssl"
        }
    }

    /// Why it can't be measured; nil where it can.
    var absence: String? {
        guard let program, Programs.system(program) == nil else { return nil }
        return "\(program) is not installed"
    }

    /// Whether it prints for people alone.
    fileprivate var isOfOthers: Bool { program != nil }

    /// Whether it takes whole seconds only.
    var takesWholeSeconds: Bool {
        switch self {
        case .wrk, .wrkScript, .opensslTime: true
        case .floor, .switchyard, .switchyardMix, .h2load, .h2loadPosting: false
        }
    }

    /// Drives a server on `127.0.0.1:port` in a closed loop and waits for its end.
    ///
    /// - Parameter path: what is asked for; nil for what `spoken` asks.
    func run(
        port: Int, connections: Int, speaking spoken: Spoken = .http1, path: String? = nil,
        warmUp: Nanoseconds = .zero, duration: Nanoseconds, cpu: Int?,
        environment: [String: String] = [:]
    ) throws(Complaint) -> GeneratorRun {
        var options = try command(
            port: port, connections: connections, speaking: spoken, path: path, warmUp: warmUp,
            duration: duration, cpu: cpu)
        if !environment.isEmpty {
            options.environment = ProcessInfo.processInfo.environment
                .merging(environment) { $1 }
        }
        let (text, usage) = try Programs.output(
            of: options, within: warmUp + duration + .seconds(20))
        guard let run = GeneratorRun(reading: text, of: self, cpu: usage.user + usage.system) else {
            throw Complaint(
                "\(self) printed no result that can be read",
                remedy: "run it by hand: \(options.program) \(options.arguments)",
                status: .failure)
        }
        return run
    }

    /// The command of `run`; wrk and h2load know no warm-up.
    func command(
        port: Int, connections: Int, speaking spoken: Spoken = .http1, path: String? = nil,
        warmUp: Nanoseconds, duration: Nanoseconds, cpu: Int?
    ) throws(Complaint) -> SpawnOptions {
        let program = try program.map { name throws(Complaint) in try Programs.installed(name) }
        let seconds = fixed(duration.inSeconds, decimals: 3)
        let url = "\(spoken.scheme)://127.0.0.1:\(port)\(path ?? spoken.path)"
        var options: SpawnOptions
        switch self {
        case .floor:
            options = SpawnOptions(
                try Programs.built("switchyard-floor"),
                [
                    "client", "--port", "\(port)", "-c", "\(connections)", "-d", seconds,
                    "--warmup", fixed(warmUp.inSeconds, decimals: 3), "--json",
                ] + Self.floor(spoken))
        case .wrk, .wrkScript:
            precondition(
                spoken == .http1 || spoken == .tls(churns: false), "wrk speaks HTTP/1.1 alone")
            let whole = Int(duration.inSeconds.rounded(.up))
            options = SpawnOptions(program ?? "", ["-t1", "-c\(connections)", "-d\(whole)s", url])
            if case .wrkScript(let file) = self { options.arguments += ["-s", file] }
        case .switchyard, .switchyardMix:
            options = SpawnOptions(
                try Programs.built("switchyard-load"),
                [
                    "-c", "\(connections)", "-t", "1", "-d", "\(seconds)s",
                    "--warmup", "\(warmUp.raw)ns", "--json", "-", "-q", url,
                ] + Self.switchyard(spoken))
            if case .switchyardMix(let file) = self { options.arguments += ["--mix", file] }
        case .opensslTime:
            options = SpawnOptions(
                program ?? "",
                [
                    "s_time", "-connect", "127.0.0.1:\(port)", "-www", spoken.path, "-new",
                    "-time", "\(Int(duration.inSeconds.rounded(.up)))",
                ])
        case .h2load, .h2loadPosting:
            options = SpawnOptions(
                program ?? "",
                ["-t1", "-c\(connections)", "-D", "\(duration.raw / 1_000_000)ms", url]
                    + Self.h2load(spoken))
            if case .h2loadPosting(let file) = self {
                options.arguments += [
                    "-d", file, "-H", "content-type: application/grpc", "-H", "te: trailers",
                ]
            }
        }
        options.cpus = cpu.map { CPUSet([$0]) }
        return options
    }

    private static func floor(_ spoken: Spoken) -> [String] {
        switch spoken {
        case .http1: []
        case .tls(let churns): churns ? ["--tls", "--churn"] : ["--tls"]
        case .http2(let streams): ["--http2", "-m", "\(streams)"]
        case .grpc: preconditionFailure("the bare client posts nothing")
        case .webSocket(let bytes): ["--websocket", "--message-size", "\(bytes)"]
        }
    }

    private static func switchyard(_ spoken: Spoken) -> [String] {
        switch spoken {
        case .http1: []
        case .tls(let churns):
            ["-k", "--tls", "1.3"]
                + (churns ? ["--requests-per-connection", "1"] : [])
        case .http2(let streams): ["--protocol", "h2", "-m", "\(streams)"]
        case .grpc(let streams): ["--protocol", "grpc", "-m", "\(streams)"]
        case .webSocket(let bytes): ["--protocol", "ws", "--message-size", "\(bytes)"]
        }
    }

    private static func h2load(_ spoken: Spoken) -> [String] {
        switch spoken {
        case .http1, .tls: ["--h1"]
        case .http2(let streams), .grpc(let streams): ["-m\(streams)"]
        case .webSocket: preconditionFailure("h2load speaks no WebSocket")
        }
    }
}

/// What one run of a generator did.
struct GeneratorRun: Equatable {
    let requests: Int
    /// Of the whole process from its start to its end (wait4(2)), so that all are measured alike.
    let cpu: Nanoseconds
    /// CPU time a request within its measured window, by its own count; nil where it does not say.
    let costInWindow: Nanoseconds?
    /// Requests a second within that window; nil where it does not say.
    let rateInWindow: Double?
    /// System calls by its own count; nil where it does not count.
    let systemCalls: Int?
    /// The length of an answer with its head, as the floor client learned it.
    let responseBytes: Int?

    /// Requests for each second of CPU time by which this run outlasts `short`: what start,
    /// connecting and report cost is in both and cancels out. nil where this run is not the longer
    /// one.
    func requestsPerCPUSecond(beyond short: GeneratorRun) -> Double? {
        guard requests > short.requests, cpu > short.cpu else { return nil }
        return Double(requests - short.requests) / (cpu - short.cpu).inSeconds
    }

    /// Reads what `kind` printed; nil when no requests are found in it.
    init?(reading text: String, of kind: GeneratorKind, cpu: Nanoseconds) {
        self.cpu = cpu
        if kind.isOfOthers {
            guard let count = Self.requests(in: text, of: kind), count > 0 else { return nil }
            requests = count
            costInWindow = nil
            rateInWindow = Self.rate(in: text)
            systemCalls = nil
            responseBytes = nil
            return
        }
        guard let start = text.firstIndex(of: "{"), let report = JSONText.object(text[start...]),
            let count = report["requests"] as? Int, count > 0
        else { return nil }
        requests = count
        let ofFloor = (report["cpu_ns"] as? Double).map { $0 / Double(count) }
        let ofOurs = ((report["cpu"] as? [String: Any])?["per_request_us"] as? Double)
            .map { $0 * 1_000 }
        costInWindow = (ofFloor ?? ofOurs).map { Nanoseconds(raw: Int64($0)) }
        let seconds = (report["seconds"] ?? report["duration_s"]) as? Double
        rateInWindow = seconds.map { Double(count) / $0 }
        systemCalls = (report["syscalls"] as? [String: Int])?.values.reduce(0, +)
        responseBytes = report["response_bytes"] as? Int
    }

    /// What wrk says of all its time; nil where nothing of the kind is said.
    private static func rate(in text: String) -> Double? {
        // "Requests/sec:   3912.13"
        let line = text.split(separator: "\n").first { $0.hasPrefix("Requests/sec:") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// How many requests a summary for people says were answered; nil where some failed.
    private static func requests(in text: String, of kind: GeneratorKind) -> Int? {
        let lines = text.split(separator: "\n")
        if kind.program == "wrk" {
            // "  121269 requests in 1.00s, 15.61MB read"
            let line = lines.first { $0.contains(" requests in ") }
            return line?.split(separator: " ").first.flatMap { Int($0) }
        }
        if kind == .opensslTime {
            // "1523 connections in 0.71s; 2145.07 connections/user sec, bytes read 220835"
            let line = lines.first { $0.contains(" connections in ") }
            return line?.split(separator: " ").first.flatMap { Int($0) }
        }
        // "requests: 30272 total, 30784 started, 30272 done, 30272 succeeded, 0 failed, 0 errored,"
        let line = lines.first { $0.hasPrefix("requests: ") }
        let counts = (line ?? "").split(separator: ":").last?.split(separator: ",") ?? []
        func count(_ name: String) -> Int? {
            counts.first { $0.hasSuffix(" " + name) }?.split(separator: " ").first
                .flatMap { Int($0) }
        }
        guard count("failed") == 0, count("errored") == 0 else { return nil }
        return count("done")
    }
}
