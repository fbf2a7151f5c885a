import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

@testable import Matrix

@Suite("servers of a matrix that run already")
struct OutsideServerTests {
    private static func matrix(_ server: String, _ rest: String = "") throws -> Matrix {
        try Matrix(parsing: "{defaults: {server: \(server)\(rest)}}", file: "m.json5")
    }

    private static func cells(_ server: String, _ axes: String = "") throws -> [Cell] {
        try matrix(server, axes.isEmpty ? "" : ", \(axes)").expand(
            profile: "default", filter: nil, serverThreads: 2
        ).cells
    }

    @Test(
        "the URL says what cells don't: protocol, TLS and what is asked",
        arguments: [
            ("http://127.0.0.1:9000", "h1/mine/c64", "http://h:1/"),
            ("127.0.0.1:9000/a/b?x=1", "h1/mine/c64/ta-b?x=1", "http://h:1/a/b?x=1"),
            ("https://127.0.0.1:9000/a", "h1/mine/c64/tls1.3/ta", "https://h:1/a"),
            ("ws://127.0.0.1:9000/ws", "ws/mine/c64/p13/tws", "http://h:1/ws"),
            ("wss://[::1]:9000/ws", "ws/mine/c64/p13/tls1.3/tws", "https://h:1/ws"),
            (
                "grpc://127.0.0.1:9000", "grpc/mine/c64/p13",
                "http://h:1/switchyard.v1.Bench/Unary"
            ),
            ("grpcs://127.0.0.1/a.B/C", "grpc/mine/c64/p13/tls1.3/ta.B-C", "https://h:1/a.B/C"),
        ])
    func schemes(url: String, id: String, target: String) throws {
        let cells = try Self.cells("{name: 'mine', url: '\(url)'}")
        #expect(cells.map(\.id) == [id])
        let cell = try #require(cells.first)
        #expect(cell.isOutside && cell.pattern == nil)
        #expect(try Cell(RecordFields(cell.json)) == cell)
        let words = RunningGenerator.arguments(
            cell, host: "h", port: 1, threads: 1, seed: 1, settings: Settings(), turn: nil)
        #expect(words.last == target)
        let place = words.firstIndex(of: "--protocol")
        #expect(place.map { words[$0 + 1] } == String(id.prefix { $0 != "/" }))
    }

    @Test("a path or a mix replaces that of the URL; threads, patterns and payloads don't multiply")
    func replaced() throws {
        let url = "{name: 'mine', url: 'http://127.0.0.1:9000/base?x=1'}"
        #expect(try Self.cells(url, "path: '/other'").map(\.target) == ["/other"])
        let kinds = "{kinds: [{weight: 1, path: '/a'}, {weight: 1, path: '/b'}]}"
        let mixed = try #require(try Self.cells(url, "mix: \(kinds)").first)
        #expect(mixed.path == nil && mixed.mix?.kinds.map(\.path) == ["/a", "/b"])
        let text = """
            {defaults: {server: \(url)},
             axes: {threads: [1, 2], pattern: ['single', 'sharded'], payload: [13, 64]}}
            """
        let all = try Matrix(parsing: text, file: "m.json5").expand(
            profile: "default", filter: nil, serverThreads: 2
        ).cells
        #expect(all.map(\.id) == ["h1/mine/c64/tbase?x=1"])
    }

