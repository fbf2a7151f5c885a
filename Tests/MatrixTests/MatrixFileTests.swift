import Basis
import Compare
import Foundation
import Link
import Report
import Testing

@testable import Matrix

@Suite("matrix files")
struct MatrixFileTests {
    private static func cells(
        _ text: String, profile: String = "default", filter: String? = nil
    ) throws -> [String] {
        let matrix = try Matrix(parsing: text, file: "m.json5")
        let chosen = try filter.map { try CellFilter(parsing: $0, origin: "--filter") }
        return try matrix.expand(profile: profile, filter: chosen, serverThreads: 2).cells.map(\.id)
    }

    @Test(
        "a file spans these cells, sorted",
        arguments: [
            ("{}", ["h1/sharded:hash/w2/c64/p13"]),
            (
                "{axes: {pattern: ['single', 'sharded'], connections: [1024, 1, '10k']}}",
                [
                    "h1/sharded:hash/w2/c1/p13", "h1/sharded:hash/w2/c1024/p13",
                    "h1/sharded:hash/w2/c10000/p13", "h1/single/w2/c1/p13",
                    "h1/single/w2/c1024/p13", "h1/single/w2/c10000/p13",
                ]
            ),
            (
                "{defaults: {pattern: 'single', threads: 4}, axes:{rate: [0, '5k', 2e4]}}",
                ["h1/single/w4/c64/p13", "h1/single/w4/c64/p13/r5k", "h1/single/w4/c64/p13/r20k"]
            ),
            (
                """
                {defaults: {protocol: 'h2', tls: '1.3', nodelay: 'off', streams: 10, pipeline: 1,
                 payload: '1KiB', rate: '1M', arrivals: 'constant', path: '/work?us=5'}}
                """,
                ["h2/sharded:hash/w2/c64/p1024/m10/r1M-constant/tls1.3/nagle/twork?us=5"]
            ),
            (
                "{defaults: {pattern: 'single'}, axes: {connection_rate: ['2k', 0], close: 'reset',"
                    + " fastopen: 'on', requests_per_connection: 3}}",
                [
                    "h1/single/w2/c64/p13/n3/reset/tfo", "h1/single/w2/c64/p13/cr2k/n3/reset/tfo",
                ]
            ),
            (
                "{defaults: {pattern: 'single', connection_rate: 50, arrivals: 'constant'}}",
                ["h1/single/w2/c64/p13/cr50-constant/n1"]
            ),
            (
                "{include: [{pattern: ['single', 'readers'], connections: 1}]}",
                ["h1/readers:direct/w2/c1/p13", "h1/single/w2/c1/p13"]
            ),
            (
                """
                {axes: {pattern: ['single', 'balanced'], connections: [1, 64]},
                 include: [{pattern: 'single', connections: 64}, {pipeline: 16}],
                 exclude: ['pattern=single connections<64']}
                """,
                [
                    "h1/balanced:shared/w2/c1/p13", "h1/balanced:shared/w2/c64/p13",
                    "h1/sharded:hash/w2/c64/p13/pl16", "h1/single/w2/c64/p13",
                ]
            ),
            (
                """
                {axes: {server: ['switchyard', {name: 'nginx', command: ['nginx']}],
                 pattern: ['single', 'readers']}}
                """,
                ["h1/nginx/w2/c64/p13", "h1/readers:direct/w2/c64/p13", "h1/single/w2/c64/p13"]
            ),
            (
                """
                {defaults: {pattern: 'single'},
                 axes: {expect: ['2xx', '3xx', '3xx, 2xx', '2xx,3xx']}}
                """,
                [
                    "h1/single/w2/c64/p13", "h1/single/w2/c64/p13/x2xx+3xx",
                    "h1/single/w2/c64/p13/x3xx",
                ]
            ),
            (
                "{defaults: {pattern: 'single'}, axes: {rtt: ['20ms', 0, '0', '1500us', '1.5ms']}}",
                [
                    "h1/single/w2/c64/p13", "h1/single/w2/c64/p13/rtt1500us",
                    "h1/single/w2/c64/p13/rtt20ms",
                ]
            ),
            (
                """
                {defaults: {pattern: 'single', tls: '1.3', rtt: '1s'},
                 axes: {link_loss: ['0.1%', '0'], link_rate: ['none', '100mbit']}}
                """,
                [
                    "h1/single/w2/c64/p13/tls1.3/rtt1s",
                    "h1/single/w2/c64/p13/tls1.3/rtt1s/link100mbit",
                    "h1/single/w2/c64/p13/tls1.3/rtt1s/loss0.1%",
                    "h1/single/w2/c64/p13/tls1.3/rtt1s/loss0.1%/link100mbit",
                ]
            ),
            (
                "{defaults: {pattern: 'single'}, axes: {rate: ['subscribe', 'closed', 5]}}",
                ["h1/single/w2/c64/p13", "h1/single/w2/c64/p13/sub", "h1/single/w2/c64/p13/r5"]
            ),
        ] as [(String, [String])])
    func expansion(text: String, ids: [String]) throws {
        #expect(try Self.cells(text) == ids)
    }

