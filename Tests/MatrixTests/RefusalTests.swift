import Basis
import Foundation
import Platform
import TestSupport
import Testing

@testable import Matrix

@Suite("what commands refuse or warn of before anything is measured")
struct RefusalTests {
    private static let matrix = "{axes: {pattern: ['single', 'sharded'], threads: 1}}"

    @Test(
        "list and plan refuse in one line what run refuses",
        arguments: ["list", "plan", "run", "run --dry-run"],
        [
            (
                "pattern: 'singel'", "pattern 'singel' of cell h1/singel/w1/c64/p13 is unknown to ",
                "did you mean single? choose from"
            ),
            (
                "rate: 'subscribe'", "asks for events with protocol h1, which",
                "leave such cells out"
            ),
            ("streams: 2", "asks for streams with protocol h1, which", "leave such cells out"),
            ("connections: 16000000", "needs 16001024 open files", "run: ulimit -n"),
        ])
    func refusedAtOnce(
        command: String, refused: (axes: String, problem: String, remedy: String)
    ) throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write(
            "m.json5", "{defaults: {threads: 1}, axes: {\(refused.axes)}}")
        let transcript = Transcript()
        let words = command.split(separator: " ").map(String.init)
        let status = Switchyard.main(
            words + [file, "--bin", scratch.path], on: transcript.console)
        #expect(status == .usage || status == .failure)
        #expect(transcript.output.isEmpty)
        #expect(
            transcript.errors.contains(refused.problem)
                && transcript.errors.contains(refused.remedy), "\(transcript.errors)")
        #expect(transcript.errors.filter { $0 == "\n" }.count == 1, "\(transcript.errors)")
    }

    @Test("a thread is off the server's CPUs for as long as its run may be stopped, no longer")
    func binding() throws {
        try withThreads(1) { _ in
            let before = CPUSet.available
            guard let first = before.cpus.first, let last = before.cpus.last else { return }
            do {
                let request = try? StopRequest.offServerCPUs(
                    CPUSplit(server: [first], load: [last]))
                #expect(CPUSet.available == CPUSet([last]))
                #expect(request?.check() == StopRequest.Level.none)
            }
            #expect(CPUSet.available == before)
        }
    }

    @Test("server and generator on one CPU are a note of the plan", arguments: [true, false])
    func sharedCPUs(isShared: Bool) throws {
        let scratch = try Scratch()
        let file = try scratch.write("m.json5", Self.matrix)
        let transcript = Transcript()
        let cpus = ["--server-cpus", "0", "--load-cpus", isShared ? "0" : "1"]
        #expect(Switchyard.main(["plan", file] + cpus, on: transcript.console) == .success)
        let note = "note: server and generator share CPU 0; "
        #expect(transcript.errors.contains(note) == isShared, "\(transcript.errors)")
    }

    @Test("a folder of results that can't be says why", arguments: ["afile", "afile/x/y"])
    func noFolder(results: String) throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write("m.json5", Self.matrix)
        let afile = try scratch.write("afile", "")
        let transcript = Transcript()
        let status = Switchyard.main(
            [
                "run", file, "--bin", scratch.path, "--quiet", "--results",
                "\(scratch.path)/\(results)",
            ], on: transcript.console)
        #expect(status == .failure)
        let last = transcript.errors.split(separator: "\n").last ?? ""
        #expect(
            last.hasSuffix(": \(afile) is a file, not a folder; choose another with --results"),
            "\(transcript.errors)")
    }
}
