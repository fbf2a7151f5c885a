package import Basis
package import Platform
import Secure

/// What a server is told at its start.
package struct ServerOptions: Sendable {
    package var listen: [SocketAddress] = [.v4(0x7F00_0001, port: 8_080)]
    package var pattern = PatternID.shardedHash
    /// Threads of the role that the pattern multiplies: loops, readers, acceptors or workers.
    package var threads = CPUSet.available.cpus.count
    /// Where the threads run, the i-th on the i-th; nil leaves it to the kernel.
    package var cpus: CPUSet?
    /// TCP_NODELAY on accepted connections.
    package var sendsAtOnce = true
    package var transmission = Transmission()
    /// Whether data that comes with a SYN is taken (TCP Fast Open).
    package var takesFastOpen = false
    package var backlog = 4_096
    package var balance = Balance.roundRobin
    package var idleTimeout = Nanoseconds.seconds(60)
    /// A head must be whole this long after its first byte, a new connection must say something
    /// this long after it was accepted.
    package var headTimeout = Limit.headTime
    /// A payload has this long, and what its bytes buy it (`Limit.bodyTimePerByte`), but is never
    /// silent for longer.
    package var bodyTimeout = Limit.bodyTime
    /// Requests in progress have this long to end after a stop was asked for.
    package var drainTimeout = Limit.drainTime
    /// After the last reply a peer has this long to end the connection too.
    package var lingerTimeout = Limit.lingerTime
    /// The largest payload of one request.
    package var bodyLimit = ByteCount.mebibytes(16)
    /// Payloads that one reader holds at most, with those that workers have and the echoes that
    /// wait to be taken.
    package var bodiesLimit = ByteCount.mebibytes(256)
    /// What a peer of HTTP/2 may send on one stream before it is told that more is welcome. Not
    /// less than it may before it knows (RFC 9113 §6.9.2).
    package var http2Window = ByteCount(raw: Limit.http2Window)
    /// Connections that one reader holds at most.
    package var connectionsPerReader = 1_000_000
    package var payments = PaymentOptions()
    /// Nil serves without TLS.
    /// Where metrics are to be had; nil for nowhere.
    package var metrics: SocketAddress?
    package var tls: TLS?
    /// Where a Unix socket answers `snapshot`.
    package var controlPath: String?
    package var isQuiet = false

    package init() {}
}

extension ServerOptions {
    package static let parser = OptionParser(
        program: "switchyard-server",
        summary:
            "Serves a small set of routes by a chosen execution pattern over raw epoll sockets.",
        options: [
            OptionSpec(
                "listen", value: "HOST:PORT", repeatable: true,
                help: "address to listen on, port 0 lets the kernel choose [127.0.0.1:8080]"),
            OptionSpec("pattern", value: "ID", help: "execution pattern, see below [sharded]"),
            OptionSpec(
                "threads", short: "t", value: "N",
                help: "loops, readers, acceptors or workers of the pattern [one a CPU]"),
            OptionSpec("cpus", value: "LIST", help: "CPUs for the threads, such as 1,3-5 [all]"),
            OptionSpec(
                "balance", value: "POLICY",
                help: "choice of reader: round-robin, least-connections, two-choices"),
            OptionSpec("nodelay", value: "on|off", help: "send small segments at once [on]"),
            OptionSpec(
                "quickack", value: "on|off", help: "acknowledge at once what is received [off]"),
            OptionSpec("cork", value: "on|off", help: "cork the connection for each flush [off]"),
            OptionSpec(
                "write-shape", value: "SHAPE",
                help: "writes of a reply: one, head-then-body, trickle [one]"),
            OptionSpec(
                "fastopen", value: "on|off",
                help: "take data that comes with a SYN, TCP Fast Open [off]"),
            OptionSpec("backlog", value: "N", help: "length of the accept queue [4096]"),
            OptionSpec("idle-timeout", value: "TIME", help: "end idle connections [60s]"),
            OptionSpec(
                "head-timeout", value: "TIME", help: "end requests whose head is late [10s]"),
            OptionSpec(
                "body-timeout", value: "TIME",
                help: "end requests whose body is late, at less than 1 KiB/s [10s]"),
            OptionSpec(
                "drain-timeout", value: "TIME",
                help: "end what is still in progress this long after a stop [5s]"),
            OptionSpec(
                "linger-timeout", value: "TIME",
                help: "after its last reply a peer has this long to end as well [2s]"),
            OptionSpec(
                "max-body", value: "SIZE", help: "largest request payload or message [16MiB]"),
            OptionSpec(
                "max-bodies", value: "SIZE",
                help: "payloads a reader holds at most, beyond which it answers 503 [256MiB]"),
            OptionSpec(
                "http2-window", value: "SIZE",
                help: "what HTTP/2 lets a peer send on a stream, 4 times it in all [256KiB]"),
            OptionSpec(
                "max-connections", value: "N", help: "connections a reader holds at most [1M]"),
        ] + tlsSpecs + PaymentOptions.specs + [
            OptionSpec(
                "metrics", value: "HOST:PORT",
                help: "serve metrics for Prometheus there, at /metrics"),
            OptionSpec("control", value: "PATH", help: "Unix socket that answers 'snapshot'"),
            OptionSpec("quiet", short: "q", help: "no ready and stopped lines"),
            OptionSpec("patterns", help: "list the ids of the patterns"),
            OptionSpec("version", help: "show the version"),
        ]
        #if HANDICAP
            .withHandicap
        #endif
        ,
        epilogue: PatternID.help)

