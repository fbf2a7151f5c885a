import Basis
import Platform
import Testing

@testable import Serve

@Suite("server options")
struct ServerOptionsTests {
    private func parse(_ arguments: [String]) throws(Complaint) -> ServerOptions {
        try ServerOptions(try ServerOptions.parser.parse(arguments))
    }

    @Test("every option is read")
    func all() throws {
        let cpu = try #require(CPUSet.available.cpus.first)
        let options = try parse([
            "--listen", "127.0.0.1:1", "--listen=[::1]:2", "--pattern", "readers:queue", "-t", "3",
            "--cpus", "\(cpu)", "--balance", "two-choices", "--nodelay", "off", "--backlog", "7",
            "--idle-timeout", "5s", "--head-timeout", "300ms", "--body-timeout", "1m",
            "--drain-timeout", "2s", "--linger-timeout", "3s", "--max-body", "1KiB",
            "--max-connections", "10k", "--quickack", "on", "--cork", "on", "--write-shape",
            "head-then-body", "--control", "/tmp/x", "-q",
        ])
        #expect(options.listen.map(\.description) == ["127.0.0.1:1", "[::1]:2"])
        #expect(options.pattern == .readersQueue && options.threads == 3)
        #expect(options.cpus == CPUSet([cpu]) && options.balance == .twoChoices)
        #expect(!options.sendsAtOnce && options.backlog == 7 && options.isQuiet)
        #expect(options.idleTimeout == .seconds(5) && options.headTimeout == .milliseconds(300))
        #expect(options.bodyTimeout == .seconds(60) && options.drainTimeout == .seconds(2))
        #expect(options.bodyLimit.raw == 1_024 && options.connectionsPerReader == 10_000)
        #expect(options.lingerTimeout == .seconds(3))
        #expect(options.transmission.acknowledgesAtOnce && options.transmission.corks)
        #expect(options.transmission.shape == .headThenBody)
        #expect(options.controlPath == "/tmp/x")
    }

    @Test("without options it listens on 127.0.0.1:8080, sharded, one thread a CPU")
    func defaults() throws {
        let options = try parse([])
        #expect(options.listen.map(\.description) == ["127.0.0.1:8080"])
        #expect(options.pattern == .shardedHash && options.sendsAtOnce && !options.isQuiet)
        #expect(options.transmission == Transmission() && options.transmission.isPlain)
        #expect(options.threads == CPUSet.available.cpus.count)
        #expect(options.headTimeout == Limit.headTime && options.bodyTimeout == Limit.bodyTime)
        #expect(try parse(["--pattern", "single"]).threads == 1)
        #expect(try parse(["--pattern", "single", "-t", "1"]).threads == 1)
    }

    @Test("the number of CPUs given is the number of threads, unless told")
    func threadsOfCPUs() throws {
        let cpus = CPUSet.available
        #expect(try parse(["--cpus", "\(cpus)"]).threads == cpus.cpus.count)
        #expect(try parse(["--cpus", "\(cpus)", "-t", "5"]).threads == 5)
    }

    @Test(
        "what can't be carried out gets one line that names it and says what to do",
        arguments: [
            (["--threads", "0"], "--threads '0'"),
            (["--threads", "1025"], "from 1 to 1024"),
            (["--pattern", "readers:drect"], "did you mean readers:direct?"),
            (["--pattern", "shared"], "choose from single, "),
            (["--listen", "localhost"], "HOST:PORT"),
            (["--listen", "1.2.3.4:65536"], "no port from 0 to 65535"),
            (["--listen", ":81", "--listen", ":80", "--listen", ":81"], ":81 is given twice"),
            (["--balance", "round-robin"], "no meaning for pattern sharded:hash"),
            (["--balance", "rund-robin", "--pattern", "readers"], "did you mean round-robin?"),
            (["--idle-timeout", "1ms"], "from 250ms to"),
            (["--head-timeout", "1ms"], "from 250ms to"),
            (["--body-timeout", "forever"], "is not a time"),
            (["--max-body", "1TB"], "is not a size"),
            (["--cpus", "a"], "write it like 0 or 1,3-5"),
            (["--pattern", "single", "--threads", "2"], "choose sharded"),
            (["--nodelay", "perhaps"], "give on or off"),
            (["--quickack", "once"], "--quickack 'once' is neither on nor off"),
            (["--cork", "2"], "--cork '2' is neither on nor off"),
            (["--write-shape", "trickel"], "did you mean trickle?"),
            (["--write-shape", ""], "choose from one, head-then-body, trickle"),
            (["--control", ""], "0 bytes"),
            (["--control", String(repeating: "a", count: 108)], "1 to 107"),
            (["extra"], "unexpected operand 'extra'"),
            (["--thread", "2"], "did you mean --threads?"),
            (["--threads", "2", "-t3"], "given twice"),
        ])
    func complaints(arguments: [String], part: String) {
        do throws(Complaint) {
            _ = try parse(arguments)
            Issue.record("taken")
        } catch {
            #expect(error.description.contains(part))
            #expect(error.status == .usage && !error.remedy.isEmpty)
        }
    }
}

@Suite("pattern ids")
struct PatternIDTests {
    @Test("every id reads back, and a family means its default")
    func ids() throws {
        for id in PatternID.allCases { #expect(try PatternID(parsing: id.rawValue) == id) }
        for (family, id) in [
            ("readers", PatternID.readersDirect), ("balanced", .balancedShared),
            ("acceptors", .acceptorsExclusive), ("sharded", .shardedHash), ("single", .single),
        ] { #expect(try PatternID(parsing: family) == id) }
    }

    @Test(
        "no other text is an id",
        arguments: [
            "", " ", "Single", "single ", "readers:", ":direct", "readers:direct:", "sharded:moon",
            "readers-direct", "acceptors:Herd",
        ])
    func strangers(text: String) {
        #expect(throws: Complaint.self) { try PatternID(parsing: text) }
    }

    @Test("the help has a line of its own for each")
    func help() {
        let lines = PatternID.help.split(separator: "\n")
        #expect(lines.count == PatternID.allCases.count + 1)
        for id in PatternID.allCases {
            #expect(
                lines.contains { $0.hasPrefix("  \(id.rawValue) ") && $0.hasSuffix(id.summary) })
        }
    }
}