    @Test(
        "what is no such server is refused in one line",
        arguments: [
            ("url: 'ftp://h/'", "defaults.server.url: URL 'ftp://h/' has the scheme ftp"),
            ("url: 'http:///x'", "URL 'http:///x' has no host"),
            ("url: 'http://h:0/'", "has no port from 1 to 65535"),
            ("url: 'unix:/run/x'", "is a Unix socket"),
            ("url: 7", "defaults.server.url: is not a text"),
            ("url: 'http://h/a b'", "holds what no URL may"),
            ("url: 'http://h/', command: ['x']", "server mine has a command and a url"),
            ("url: 'http://h/', ready: {port: true}", "has a ready and a url"),
            ("command: ['x'], measure: 'local'", "server mine has a measure without a url"),
            ("url: 'http://h/', agent: '/x'", "server mine has an agent and no measure"),
            ("url: 'http://h/', measure: 7", "measure: is no command"),
            ("url: 'http://h/', measure: []", "measure: is no command"),
            ("url: 'http://h/', measure: ['ssh', 7]", "holds something else than texts"),
            ("url: 'http://h/', measure: 'ssh'", "ssh is told no host"),
            ("url: 'http://h/', measure: 'ssh -p 22'", "ssh is told no host"),
            ("url: 'http://h/', measure: 'ssh -oProxyCommand=x'", "ssh is told no host"),
            ("url: 'http://h/', measure: '/usr/bin/ssh -- -x'", "ssh is told no host"),
            ("url: 'http://h/', measure: '-oProxyCommand=x'", "'-oProxyCommand=x' is no program"),
            ("url: 'http://h/', measure: \"ssh 'h\"", "has a ' without its end"),
            (
                "url: 'http://h/', measure: 'local', agent: 'a;b'",
                "defaults.server.agent: 'a;b' is no plain path"
            ),
            ("url: 'http://h/', measure: 'local', agent: '-x'", "'-x' is no plain path"),
            ("url: 'http://h/', ulr: 1", "unknown key 'ulr'"),
        ])
    func refused(members: String, problem: String) throws {
        let complaint = #expect(throws: Complaint.self) {
            try Self.matrix("{name: 'mine', \(members)}")
        }
        let line = complaint?.description ?? ""
        #expect(line.contains(problem), "\(line)")
        #expect(complaint?.remedy.isEmpty == false && !line.contains("\n"))
        #expect(complaint?.status == .usage)
    }

    @Test(
        "a user name in a URL is refused without a word of it",
        arguments: ["http://me:secret@h/", "ftp://me:secret@h", "me:secret@h:9000/x"])
    func secrets(url: String) throws {
        let inFile = #expect(throws: Complaint.self) {
            try Self.matrix("{name: 'mine', url: '\(url)'}")
        }
        #expect(inFile?.description.contains("holds a user name") == true)
        #expect(inFile?.description.contains("secret") == false)
        let transcript = Transcript()
        let status = Switchyard.main(["run", "--url", url], on: transcript.console)
        #expect(status == .usage && transcript.errors.contains("--url holds a user name"))
        #expect(!transcript.errors.contains("secret") && !transcript.errors.contains("me:"))
        #expect(throws: Complaint.self) { try TargetURL(parsing: url) }
    }

    @Test(
        "cells that contradict the URL are refused before anything starts",
        arguments: [
            ("ws://h/", "protocol: 'h1'", "in protocol h1", "leave the protocol out"),
            ("grpc://h/", "protocol: 'h2'", "in protocol h2", "leave the protocol out"),
            ("https://h/", "tls: 'off'", "without TLS", "as \"1.2\" or \"1.3\""),
            ("http://h/", "tls: '1.3'", "over TLS", "give a URL of https"),
            ("http://h/", "rtt: '20ms'", "through a link", "drop its rtt"),
            ("http://h/", "cork: true", "asks server mine for cork", "write \"load\""),
        ])
    func contradictions(
        url: String, axes: String, problem: String, remedy: String
    ) throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write(
            "m.json5", "{defaults: {server: {name: 'mine', url: '\(url)'}, \(axes)}}")
        for command in ["list", "plan", "run"] {
            let transcript = Transcript()
            let status = Switchyard.main(
                [command, file, "--bin", scratch.path], on: transcript.console)
            #expect(status == .usage, "\(command)")
            #expect(transcript.errors.contains(problem), "\(transcript.errors)")
            #expect(transcript.errors.contains(remedy), "\(transcript.errors)")
        }
    }

    @Test(
        "the agent's command is words, without a shell",
        arguments: [
            ("'local'", [], nil, ["/own", "measure", "--port", "80"]),
            ("'local'", [], "/a/b", ["/a/b", "measure", "--port", "80"]),
            ("'ssh h'", ["ssh", "h"], nil, ["ssh", "h", "switchyard", "measure", "--port", "80"]),
            (
                "'ssh -4p 2222 -F /x me@h sudo -n'",
                ["ssh", "-4p", "2222", "-F", "/x", "me@h", "sudo", "-n"],
                "~/bin/switchyard",
                [
                    "ssh", "-4p", "2222", "-F", "/x", "me@h", "sudo", "-n", "~/bin/switchyard",
                    "measure", "--port", "80",
                ]
            ),
            (
                "['docker', 'exec', '-i', 'a b']", ["docker", "exec", "-i", "a b"], nil,
                ["docker", "exec", "-i", "a b", "switchyard", "measure", "--port", "80"]
            ),
        ] as [(String, [String], String?, [String])])
    func commands(measure: String, prefix: [String], agent: String?, words: [String]) throws {
        let program = agent.map { ", agent: '\($0)'" } ?? ""
        let matrix = try Self.matrix(
            "{name: 'mine', url: 'http://h/', measure: \(measure)\(program)}")
        let command = try #require(matrix.servers[0].outside?.agent)
        #expect(command.prefix == prefix && command.program == agent)
        #expect(command.words(port: 80, own: "/own") == words)
        // What is written says the same again.
        let again = try ServerDescription(
            .object(
                { () -> [JSONValue.Member] in
                    guard case .object(let members) = matrix.servers[0].json else { return [] }
                    return members.filter { $0.name != "started" }
                }()), FilePlace(file: "m", path: ""))
        #expect(again == matrix.servers[0])
    }

    @Test(
        "a server that is not there keeps a run from beginning, in one line",
        arguments: [["run"], ["run", "--measure", "local"]])
    func absent(words: [String]) throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        // Nobody listens on a port that was just given back.
        let port = try Loopback.freePort()
        let transcript = Transcript()
        let status = Switchyard.main(
            words + [
                "--url", "http://127.0.0.1:\(port)/", "--bin", scratch.path, "--results",
                scratch.path + "/results",
            ], on: transcript.console)
        #expect(status == .failure)
        #expect(
            transcript.errors
                == "switchyard: server target can't be reached at http://127.0.0.1:\(port)/:"
                + " Connection refused; start it, or mend its url\n")
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/results"))
    }

    @Test(
        "what --url can't be combined with is refused",
        arguments: [
            (["--url", "http://h/", "m.json5"], "--url and the matrix file m.json5"),
            (["--measure", "local"], "--measure belongs to --url"),
            (["--agent", "x"], "--agent belongs to --url"),
            (["--url", "http://h:x/"], "--url URL 'http://h:x/' has no port"),
            (["--url", "http://h/", "--measure", "ssh"], "--measure ssh is told no host"),
            (["--url", "http://h/", "--agent", "x"], "--agent server target has an agent"),
        ])
    func options(words: [String], problem: String) {
        for command in ["run", "plan"] {
            let transcript = Transcript()
            #expect(Switchyard.main([command] + words, on: transcript.console) == .usage)
            #expect(transcript.errors.contains(problem), "\(transcript.errors)")
        }
    }

    @Test("the plan of --url is a closed loop and an open one, in under half a minute")
    func quick() throws {
        let transcript = Transcript()
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let status = Switchyard.main(
            ["plan", "--json", "--url", "http://h:9/x", "--bin", scratch.path],
            on: transcript.console)
        #expect(status == .success, "\(transcript.errors)")
        let plan = try JSONValue(parsing: transcript.output)
        guard case .array(let cells)? = plan["cells"] else { throw TestFailure("no cells") }
        let ids = cells.compactMap { cell -> String? in
            if case .string(let id)? = cell["cell_id"] { return id }
            return nil
        }
        #expect(
            ids == [
                "h1/target/c1/tx", "h1/target/c8/tx", "h1/target/c64/tx",
                "h1/target/c64/r200/tx", "h1/target/c64/r1k/tx",
            ])
        guard case .number(let seconds)? = plan["expected_s"] else { throw TestFailure("no time") }
        #expect(seconds < 25)
        let request = try RunRequest(RecordFields(plan["request"] ?? .null))
        #expect(request.quick?.url == "http://h:9/x" && request.matrix == "--url")
    }

    @Test("a gate takes no server that it can't start", arguments: ["gate", "calibrate"])
    func gate(command: String) throws {
        let scratch = try Scratch()
        try Fake.programs(in: scratch)
        let file = try scratch.write(
            "m.json5", "{defaults: {server: {name: 'mine', url: 'http://127.0.0.1:1/'}}}")
        var words = [command, file, "--bin", scratch.path, "--results", scratch.path + "/results"]
        if command == "gate" { words += ["--base-bin", scratch.path] }
        let transcript = Transcript()
        let status = Switchyard.main(words, on: transcript.console)
        #expect(status == .usage, "\(transcript.errors)")
        #expect(
            transcript.errors.contains("which runs already, and a gate starts the two"),
            "\(transcript.errors)")
    }
}
