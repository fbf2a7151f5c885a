import Basis
import Testing

@Suite("option parser")
struct OptionParserTests {
    enum Shape: String, CaseIterable { case constant, poisson }

    static let parser = OptionParser(
        program: "demo", operands: "URL", summary: "Drives a server.",
        options: [
            OptionSpec("connections", short: "c", value: "N", help: "how many (64)"),
            OptionSpec("duration", short: "d", value: "TIME", help: "how long (10s)"),
            OptionSpec("rate", short: "R", value: "RATE", help: "open loop"),
            OptionSpec("body", value: "SIZE", help: "bytes to send"),
            OptionSpec("nodelay", value: "on|off", help: "TCP_NODELAY (on)"),
            OptionSpec("arrivals", value: "KIND", help: "constant or poisson"),
            OptionSpec("slo", value: "RULE", repeatable: true, help: "an objective"),
            OptionSpec("json", value: "FILE", help: "a report"),
            OptionSpec("quiet", short: "q", help: "say less"),
        ],
        epilogue: "exit status: 0, 64")

    private func parse(_ line: String) throws(Complaint) -> ParsedOptions {
        try Self.parser.parse(line.split(separator: " ").map(String.init))
    }

    @Test(
        "the four ways to write a value mean the same",
        arguments: ["--connections 10k", "--connections=10k", "-c 10k", "-c10k"])
    func spellings(line: String) throws {
        #expect(try parse(line).count("connections", in: 1...20_000) == 10_000)
    }

    @Test(
        "operands stand anywhere, and behind -- everything is one",
        arguments: [
            ("http://a -c 5", ["http://a"]), ("-c 5 http://a", ["http://a"]),
            ("a - b", ["a", "-", "b"]),
            ("-c 5 -- --quiet -c", ["--quiet", "-c"]), ("-c 5 --", []), ("a -- --", ["a", "--"]),
        ])
    func operands(line: String, operands: [String]) throws {
        let parsed = try parse(line)
        #expect(parsed.operands == operands)
        #expect(!parsed.has("quiet"))
    }

    @Test("absent options have no value")
    func absent() throws {
        let parsed = try parse("")
        #expect(!parsed.wantsHelp && !parsed.has("quiet"))
        #expect(try parsed.count("connections", in: 1...9) == nil)
        #expect(try parsed.time("duration") == nil)
        #expect(try parsed.rate("rate") == nil)
        #expect(try parsed.bytes("body", in: 0...9) == nil)
        #expect(try parsed.toggle("nodelay") == nil)
        #expect(try parsed.choice("arrivals", of: Shape.self) == nil)
        #expect(parsed.text("json") == nil && parsed.all("slo") == [])
    }

    @Test("present options have theirs")
    func present() throws {
        let parsed = try parse(
            "-d 250ms -R 50k --body 64KiB --nodelay off --arrivals poisson --slo a --slo b"
                + " --json - -q -h")
        #expect(try parsed.time("duration") == .milliseconds(250))
        #expect(try parsed.rate("rate") == PerSecond(raw: 50_000))
        #expect(try parsed.bytes("body", in: 0...100_000) == .kibibytes(64))
        #expect(try parsed.toggle("nodelay") == false)
        #expect(try parsed.choice("arrivals", of: Shape.self) == .poisson)
        #expect(parsed.all("slo") == ["a", "b"] && parsed.text("slo") == "b")
        #expect(parsed.text("json") == "-" && parsed.has("quiet") && parsed.wantsHelp)
    }

    @Test("a switch may be said twice")
    func repeatedSwitch() throws {
        #expect(try parse("-q --quiet").has("quiet"))
    }

    @Test(
        "a value may look like an option only where it cannot be one",
        arguments: [
            ("--json=--quiet", "--quiet"), ("--json --other", "--other"), ("--json -q", "-q"),
        ])
    func dashedValue(line: String, value: String) throws {
        #expect(try parse(line).text("json") == value)
    }