    @Test(
        "a filter chooses",
        arguments: [
            ("pattern=single", 3), ("pattern=single,balanced:shared", 6), ("pattern!=single", 6),
            ("pattern=~shar", 6), ("pattern!~shar", 3), ("connections>=64", 6),
            ("connections>64", 3),
            ("connections<64 pattern=single", 1), ("cell=~/c1/", 3), ("rate=0", 9),
            ("rate=closed", 9), ("rate=subscribe", 0), ("rate!=subscribe", 9),
            ("rate>0", 0), ("connections=1,1k", 3),
            ("payload=13 tls=off nodelay=on arrivals=closed", 9),
            ("quickack=off cork=off request_shape=one reply_shape!=trickle", 9),
            ("nodelay=server,load", 0),
            ("expect=2xx", 9), ("expect=3xx", 0),
            ("expect=2xx", 9), ("expect=3xx", 0), ("close=fin fastopen=off", 9),
            ("connection_rate=0 requests_per_connection<1", 9), ("connection_rate>=1k", 0),
            ("expect=2xx", 9), ("expect=3xx", 0), ("rtt=0", 9), ("rtt>0", 0), ("rtt=20ms", 0),
            ("rtt<20ms link_loss<0.1% link_rate=none", 9), ("link_rate>=100mbit", 0),
            ("server=switchyard protocol=h1 threads<=2 path=/plaintext", 9), ("", 9),
        ])
    func filters(filter: String, count: Int) throws {
        let text = """
            {axes: {pattern: ['single', 'sharded', 'balanced'], connections: [1, 64, 1024]}}
            """
        if count == 0 {
            #expect(throws: Complaint.self) { try Self.cells(text, filter: filter) }
        } else {
            #expect(try Self.cells(text, filter: filter).count == count)
        }
    }

    @Test("a profile filters and has its own times; the file's defaults stand otherwise")
    func profiles() throws {
        let text = """
            {defaults: {warmup: '1s', duration: 3, repeat: 4, timeout: '500ms'},
             axes: {connections: [1, 64]},
             profiles: {smoke: {about: 'quick', filter: 'connections=1', duration: '300ms',
              repeat: 1}}}
            """
        let matrix = try Matrix(parsing: text, file: "m.json5")
        let whole = try matrix.expand(profile: "default", filter: nil, serverThreads: 1)
        #expect(whole.cells.count == 2 && whole.settings.duration == .seconds(3))
        #expect(whole.settings.repeats == 4 && whole.settings.timeout == .milliseconds(500))
        let smoke = try matrix.expand(profile: "smoke", filter: nil, serverThreads: 1)
        #expect(smoke.cells.map(\.connections) == [1] && smoke.settings.repeats == 1)
        #expect(smoke.settings.duration == .milliseconds(300))
        #expect(smoke.settings.warmup == .seconds(1))
        #expect(matrix.profiles.first?.profile.about == "quick")
    }

