import Foundation
import FoundationXML
import Testing

/// The figures of `plots/`, each run as a user runs it: `gnuplot -c FIGURE.gp RUNDIR OUT SUBTITLE`.
@Suite(.enabled(if: Gnuplot.path != nil, "gnuplot is not installed"))
struct PlotTests {
    private static let ofRuns = [
        "throughput", "cost", "percentiles", "balance", "heatmap", "spread",
    ]

    /// What a reader must find in each figure of the fixture: axis titles and a few marks.
    static let expected: [String: [String]] = [
        "percentiles": [
            "share of requests at least as fast", "response time (dashed: round trip)", "99.9 %",
            "open loop, Poisson 80k/s, c64", "closed loop, c64", "balanced:shared (late)",
        ],
        "throughput": [
            "connections", "thousand requests/s", "server CPU, µs a request", "1024", "nginx",
        ],
        "capacity": [
            "p99&lt;5ms", "Poisson, c64", "constant, c64", "Poisson, c1024", "thousand requests/s",
            "balanced:shared", "generator-bound", "never-met", "hollow: verdict not valid",
        ],
        "cost": [
            "server CPU, µs a request", "c64", "20k/s", "balanced:shared",
        ],
        "protocols": [
            "HTTP/1.1", "1 in flight", "8 in flight", "HTTP/2", "1 stream", "32 streams",
            "thousand requests/s, closed loop", "server CPU, µs a request, closed loop",
            "p99 response time, µs, open loop, constant 20k/s, c16", "c16", "balanced:shared",
            "arrow: at least, at most",
        ],
        "push": [
            "event stream", "WebSocket", "long poll", "poll/20 ms", "poll/200 ms", "c200", "1/50ms",
            "c5000",
            "1/500ms", "median delivery delay, ms", "p99 delivery delay, ms",
            "server CPU, µs an event that came", "balanced:shared", "hollow: verdict not valid",
        ],
        "slopes": [
            "round-trip time, ms", "median latency, ms", "tls1.2  4.01", "tls1.3  3.01", "h1  2.00",
            "hollow: verdict not valid",
        ],
        "hockey": [
            "offered rate, thousand requests/s", "p50 response time", "p99 response time",
            "p99.9 response time", "achieved rate, % of the offered", "hollow: verdict not valid",
            "constant arrivals", "Poisson arrivals",
        ],
        "balance": [
            "share of requests, %", "share of connections, %", "one worker",
            "closed loop, c1024", "CV 0.38, J 0.87",
        ],
        "heatmap": [
            "connections", "offered rate", "closed loop", "Poisson, c64", "× &lt;1", "nginx",
        ],
        "spread": [
            "launches in the order of the run", "slower by, %", "open loop, constant 50k/s, c64",
        ],
        "history": [
            "h1/sharded:hash/w2/c64/p13", "thousand requests/s", "p99 response time, µs",
            "server CPU, µs a request", "+34.4 %", "-5.0 %", "run",
        ],
        "roles": [
            "Poisson 2k/s, c64", "constant 2k/s, c1024", "acceptor", "sender", "connection",
            "other", "µs a request", "15.7", "× 22.8", "blocking-pool",
        ],
        "scaling": [
            "threads or processes", "closed loop, c64: thousand requests/s", "closed loop, c1",
            "λ 30.5k/s, α 0.071, β 0.0049", "descriptor-passing", "arrow: at least so much",
        ],
        "effect": [
            "Effect nagle", "one write; Nagle; delayed ACK", "measured 43.9 ms", "link-stall",
            "predicted at most 1", "published: 2 RTT and 40 ms", "not measured: a link",
        ],
        "forest": [
            "worse by, %", "left of 0: better", "99 % interval",
            "h1/single/w1/c64/p13/r15k-constant  CPU time a request, µs",
            "h1/sharded:hash/w1/c64/p13  p99 latency, µs",
        ],
    ]