    /// Reads a command line; complains in one line.
    package init(_ parsed: ParsedOptions) throws(Complaint) {
        self.init()
        #if HANDICAP
            try Handicap.choose(parsed)
        #endif
        if let stray = parsed.operands.first {
            throw Complaint("unexpected operand '\(stray)'", remedy: "see switchyard-server --help")
        }
        if parsed.has("listen") {
            listen = []
            for text in parsed.all("listen") {
                let address = try SocketAddress(parsing: text)
                if address.port != 0, listen.contains(address) {
                    throw Complaint(
                        "--listen \(text) is given twice", remedy: "give each address once")
                }
                listen.append(address)
            }
        }
        metrics = try parsed.text("metrics").map { (text) throws(Complaint) in
            try SocketAddress(parsing: text)
        }
        if let id = parsed.text("pattern") { pattern = try PatternID(parsing: id) }
        if let set = parsed.text("cpus") { cpus = try CPUSet(parsing: set) }
        threads = try parsed.count("threads", in: 1...1_024) ?? cpus?.cpus.count ?? threads
        balance = try parsed.choice("balance", of: Balance.self) ?? balance
        if parsed.has("balance"), !pattern.handsConnectionsOver {
            throw Complaint(
                "--balance has no meaning for pattern \(pattern.rawValue)",
                remedy: "leave it out, or choose readers:direct or readers:queue")
        }
        sendsAtOnce = try parsed.toggle("nodelay") ?? sendsAtOnce
        transmission = try Transmission(parsed)
        takesFastOpen = try parsed.toggle("fastopen") ?? takesFastOpen
        backlog = try parsed.count("backlog", in: 1...1_000_000) ?? backlog
        let times = Limit.tick ... .seconds(86_400)
        idleTimeout = try parsed.time("idle-timeout", in: times) ?? idleTimeout
        headTimeout = try parsed.time("head-timeout", in: times) ?? headTimeout
        bodyTimeout = try parsed.time("body-timeout", in: times) ?? bodyTimeout
        drainTimeout = try parsed.time("drain-timeout", in: times) ?? drainTimeout
        lingerTimeout = try parsed.time("linger-timeout", in: times) ?? lingerTimeout
        bodyLimit = try parsed.bytes("max-body", in: 0...(1 << 30)) ?? bodyLimit
        let largest = ByteCount(raw: 1 << 40)
        bodiesLimit =
            try parsed.bytes("max-bodies", in: 0...largest.raw) ?? max(bodiesLimit, bodyLimit)
        if bodiesLimit < bodyLimit {
            throw Complaint(
                "--max-bodies \(bodiesLimit.display) is less than one payload of --max-body"
                    + " \(bodyLimit.display)",
                remedy: "raise the one or lower the other")
        }
        http2Window = try parsed.bytes("http2-window", in: 65_535...(1 << 28)) ?? http2Window
        connectionsPerReader =
            try parsed.count("max-connections", in: 1...16_000_000) ?? connectionsPerReader
        if pattern == .acceptorsBlocking, connectionsPerReader < listen.count {
            throw Complaint(
                "--max-connections \(connectionsPerReader) is less than one an address",
                remedy: "allow \(listen.count) or more, or listen on fewer addresses")
        }
        payments = try PaymentOptions(parsed)
        tls = try Self.tls(parsed)
        if let tls, tls.settings.earlyBytes > 0, pattern.hasProcesses {
            throw Complaint(
                "--early-data would be taken once by each process of \(pattern.rawValue)",
                remedy: "leave it out, or choose a pattern of threads")
        }
        controlPath = parsed.text("control")
        if let path = controlPath, !(1..<SocketAddress.unixPathBytes).contains(path.utf8.count) {
            throw Complaint(
                "--control path has \(path.utf8.count) bytes",
                remedy: "give one of 1 to \(SocketAddress.unixPathBytes - 1)")
        }
        isQuiet = parsed.has("quiet")
        if let fixed = pattern.fixedThreads {
            if parsed.has("threads"), threads > 1 {
                throw Complaint(
                    "pattern \(pattern.rawValue) has \(fixed), not \(threads)",
                    remedy: "leave --threads out, or choose sharded")
            }
            threads = 1
        }
    }
}
