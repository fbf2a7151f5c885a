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