    @Test(
        "a figure is well formed, titled, the same each time and leaves nothing else behind",
        arguments: Gnuplot.figures)
    func draws(figure: String) throws {
        let subtitle = "a < b & \"c\" {d} 5 % host's"
        let folder = try Folder()
        let scripts = try Folder.names(in: Gnuplot.plots)
        let outcome = try folder.draw(
            figure, of: Gnuplot.fixture(of: figure), as: "a.svg", subtitle: subtitle)
        #expect(outcome == Outcome(status: 0, complaint: ""))
        let drawing = try folder.text("a.svg")
        #expect(XMLParser(data: Data(drawing.utf8)).parse(), "not well-formed XML")
        let marks = try #require(Self.expected[figure], "add what this figure must show")
        for mark in marks + ["a &lt; b &amp; ", "{d} 5 % host's"] {
            #expect(drawing.contains(mark), "lacks '\(mark)'")
        }

        _ = try folder.draw(
            figure, of: Gnuplot.fixture(of: figure), as: "b.svg", subtitle: subtitle)
        #expect(try folder.text("b.svg") == drawing, "two runs differ")
        #expect(try folder.names() == ["a.svg", "b.svg"], "stray files beside the output")
        #expect(try Folder.names(in: Gnuplot.plots) == scripts, "stray files beside the scripts")
    }

    @Test("the name of the output chooses the format", arguments: Gnuplot.figures)
    func formats(figure: String) throws {
        let folder = try Folder()
        for (name, start) in [("a.png", Array("\u{89}PNG".unicodeScalars)), ("a.txt", [])] {
            let outcome = try folder.draw(figure, of: Gnuplot.fixture(of: figure), as: name)
            #expect(outcome == Outcome(status: 0, complaint: ""))
            let bytes = try Data(contentsOf: folder.url.appending(path: name))
            #expect(bytes.count > 1_000)
            #expect(bytes.prefix(start.count).elementsEqual(start.map { UInt8($0.value) }))
        }
        let refused = try folder.draw(figure, of: Gnuplot.fixture(of: figure), as: "a.jpeg")
        #expect(refused.status == 64 && refused.complaint.contains(".svg, .png or .txt"))
        #expect(try folder.names() == ["a.png", "a.txt"])
    }

    @Test(
        "a folder without results is one line of complaint and no file", arguments: Gnuplot.figures)
    func empty(figure: String) throws {
        let folder = try Folder()
        for run in [folder.url, folder.url.appending(path: "absent")] {
            let outcome = try folder.draw(figure, of: run, as: "a.svg")
            // A run of a matrix has no comparison, which is no fault.
            #expect(outcome.status == (figure == "forest" ? 3 : 1))
            let table = ["history": "history", "effect": "effects"][figure] ?? "cells"
            let complaint =
                figure == "forest" ? " holds no comparison" : "/\(table).csv is missing or empty"
            #expect(outcome.complaint.hasSuffix(complaint))
            #expect(!outcome.complaint.contains("\n"), "more than one line")
        }
        #expect(try folder.names() == [])
    }

    @Test("lines may end in CR LF, fields may be quoted", arguments: Gnuplot.figures)
    func lineEnds(figure: String) throws {
        let folder = try Folder()
        _ = try folder.draw(figure, of: Gnuplot.fixture(of: figure), as: "a.svg")
        let run = try folder.copyOfFixture(of: figure) { table in
            table.map { line in
                line.split(separator: ",", omittingEmptySubsequences: false)
                    .map { $0.contains(":") && !$0.contains("\"") ? "\"\($0)\"" : String($0) }
                    .joined(separator: ",") + "\r"
            }
        }
        #expect(try folder.draw(figure, of: run, as: "b.svg").complaint == "")
        #expect(try folder.text("a.svg") == folder.text("b.svg"))
    }