    static let refusals: [(line: String, complaint: String)] = [
        ("--conections 5", "unknown option --conections; did you mean --connections?"),
        ("--frobnicate", "unknown option --frobnicate; see demo --help"),
        ("-z", "unknown option -z; see demo --help"),
        ("--connections", "--connections has no value; write --connections N"),
        ("-c", "--connections has no value; write --connections N"),
        ("--json --quiet", "--json has no value; write --json FILE"),
        ("--json --connections=4", "--json has no value; write --json FILE"),
        ("--quiet=yes", "--quiet takes no value, but got 'yes'; leave the value out"),
        ("-qx", "--quiet takes no value, but got 'x'; leave the value out"),
        ("-c 5 -c 6", "--connections is given twice; give it once"),
    ]

    @Test("refuses with one line that says how to mend it", arguments: refusals)
    func refuses(line: String, complaint: String) {
        let thrown = #expect(throws: Complaint.self) { try parse(line) }
        #expect(thrown?.description == complaint)
        #expect(thrown?.status == .usage)
    }

    static let badValues: [(line: String, complaint: String)] = [
        ("-c 0", "--connections '0' is not a whole number from 1 to 99; give one such as 64"),
        ("-c many", "--connections 'many' is not a whole number from 1 to 99; give one such as 64"),
        ("-c 1.5", "--connections '1.5' is not a whole number from 1 to 99; give one such as 64"),
        ("-d soon", "--duration 'soon' is not a time; give one such as 10s, 250ms or 50us"),
        ("-d 1us", "--duration 1us is out of range; give a time from 1.00ms to 1.00m"),
        ("-R fast", "--rate 'fast' is not a rate; give events a second such as 5000 or 50k"),
        (
            "--body 2k",
            "--body '2k' is not a size from 0B to 1.00KiB; give one such as 4096 or 64KiB"
        ),
        ("--nodelay maybe", "--nodelay 'maybe' is neither on nor off; give on or off"),
        (
            "--arrivals poison",
            "--arrivals 'poison' is unknown; did you mean poisson? choose from constant, poisson"
        ),
        ("--arrivals x", "--arrivals 'x' is unknown; choose from constant, poisson"),
    ]

    @Test("refuses values with what it would take", arguments: badValues)
    func refusesValue(line: String, complaint: String) throws {
        let parsed = try parse(line)
        let thrown = #expect(throws: Complaint.self) {
            _ = try parsed.count("connections", in: 1...99)
            _ = try parsed.time("duration", in: .milliseconds(1)...(.seconds(60)))
            _ = try parsed.rate("rate")
            _ = try parsed.bytes("body", in: 0...1_024)
            _ = try parsed.toggle("nodelay")
            _ = try parsed.choice("arrivals", of: Shape.self)
        }
        #expect(thrown?.description == complaint)
    }

    @Test("an open range says its lower end only")
    func openRange() throws {
        let parsed = try parse("-d 1us")
        let thrown = #expect(throws: Complaint.self) {
            _ = try parsed.time("duration", in: .milliseconds(1)...(.forever))
        }
        #expect(thrown?.remedy == "give a time at least 1.00ms")
    }

    @Test("asking for an option that was not declared stops the program")
    func undeclared() async {
        await #expect(processExitsWith: .failure) {
            _ = try OptionParserTests.parser.parse([]).has("colour")
        }
    }

    @Test("the help says everything once")
    func help() {
        let expected = """
            Drives a server.

            usage: demo [options] URL

              -c, --connections N   how many (64)
              -d, --duration TIME   how long (10s)
              -R, --rate RATE       open loop
                  --body SIZE       bytes to send
                  --nodelay on|off  TCP_NODELAY (on)
                  --arrivals KIND   constant or poisson
                  --slo RULE        an objective
                  --json FILE       a report
              -q, --quiet           say less
              -h, --help            show this help

            exit status: 0, 64

            """
        #expect(Self.parser.help == expected)
    }

    @Test("a complaint is one line whatever was typed")
    func oneLine() {
        let complaint = Complaint("'a\nb\u{1B}[31m\u{85}\u{7F}' is odd", remedy: "")
        #expect(complaint.description == "'a?b?[31m??' is odd")
    }
}
