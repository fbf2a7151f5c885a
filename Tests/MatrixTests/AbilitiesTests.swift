import Basis
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