    @Test(
        "what is wrong is said in one line that names the place",
        arguments: [
            (
                "{axs: {}}", "unknown key 'axs'",
                "did you mean 'axes'?"
            ),
            (
                "{axes: {conections: 1}}",
                "axes: unknown key 'conections'",
                "did you mean 'connections'?"
            ),
            (
                "{axes: {connections: [1, 'many']}}",
                "axes.connections[1]: \"many\" is not a whole number from 1 to 16000000",
                "write one such as 64"
            ),
            (
                "{axes: {connections: 0}}",
                "axes.connections: 0 is not a whole number from 1 to 16000000",
                "write one such as 64"
            ),
            (
                "{axes: {connections: []}}",
                "axes.connections: lists no value",
                "give at least one"
            ),
            (
                "{axes: {protocol: 'h4'}}",
                "axes.protocol: 'h4' is unknown",
                "did you mean h1? choose from h1, h2, ws, sse, grpc"
            ),
            (
                "{axes: {rate: -5}}",
                "axes.rate: -5 is not a rate",
                "write requests a second such as 5000 or \"50k\", \"closed\" for a closed loop,"
                    + " \"subscribe\", or \"find:p99<5ms\" to search it"
            ),
            (
                "{axes: {tls: true}}",
                "axes.tls: 'true' is unknown",
                "choose from off, 1.2, 1.3"
            ),
            (
                "{axes: {pattern: 'Sharded'}}",
                "axes.pattern: 'Sharded' is no pattern",
                "write family or family:variant such as sharded:hash"
            ),
            (
                "{axes: {rtt: ['5ms', '20']}}",
                "axes.rtt[1]: \"20\" is not a round-trip time up to 10.0s",
                "write one such as \"20ms\", or \"0\" for loopback"
            ),
            (
                "{axes: {rtt: '1h'}}",
                "axes.rtt: \"1h\" is not a round-trip time up to 10.0s",
                "write one such as \"20ms\", or \"0\" for loopback"
            ),
            (
                "{axes: {link_loss: '100%'}}",
                "axes.link_loss: \"100%\" is not a share below 100%",
                "write one such as \"0.1%\""
            ),
            (
                "{axes: {link_rate: 100}}",
                "axes.link_rate: 100 is not a rate from 8kbit to 100gbit",
                "write one such as \"100mbit\", or \"none\" for no limit"
            ),
            (
                "{axes: {nodelay: 2}}",
                "axes.nodelay: 2 is neither on nor off nor a side",
                "write true or false, or \"server\" or \"load\" for that side alone"
            ),
            (
                "{axes: {quickack: 'both'}}",
                "axes.quickack: \"both\" is neither on nor off nor a side",
                "write true or false, or \"server\" or \"load\" for that side alone"
            ),
            (
                "{axes: {reply_shape: 'tricle'}}",
                "axes.reply_shape: 'tricle' is unknown",
                "did you mean trickle? choose from one, head-then-body, trickle"
            ),
            (
                "{axes: {payload: 'big'}}",
                "axes.payload: \"big\" is not a size up to 1GiB",
                "write bytes such as 13 or \"64KiB\""
            ),
            (
                "{axes: {path: 'x'}}",
                "axes.path: 'x' is no path",
                "write one such as \"/work?us=50\""
            ),
            (
                "{axes: {arrivals: 'often'}}",
                "axes.arrivals: 'often' is unknown",
                "choose poisson or constant"
            ),
            (
                "{axes: {expects: '2xx'}}", "axes: unknown key 'expects'", "did you mean 'expect'?"
            ),
            (
                "{axes: {expect: ['2xx', '3x']}}", "axes.expect[1]: '3x' is unknown",
                "did you mean 3xx? choose from 2xx, 3xx and \"2xx,3xx\""
            ),
            (
                "{defaults: {expect: '2xx,204'}}",
                "defaults.expect: '204' is one status, and answers are counted by their class",
                "write 2xx"
            ),
            (
                "{defaults: {expect: '4xx'}}",
                "defaults.expect: '4xx' is no kind of success: such answers count as failures",
                "choose from 2xx, 3xx and \"2xx,3xx\""
            ),
            (
                "{defaults: {expect: ','}}", "defaults.expect: ',' names no class",
                "write one such as \"2xx\""
            ),
            (
                "{defaults: {expect: 200}}", "defaults.expect: 200 is not a text",
                "write one such as \"2xx\""
            ),
            (
                "{axes: {server: 'nginx'}}",
                "server 'nginx' is not described",
                "write {name: ..., command: [...]} once, or {name: ..., url: ...}"
            ),
            (
                "{axes: {server: {name: 'nginx'}}}",
                "axes.server: server nginx has no command",
                "give a list of texts: the program, its arguments; or a url where it runs already"
            ),
            (
                "{axes: {server: {name: 'n', command: ['x'], ready: {prt: 1}}}}",
                "axes.server.ready: unknown key 'prt'",
                "did you mean 'port'?"
            ),
            (
                "{axes: {server: {name: 'n', command: ['x'], ready: {port: 1}}}}",
                "axes.server: the readiness rule of server n is none",
                "write {port: true}, {line: \"text\"} or {http: \"/path\"}"
            ),
            (
                "{defaults: {duration: 'long'}}",
                "defaults.duration: \"long\" is not a time",
                "write one such as \"2s\" or \"300ms\""
            ),
            (
                "{defaults: {duration: '1ms'}}",
                "defaults.duration: \"1ms\" is too short",
                "give at least 10ms"
            ),
            (
                "{defaults: {repeat: 0}}",
                "defaults.repeat: 0 is not a whole number from 1 to 1000",
                "write one such as 64"
            ),
            (
                "{defaults: 5}", "defaults: is not an object",
                "write {key: value, ...}"
            ),
            (
                "{exclude: 'x'}", "exclude: is not a list",
                "write [..., ...]"
            ),
            (
                "{exclude: ['patern=x']}",
                "exclude[0]: unknown key 'patern'",
                "did you mean 'pattern'?"
            ),
            (
                "{profiles: {smoke: {filters: 'x'}}}",
                "profiles.smoke: unknown key 'filters'",
                "did you mean 'filter'?"
            ),
            (
                "{profiles: {'a b': {}}}",
                "profiles.a b: is no name for a profile",
                "use lower-case letters, digits and dashes"
            ),
            (
                "{axes: {connections: 1,, }}",
                "line 1, column 24: expected a name or }",
                "mend the file; it is JSON5"
            ),
            (
                "{defaults: {pairs: {screen: 5}}}", "defaults.pairs.screen: 5 is odd",
                "give an even number: pairs come by two"
            ),
            (
                "{defaults: {pairs: {confirm: []}}}",
                "defaults.pairs.confirm: is not a list of 1 to 10 steps",
                "write [{scatter_pct: 2.2, pairs: 16}, ...]"
            ),
            (
                "{profiles: {a: {pairs: {confirm: [{scatter_pct: 3, pairs: 16},"
                    + " {scatter_pct: 3, pairs: 24}]}}}}",
                "profiles.a.pairs.confirm[1]: scatter_pct 3.0 does not rise",
                "order the steps by rising scatter"
            ),
            (
                "{defaults: {pairs: {screens: 4}}}", "defaults.pairs: unknown key 'screens'",
                "did you mean 'screen'?"
            ),
            (
                "[1]", "is not an object",
                "write {key: value, ...}"
            ),
        ])
    func complaints(text: String, problem: String, remedy: String) {
        let complaint = #expect(throws: Complaint.self) { try Self.cells(text) }
        #expect(complaint?.problem == "m.json5: " + problem)
        #expect(complaint?.remedy == remedy)
        #expect(complaint?.status == .usage)
    }

