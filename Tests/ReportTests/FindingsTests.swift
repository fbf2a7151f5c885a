import Basis
import Measure
import Testing

@testable import Report

/// What a run says in short, from tables made by hand.
struct FindingsTests {
    /// A cell and the figures of its launches.
    struct Made: Sendable {
        var pattern: String? = "single"
        var server = "switchyard"
        var threads = 1
        var connections = 64
        var rate: Int?
        /// The rules of a search; a launch's requests/s are then what it found.
        var rules = ""
        var path = ""
        var mix = "none"
        var tls = "off"
        var verdict = "valid"
        /// A launch each: requests/s, p99 and CPU time.
        var launches: [(rps: Double, p99: Double, cpu: Double)] = []

        var id: String {
            "\(server)/\(pattern ?? "")/w\(threads)/c\(connections)/p13/\(rate ?? 0)"
                + "/\(path)\(mix)\(tls)\(rules)"
        }
    }

    private static func findings(_ made: [Made]) -> [String] {
        var cells = CSVTable(columns: [
            "cell_id", "server", "protocol", "pattern", "threads", "connections", "payload_bytes",
            "tls", "arrival", "rate_target", "verdict", "path", "mix", "find_rate",
        ])
        var runs = CSVTable(columns: [
            "cell_id", "rps", "p99_ns", "srv_cpu_ns_per_req", "valid", "capacity_rps",
        ])
        for cell in made {
            cells.append([
                cell.id, cell.server, "h1", cell.pattern ?? "", "\(cell.threads)",
                "\(cell.connections)", "13", cell.tls,
                cell.rules.isEmpty ? cell.rate == nil ? "closed" : "constant" : "search",
                cell.rate.map { "\($0)" } ?? "", cell.verdict, cell.path, cell.mix, cell.rules,
            ])
            for launch in cell.launches {
                runs.append([
                    cell.id, "\(launch.rps)", "\(launch.p99)", "\(launch.cpu)", "1",
                    cell.rules.isEmpty ? "" : "\(launch.rps)",
                ])
            }
            // What does not count is not looked at.
            runs.append([cell.id, "1", "1", "1", "0", "1"])
        }
        return Findings(cells: cells, runs: runs).sentences
    }

    /// Three launches about a rate.
    private static func about(_ rps: Double) -> [(rps: Double, p99: Double, cpu: Double)] {
        [0.99, 1, 1.01].map { ($0 * rps, 1e9 / rps * $0, 1e8 / rps * $0) }
    }

