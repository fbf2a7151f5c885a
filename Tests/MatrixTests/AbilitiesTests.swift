import Basis
import Report
import Testing

@testable import Matrix

@Suite("what the programs can carry out")
struct AbilitiesTests {
    @Test("HTTP/2 and WebSocket may have several requests under way", arguments: ["h2", "ws"])
    func allowed(name: String) throws {
        let request = RunRequest(
            matrix: "m.json5", profile: Matrix.defaultProfile, seed: 1,
            cpus: CPUSplit(server: [1], load: [0]))
        _ = try request.plan { _ throws(Complaint) in
            "{defaults: {protocol: '\(name)', streams: 4, payload: 125}}"
        }
    }

    @Test("Fast Open needs both bits of the machine's setting", arguments: [nil, 0, 1, 2, 3, 1027])
    func fastOpen(setting: Int?) {
        var cell = Cell(pattern: "single", threads: 1, connections: 1)
        #expect(throws: Never.self) { try Abilities.checkFastOpen([cell], setting: setting) }
        cell.churn.opensFast = true
        var problem: String?
        do throws(Complaint) {
            try Abilities.checkFastOpen([cell], setting: setting)
        } catch {
            problem = error.problem
        }
        let told = setting.map { "\($0)" } ?? "missing"
        #expect(
            problem
                == ((setting ?? 0) & 3 == 3
                    ? nil
                    : "cell h1/single/w1/c1/p13/tfo needs net.ipv4.tcp_fastopen=3, which is \(told)"
                        + " here"))
        // In the networks of a link it is always allowed.
        cell.link.roundTrip = .milliseconds(5)
        #expect(throws: Never.self) { try Abilities.checkFastOpen([cell], setting: setting) }
    }

    @Test("a link is made on trial only where a cell needs one, and its absence is one line")
    func links() throws {
        var trials = 0
        let prohibition = LinkProhibition(problem: "it is forbidden", remedy: "run it as root")
        func check(_ cells: [Cell], fails: Bool) throws(Complaint) {
            try Abilities.checkLinks(cells) { () throws(LinkProhibition) in
                trials += 1
                if fails { throw prohibition }
                return "tun"
            }
        }
        let near = Cell(pattern: "single", threads: 1, connections: 1)
        var far = near
        far.link.roundTrip = .milliseconds(5)
        try check([near], fails: true)
        #expect(trials == 0)
        try check([near, far], fails: false)
        #expect(trials == 1)
        let complaint = #expect(throws: Complaint.self) { try check([near, far], fails: true) }
        #expect(
            complaint?.description
                == "cell h1/single/w1/c1/p13/rtt5ms needs a link: it is forbidden; run it as root;"
                + " or leave such cells out with --filter 'rtt=0'")
        #expect(complaint?.status == .failure)
    }

    @Test("answers that would all come too late are refused", arguments: ["2s", "1999ms"])
    func late(roundTrip: String) throws {
        let request = RunRequest(
            matrix: "m.json5", profile: Matrix.defaultProfile, seed: 1,
            cpus: CPUSplit(server: [1], load: [0]))
        let text = "{defaults: {pattern: 'single', threads: 1, rtt: '\(roundTrip)'}}"
        func plan() throws { _ = try request.plan { _ throws(Complaint) in text } }
        guard roundTrip == "2s" else { return try plan() }
        let complaint = #expect(throws: Complaint.self) { try plan() }
        #expect(
            complaint?.description
                == "cell h1/single/w1/c64/p13/rtt2s has a round trip of 2.00s, and an answer may"
                + " take 2.00s; give a longer timeout in its defaults")
    }

    @Test(
        "the forwarder runs where neither program does, or else with the generator",
        arguments: [([0, 1], [0]), ([0, 1, 2, 3], [2, 3]), ([0], [0])])
    func forwarder(available: [Int], cpus: [Int]) {
        let split =
            available.count == 1
            ? CPUSplit(server: [0], load: [0]) : CPUSplit(server: [1], load: [0])
        #expect(split.forLink(of: available) == cpus)
    }

    @Test(
        "a cell that asks for more is refused before anything starts",
        arguments: [
            ("rate: 'subscribe'", "events with protocol h1"),
            ("protocol: 'sse', streams: 2", "streams with protocol sse"),
            ("streams: 4", "streams with protocol h1"),
            ("protocol: 'h2', pipeline: 2", "pipelining with protocol h2"),
            ("protocol: 'ws', pipeline: 2", "pipelining with protocol ws"),
            ("protocol: 'grpc', pipeline: 2", "pipelining with protocol grpc"),
            ("protocol: 'grpc', payload: '5MiB'", "messages of more than 4 MiB"),
            ("rate: 100, connection_rate: 50", "a rate and a connection_rate together"),
            (
                "rate: 100, fastopen: 'on'",
                "fastopen at a rate without TLS, whose SYNs leave before a request is due"
            ),
            (
                "protocol: 'sse', rate: 'subscribe', requests_per_connection: 2",
                "requests on connections that subscribe"
            ),
        ])
    func refused(setting: String, named: String) {
        let request = RunRequest(
            matrix: "m.json5", profile: Matrix.defaultProfile, seed: 1,
            cpus: CPUSplit(server: [1], load: [0]))
        var problem = ""
        do throws(Complaint) {
            _ = try request.plan { _ throws(Complaint) in "{defaults: {\(setting)}}" }
        } catch {
            problem = error.problem
            #expect(error.status == .usage)
        }
        #expect(problem.hasSuffix("asks for \(named), which this version does not speak"))
    }

    @Test(
        "another server is not told how to write",
        arguments: [
            ("quickack: 'on'", "quickack"), ("cork: 'server'", "cork"),
            ("reply_shape: 'trickle'", "a reply_shape"), ("quickack: 'load'", nil),
            ("cork: 'load', request_shape: 'trickle', nodelay: 'off'", nil),
        ])
    func foreign(setting: String, named: String?) {
        let request = RunRequest(
            matrix: "m.json5", profile: Matrix.defaultProfile, seed: 1,
            cpus: CPUSplit(server: [1], load: [0]))
        var problem: String?
        do throws(Complaint) {
            _ = try request.plan { _ throws(Complaint) in
                """
                {axes: {server: {name: 'other', command: ['a', '{port}'], ready: {port: true}}},
                 defaults: {\(setting)}}
                """
            }
        } catch {
            problem = error.problem
            #expect(error.status == .usage)
        }
        let ending = named.map { "asks server other for \($0), which is its own affair" }
        #expect(problem?.hasSuffix(ending ?? "") == ending.map { _ in true }, "\(problem ?? "")")
    }
}