    @Test(
        "what is wrong with a filter is said in one line",
        arguments: [
            (
                "pattern",
                "--filter: 'pattern' is not key, relation and value",
                "write it like pattern=single or connections>=64"
            ),
            (
                "pattern=",
                "--filter: 'pattern=' is not key, relation and value",
                "write it like pattern=single or connections>=64"
            ),
            (
                "conections=1", "--filter: unknown key 'conections'",
                "did you mean 'connections'?"
            ),
            (
                "pattern>=single",
                "--filter: 'pattern>=single' compares no numbers",
                "use = or =~ with texts, or a number such as 64 or 10k"
            ),
            (
                "connections>many",
                "--filter: 'connections>many' compares no numbers",
                "use = or =~ with texts, or a number such as 64 or 10k"
            ),
            (
                "pattern=~(",
                "--filter: '(' is no regular expression",
                "quote special characters with a backslash"
            ),
            (
                "pattern=nothing",
                "no cell of m.json5 is left to run (profile default)",
                "loosen the filter; 'switchyard list' shows all cells"
            ),
        ])
    func filterComplaints(filter: String, problem: String, remedy: String) {
        let complaint = #expect(throws: Complaint.self) { try Self.cells("{}", filter: filter) }
        #expect(complaint?.problem == problem)
        #expect(complaint?.remedy == remedy)
    }