    @Test("a winner is told with how far the last is behind, and who can't be told apart from it")
    func winner() {
        let sentences = Self.findings([
            Made(pattern: "single", launches: Self.about(20_000)),
            Made(pattern: "sharded:hash", threads: 2, launches: Self.about(20_040)),
            Made(pattern: "readers:direct", threads: 2, launches: Self.about(15_000)),
            Made(pattern: "balanced:shared", threads: 2, launches: Self.about(10_000)),
        ])
        // By hand: the logarithms scatter by s = 0.01 in both; with 4 degrees of freedom the
        // interval is exp(ln 2.004 ± 2.776 * 0.01 * sqrt(2/3)).
        #expect(
            sentences == [
                "Closed loop, 64 connections: sharded:hash serves most, 20.0k requests/s;"
                    + " sharded:hash has 2.00 (1.96 to 2.05) times as many as balanced:shared;"
                    + " single can't be told apart from sharded:hash."
            ])
    }

    @Test("numbers of connections answer one question together, and need not be told apart singly")
    func connections() {
        let sentences = Self.findings(
            [1, 64, 1_024].flatMap { count in
                [
                    Made(
                        pattern: "a", connections: count, rate: 2_000, launches: Self.about(1_000)),
                    Made(pattern: "b", connections: count, rate: 2_000, launches: Self.about(500)),
                ]
            })
        #expect(sentences.count == 2)
        #expect(
            sentences[0].hasPrefix(
                "Open loop at 2000/s, 1, 64 and 1024 connections: a costs the server least,"
                    + " 100us of CPU a request; b takes 2.00 (1.9"), "\(sentences)")
        #expect(
            sentences[1].contains(": a has the shortest p99, 1.00ms; that of b is 2.00 (1.9"),
            "\(sentences)")
    }

    @Test("where chance may explain all of it, nobody wins")
    func even() {
        let sentences = Self.findings([
            Made(pattern: "a", launches: [(100, 1, 1), (110, 1, 1), (120, 1, 1)]),
            Made(pattern: "b", launches: [(101, 1, 1), (109, 1, 1), (121, 1, 1)]),
        ])
        #expect(sentences.count == 1)
        #expect(sentences[0].hasPrefix("Closed loop, 64 connections: b and a can't be told apart"))
        #expect(!sentences[0].contains("most"))
    }

    @Test("a launch each gives no interval, and says so")
    func single() {
        let sentences = Self.findings([
            Made(pattern: "a", launches: [(200, 1, 1)]),
            Made(pattern: "b", launches: [(100, 1, 1)]),
        ])
        #expect(
            sentences == [
                "Closed loop, 64 connections: a serves most, 200 requests/s; a has 2.00 times as"
                    + " many as b, of one launch each: no interval."
            ])
    }

    @Test("only valid cells count, and who lacks one is named")
    func invalid() {
        var made = [1, 64].flatMap { count in
            ["a", "b", "c"].map {
                Made(
                    pattern: $0, connections: count,
                    launches: Self.about($0 == "a" ? 100 : $0 == "b" ? 50 : 1_000))
            }
        }
        let last = made.count - 1
        made[last].verdict = "late"
        let sentences = Self.findings(made)
        #expect(sentences.count == 1)
        #expect(sentences[0].contains("1 and 64 connections: a serves most"), "\(sentences)")
        #expect(sentences[0].hasSuffix("; c could not be compared."), "\(sentences)")
    }

    /// Of a cell that the generator limited, the rate is a lower bound and the p99 an upper one;
    /// what it cost is what it cost.
    @Test(
        "a bound wins only where it is better than every figure",
        arguments: [
            (
                ["a": (200.0, true), "b": (100, false), "c": (50, false)],
                "a serves most, at least 200 requests/s; a has at least 3.91 times as many as c."
            ),
            (
                ["a": (200, false), "b": (100, true), "c": (50, false)],
                "a serves most, 200 requests/s; a has 4.00 (3.91 to 4.09) times as many as c; the"
                    + " generator was the limit of b (>= 100 requests/s), which may be better."
            ),
            (
                ["a": (200, true), "b": (100, true)],
                "the generator was the limit of a (>= 200 requests/s) and b (>= 100 requests/s),"
                    + " so that nobody wins for certain."
            ),
            (
                ["a": (200, false), "b": (100, true)],
                "the generator was the limit of b (>= 100 requests/s), so that a (200 requests/s)"
                    + " does not win for certain."
            ),
        ] as [([String: (rps: Double, isBound: Bool)], String)])
    func bounds(contestants: [String: (rps: Double, isBound: Bool)], words: String) {
        let made = contestants.sorted { $0.key < $1.key }.map { name, cell in
            Made(
                pattern: name, verdict: cell.isBound ? "client-bound" : "valid",
                launches: Self.about(cell.rps))
        }
        #expect(Self.findings(made) == ["Closed loop, 64 connections: " + words])
    }

    @Test("in an open loop a bound is one of the tail, not of the cost")
    func boundTail() {
        let sentences = Self.findings([
            Made(pattern: "a", rate: 7, verdict: "client-bound", launches: Self.about(200)),
            Made(pattern: "b", rate: 7, launches: Self.about(100)),
        ])
        #expect(sentences.count == 2)
        #expect(sentences[0].contains("a costs the server least, 500us of CPU a request"))
        #expect(sentences[1].contains("a has the shortest p99, at most 5.00ms; that of b is at"))
    }

    @Test(
        "a table in which nothing can be compared says why",
        arguments: [
            ([Made](), nil as String?),
            (
                [Made(verdict: "late", launches: about(1))],
                "No cell is valid, so that nothing can be said of what wins."
            ),
            (
                [Made(launches: about(1)), Made(rate: 7, launches: about(1))],
                "The valid cells differ in nothing that could win."
            ),
            (
                [
                    Made(pattern: "a", launches: about(1)),
                    Made(pattern: "b", rate: 7, launches: about(1)),
                ], "No two valid cells differ in pattern alone, so that nothing was compared."
            ),
            (
                [Made(pattern: "a"), Made(pattern: "b")],
                "No two valid cells differ in pattern alone, so that nothing was compared."
            ),
        ])
    func nothing(made: [Made], reason: String?) {
        #expect(Self.findings(made) == (reason.map { [$0] } ?? []))
    }

    @Test("with one pattern the first parameter that varies is compared")
    func other() {
        let sentences = Self.findings([
            Made(tls: "off", launches: Self.about(100)), Made(tls: "1.3", launches: Self.about(50)),
        ])
        #expect(sentences.count == 1 && sentences[0].contains("tls off has 2.00 (1."))
    }

    @Test("a server without a pattern is compared with patterns")
    func servers() {
        let sentences = Self.findings([
            Made(launches: Self.about(100)),
            Made(pattern: nil, server: "nginx", threads: 2, launches: Self.about(50)),
        ])
        #expect(sentences.count == 1 && sentences[0].contains("times as many as nginx"))
    }

    @Test("a pattern with two numbers of threads is two contestants")
    func threads() {
        let sentences = Self.findings(
            [1, 2, 4].map {
                Made(pattern: "p", threads: $0, launches: Self.about(100 * Double($0)))
            } + [Made(pattern: "q", launches: Self.about(10))])
        #expect(sentences.count == 1 && sentences[0].contains("p w4 serves most"), "\(sentences)")
    }

    @Test("searches are compared by what they found, each under its rules")
    func searches() {
        let made = ["p99<5ms", "p99<9ms"].flatMap { rules in
            ["a", "b"].map {
                Made(
                    pattern: $0, rules: rules, path: "/work",
                    launches: Self.about($0 == "a" ? 100 : 50))
            }
        }
        #expect(
            Self.findings(made)
                == ["p99<5ms", "p99<9ms"].map {
                    "Capacity of /work at \($0), 64 connections: a meets it up to the highest rate,"
                        + " 100/s; a bears 2.00 (1.96 to 2.05) times the load of b."
                })
    }

    @Test("of a mix the tail comes first, and never more than five sentences")
    func most() {
        let made = (1...5).flatMap { number in
            ["a", "b"].map {
                Made(
                    pattern: $0, rate: 1_000 * number,
                    launches: Self.about($0 == "a" ? 100 : 50 / Double(number)))
            }
        }
        let mixed = ["a", "b"].map {
            Made(pattern: $0, rate: 9, mix: "m", launches: Self.about($0 == "a" ? 100 : 50))
        }
        let sentences = Self.findings(made + mixed)
        #expect(sentences.count == Findings.most)
        let mix = Self.findings(mixed).first
        #expect(mix?.hasPrefix("Open loop of the mix m at 9") == true)
        #expect(mix?.contains("shortest p99") == true)
        #expect(
            Self.findings(
                made
                    + made.map { made in
                        var other = made
                        other.path = "/other"
                        return other
                    }
            ).count == Findings.most)
    }

    @Test("figures of nothing are not compared")
    func zeros() {
        let sentences = Self.findings([
            Made(pattern: "a", rate: 5, launches: [(1, 0, 10), (1, 0, 11)]),
            Made(pattern: "b", rate: 5, launches: [(1, 0, 20), (1, 0, 21)]),
        ])
        #expect(sentences.count == 1 && sentences[0].contains("costs the server least"))
    }
}
