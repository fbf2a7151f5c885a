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
}