    @Test("pairs of the defaults hold for every profile, and a profile changes some of them")
    func pairs() throws {
        let text = """
            {defaults: {pairs: {screen: 8, suspects: 2}}, axes: {rate: ['1k']}, profiles: {
             quick: {}, brief: {pairs: {control: 8, confirm: [{scatter_pct: 5, pairs: 12}]}}}}
            """
        let matrix = try Matrix(parsing: text, file: "m.json5")
        var expected = GatePolicy()
        expected.screenPairs = 8
        expected.suspectsMax = 2
        #expect(try matrix.policy(profile: "default") == expected)
        #expect(try matrix.policy(profile: "quick") == expected, "a name alone means nothing")
        expected.controlPairs = 8
        expected.confirmPairs = [.init(sigma: 0.05, pairs: 12)]
        #expect(try matrix.policy(profile: "brief") == expected)
    }

    @Test("the gate that is built in is the project's own", arguments: ["default", "quick"])
    func builtIn(profile: String) throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let file = try String(
            contentsOf: root.appending(path: GateMatrix.file), encoding: .utf8)
        let own = try Matrix(parsing: file, file: GateMatrix.file)
        let builtIn = try Matrix(parsing: GateMatrix.text, file: GateMatrix.builtIn)
        #expect(own.profiles.map(\.name) == builtIn.profiles.map(\.name))
        #expect(own.profiles.map(\.profile.about) == builtIn.profiles.map(\.profile.about))
        let (a, b) = try (
            own.expand(profile: profile, filter: nil, serverThreads: 2),
            builtIn.expand(profile: profile, filter: nil, serverThreads: 2)
        )
        #expect(a.cells == b.cells && a.settings == b.settings)
        let policy = try builtIn.policy(profile: profile)
        #expect(try own.policy(profile: profile) == policy)
        var expected = GatePolicy()
        if profile == "quick" {
            expected.screenPairs = 4
            expected.controlPairs = 8
            expected.suspectsMax = 3
            expected.confirmPairs = [.init(sigma: 0.027, pairs: 10), .init(sigma: 0.05, pairs: 12)]
        }
        #expect(policy == expected)
    }

    @Test("an unknown profile names the nearest; clashing file names are refused")
    func otherComplaints() throws {
        let unknown = #expect(throws: Complaint.self) {
            try Self.cells("{profiles: {smoke: {}}}", profile: "smok")
        }
        #expect(
            unknown?.description
                == "m.json5 has no profile 'smok'; did you mean smoke? choose from smoke, default")
        let clash = #expect(throws: Complaint.self) {
            try Self.cells("{axes: {path: ['/a?b', '/a=b']}}")
        }
        #expect(clash?.problem.hasSuffix("would share one file name") == true)
    }
}