    @Test(
        "one cell is enough",
        arguments: Gnuplot.figures.filter {
            ![
                "capacity", "cost", "effect", "hockey", "history", "forest", "protocols", "push",
                "roles", "scaling", "slopes",
            ].contains($0)
        })
    func oneCell(figure: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            [table[0]] + table.filter { $0.contains("h1/sharded:hash/w2/c64,") }.prefix(1)
        }
        #expect(try folder.draw(figure, of: run, as: "a.svg") == Outcome(status: 0, complaint: ""))
        let drawing = try Data(contentsOf: folder.url.appending(path: "a.svg"))
        #expect(XMLParser(data: drawing).parse(), "not well-formed XML")
    }

    @Test(
        "a run without rows of the kind is status 3, for the caller to skip",
        arguments: [
            ("hockey", ",poisson,", "no open-loop rows in "),
            ("cost", ",poisson,", "no open-loop cell with server CPU time in "),
            ("throughput", ",closed,", "no closed-loop rows in "),
            ("balance", ",closed,", "/workers.csv has no rows"),
            ("protocols", ",no such,", "no two protocols or numbers in flight in "),
            ("capacity", ",no such,", "no searches for a rate in "),
            ("push", ",no such,", "no cells with subscribers in "),
            ("scaling", ",no such,", "no closed loop with three numbers of threads in "),
            ("slopes", ",no such,", "no cells that differ in their round-trip time alone in "),
        ])
    func nothingToDraw(figure: String, leftOut: String, reason: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            table.filter { !$0.contains(leftOut) && !$0.contains(",constant,") }
        }
        let outcome = try folder.draw(figure, of: run, as: "a.svg")
        #expect(outcome.status == 3)
        #expect(outcome.complaint.contains(reason))
        #expect(!outcome.complaint.contains("\n"), "more than one line")
        #expect(try folder.names() == ["run"])
    }

    @Test(
        "a run of subscribers alone has nothing for figures of requests",
        arguments: Gnuplot.figures.filter {
            !["effect", "push", "history", "forest"].contains($0)
        })
    func subscribersAlone(figure: String) throws {
        let folder = try Folder()
        let outcome = try folder.draw(figure, of: Gnuplot.fixture(of: "push"), as: "a.svg")
        #expect(outcome.status == 3 && !outcome.complaint.contains("\n"), "\(outcome)")
        #expect(try folder.names() == [])
    }

    @Test(
        "patterns unknown to the table of colours are drawn too",
        arguments: ["throughput", "cost", "hockey", "balance", "heatmap", "spread"])
    func manyPatterns(figure: String) throws {
        let folder = try Folder()
        let names = (1...12).map { "novel-\($0):kind" }
        let run = try folder.copyOfFixture { table in
            let like = table.filter { $0.contains("sharded:hash") }
            return table
                + names.flatMap { name in
                    like.map { $0.replacing("sharded:hash", with: name) }
                }
        }
        #expect(try folder.draw(figure, of: run, as: "a.svg") == Outcome(status: 0, complaint: ""))
        let drawing = try folder.text("a.svg")
        for name in names + ["single", "sharded:hash"] {
            #expect(drawing.contains(name), "lacks '\(name)'")
        }
    }

    @Test(
        "a second protocol splits a pattern into two series", arguments: ["throughput", "heatmap"])
    func twoProtocols(figure: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            table
                + table.filter { $0.contains(",h1/single") }.map {
                    $0.replacing(",h1/single", with: ",h2/single")
                        .replacing(",h1,single,", with: ",h2,single,")
                }
        }
        #expect(try folder.draw(figure, of: run, as: "a.svg").status == 0)
        let drawing = try folder.text("a.svg")
        #expect(drawing.contains("single h1") && drawing.contains("single h2"))
        #expect(drawing.contains("sharded:hash h1") && !drawing.contains("sharded:hash h2"))
    }

    @Test(
        "cells that search or subscribe stand beside others that are drawn",
        arguments: PlotTests.ofRuns, ["search", "subscribe"])
    func otherArrivals(figure: String, arrival: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            // Those that ask come before such a cell and behind it.
            func other(_ line: String) -> String {
                line.replacing("sharded:hash", with: "another")
                    .replacing(",closed,", with: ",\(arrival),")
            }
            guard let closed = table.first(where: { $0.contains(",closed,") }) else { return table }
            return [table[0], other(closed)] + table.dropFirst() + [other(closed)]
        }
        #expect(try folder.draw(figure, of: run, as: "a.svg") == Outcome(status: 0, complaint: ""))
        #expect(try folder.text("a.svg").contains(">sharded:hash<"))
    }

    @Test(
        "what is asked belongs to the load, not to the name of a series",
        arguments: PlotTests.ofRuns)
    func tasks(figure: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            let isOfCells = table[0].contains("rps_median")
            func row(_ line: String, path: String, mix: String) -> String {
                isOfCells ? "\(line),\(path),\(mix)" : line
            }
            return [row(table[0], path: "path", mix: "mix")]
                + table.dropFirst().map { row($0, path: "", mix: "none") }
                + table.dropFirst().map {
                    row(
                        $0.replacing(",h1/", with: ",other/").replacing(",13,", with: ",7,"),
                        path: "/work?us=20", mix: "none")
                }
        }
        #expect(try folder.draw(figure, of: run, as: "a.svg") == Outcome(status: 0, complaint: ""))
        let drawing = try folder.text("a.svg")
        #expect(!drawing.contains("sharded:hash 7") && !drawing.contains("sharded:hash h1"))
        #expect(drawing.contains(">sharded:hash<"), "another name")
        // One load alone has curves.
        if figure != "percentiles" { #expect(drawing.contains("/work?us=20")) }
    }

    @Test("rates of one request are a curve, those of two are none")
    func oneRate() throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            let rates = table.filter { !$0.contains(",poisson,") || $0.contains(",poisson,20000,") }
            return rates.filter { !$0.contains(",constant,") }
        }
        let outcome = try folder.draw("hockey", of: run, as: "a.svg")
        #expect(outcome.status == 3)
        #expect(outcome.complaint.contains("no open loop at two rates in "))
    }

    @Test(
        "a column that is not there is named",
        arguments: [
            ("percentiles", "hist_name"), ("throughput", "rps_median"), ("hockey", "p99_ns_median"),
            ("balance", "role"), ("heatmap", "p99_ns_median"), ("spread", "p50_ns"),
            ("cost", "srv_syscalls_per_req_median"),
            ("history", "arrival"), ("forest", "verdict"), ("protocols", "p99_ns_ci_lo"),
            ("push", "p50_ns_ci_hi"), ("slopes", "intercept_ns"), ("effect", "expected"),
            ("roles", "cpu_ns"), ("scaling", "rps_ci_lo"),
        ])
    func missingColumn(figure: String, column: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture(of: figure) { table in
            [table[0].replacing(",\(column),", with: ",renamed,")] + table.dropFirst()
        }
        let outcome = try folder.draw(figure, of: run, as: "a.svg")
        #expect(outcome.status == 1)
        #expect(outcome.complaint.hasSuffix(".csv has no column \(column)"))
        #expect(try folder.names() == ["run"])
    }

    @Test("where the generator was the limit, the heatmap says that the server can do more")
    func clientBound() throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            table.map {
                $0.contains(",closed,") ? $0.replacing(",valid,", with: ",client-bound,") : $0
            }
        }
        let outcome = try folder.draw("heatmap", of: run, as: "a.svg")
        #expect(outcome == Outcome(status: 0, complaint: ""))
        let drawing = try folder.text("a.svg")
        #expect(drawing.contains("≥ 100"), "the best of a column")
        #expect(drawing.contains("≥ client-bound: at least so good"))
        #expect(!drawing.contains("× 100"), "it counts")
    }

    @Test("the heatmap frames the best and the worst of a column, where they differ")
    func frames() throws {
        // How many lines have the colour of a frame, one a frame in the image itself.
        func frames(_ drawing: String) -> [Int] {
            ["stroke='rgb(255, 196,   0)'", "stroke='rgb(194,  59,  34)'"].map { colour in
                drawing.components(separatedBy: colour).count - 1
            }
        }
        let folder = try Folder()
        _ = try folder.draw("heatmap", of: Gnuplot.fixture(of: "heatmap"), as: "a.svg")
        let drawing = try folder.text("a.svg")
        let found = frames(drawing)
        #expect(found[0] > 0 && found[0] == found[1], "\(found)")
        #expect(drawing.contains("yellow frame: best of the column, red: worst"))
        let run = try folder.copyOfFixture { table in
            table.enumerated().filter { $0.offset == 0 || $0.element.contains(",single,") }
                .map(\.element)
        }
        _ = try folder.draw("heatmap", of: run, as: "b.svg")
        #expect(try frames(folder.text("b.svg")) == [0, 0])
        #expect(try !folder.text("b.svg").contains("yellow frame"))
    }

    @Test("intervals may be missing, as they are with few launches", arguments: Gnuplot.figures)
    func noIntervals(figure: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture(of: figure) { table in
            Self.blanking(table) { $0.contains("_ci_") || $0.hasPrefix("ci_") }
        }
        #expect(try folder.draw(figure, of: run, as: "a.svg") == Outcome(status: 0, complaint: ""))
    }

    @Test(
        "when every launch failed there is nothing to draw",
        arguments: ["throughput", "cost", "hockey", "heatmap", "spread"])
    func noMedians(figure: String) throws {
        let folder = try Folder()
        let run = try folder.copyOfFixture { table in
            Self.blanking(table) { $0.hasSuffix("_median") || $0 == "rps" || $0.hasSuffix("_ns") }
        }
        let outcome = try folder.draw(figure, of: run, as: "a.svg")
        #expect(outcome.status == 3)
        #expect(
            outcome.complaint.hasSuffix(" has a median") || ["spread", "cost"].contains(figure))
        #expect(!outcome.complaint.contains("\n"), "more than one line")
        #expect(try folder.names() == ["run"])
    }

    /// The lines of a table with the fields of some columns emptied.
    static func blanking(_ table: [String], where isChosen: (Substring) -> Bool) -> [String] {
        let chosen = table[0].split(separator: ",").map(isChosen)
        let rows = table.dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).enumerated()
                .map { chosen.indices.contains($0) && chosen[$0] ? "" : $1 }.joined(separator: ",")
        }
        return [table[0]] + rows
    }

    @Test(
        "a history needs two runs of a machine, but no change",
        arguments: [(2, 3), (3, 3), (4, 3), (5, 0), (7, 0)])
    func shortHistory(lines: Int, status: Int32) throws {
        let folder = try Folder()
        // Three cells a run: the fifth line is the second run of the first cell.
        let run = try folder.copyOfFixture(of: "history") { table in
            table[0].contains("change_pct") ? [table[0]] : Array(table.prefix(lines))
        }
        let outcome = try folder.draw("history", of: run, as: "a.svg")
        #expect(outcome.status == status)
        #expect(outcome.complaint.contains("fewer than two runs") == (status == 3))
        #expect(try folder.names() == (status == 0 ? ["a.svg", "run"] : ["run"]))
    }

    /// The comparison of the fixture with its first row alone, whose cell is called `name`.
    private func forest(of name: String, in folder: Folder) throws -> String {
        let run = try folder.copyOfFixture(of: "forest") { table in
            [table[0], table[1].replacing("h1/single/w1/c64/p13/r15k-constant", with: name)]
        }
        let outcome = try folder.draw("forest", of: run, as: "a.svg")
        #expect(outcome == Outcome(status: 0, complaint: ""))
        let drawing = try folder.text("a.svg")
        #expect(XMLParser(data: Data(drawing.utf8)).parse(), "not well-formed XML")
        return drawing
    }

    @Test(
        "a comparison of one row is drawn, and a long name leaves room for its interval",
        arguments: [
            ("h1/single", "h1/single  CPU time a request, µs"),
            (
                "h1/" + String(repeating: "a", count: 45),
                "h1/" + String(repeating: "a", count: 45) + "  CPU time a request, µs"
            ),
            (
                "h1/begin" + String(repeating: "x", count: 400) + "end/w1",
                "h1/begin" + String(repeating: "x", count: 16) + "…"
                    + String(repeating: "x", count: 17) + "end/w1  CPU time a request, µs"
            ),
        ])
    func oneRow(name: String, shown: String) throws {
        let drawing = try forest(of: name, in: Folder())
        #expect(drawing.contains(">\(shown)<"))
        // The mark of the estimate, +8.1 %, stands inside the panel that begins behind the names.
        let marks = drawing.matches(
            of: /<use xlink:href='#[^']*gpPt6' transform='translate\(([0-9.]+),/)
        let places = marks.compactMap { Double($0.1) }
        #expect(places.count == 1)
        #expect(places.allSatisfy { $0 > 300 && $0 < 876 }, "\(places)")
    }

    @Test("the text preview has a line for each row of a comparison")
    func forestPreview() throws {
        let folder = try Folder()
        let outcome = try folder.draw("forest", of: Gnuplot.fixture(of: "forest"), as: "a.txt")
        #expect(outcome == Outcome(status: 0, complaint: ""))
        let preview = try folder.text("a.txt")
        for name in [
            "h1/single/w1/c64/p13/r15k-constant  CPU time a request, µs",
            "h1/readers:direct/w1/c64/p13/r15k-constant  CPU time a request, µs",
            "h1/sharded:hash/w1/c1024/p13  requests/s", "h1/sharded:hash/w1/c64/p13  requests/s",
            "h1/sharded:hash/w1/c64/p13  median latency, µs",
            "h1/sharded:hash/w1/c64/p13  p99 latency, µs",
        ] {
            #expect(preview.contains(name))
        }
    }

    @Test("every figure has its row in the README", arguments: Gnuplot.figures)
    func documented(figure: String) throws {
        let readme = try String(
            contentsOf: Gnuplot.plots.appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains("| `\(figure).gp` |"))
    }
}
