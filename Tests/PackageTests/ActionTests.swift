import Basis
import Foundation
import TestSupport
import Testing

@Suite("the GitHub Action", .enabled(if: Programs.isPresent("curl")))
struct ActionTests {
    private static let url = "file://"

    private static func name() throws -> String {
        let machine = try Script("dpkg", ["--print-architecture"]).lines[0]
        return "switchyard-\(switchyardVersion)-linux-\(machine)"
    }

    /// A release in the folder `release`, whose `switchyard` tells what it was given and judges as
    /// the variable `VERDICT` says.
    private func release() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let name = try Self.name()
        let program = #"""
            #!/bin/bash
            printf '<%s>' "$@" >arguments
            for argument; do
                if [[ $argument == --results=* ]]; then
                    mkdir -p "${argument#*=}/20261130T120000Z-gate"
                fi
            done
            echo "slower in one cell"
            echo "VERDICT: $VERDICT h1/single"
            exit "$STATUS"
            """#
        try folder.write(program, "\(name)/bin/switchyard", mode: 0o755)
        try FileManager.default.createDirectory(
            atPath: folder.file("release"), withIntermediateDirectories: true)
        let packed = try Script.shell(
            "tar -czf release/\(name).tar.gz \(name) && cd release && sha256sum * >SHA256SUMS",
            in: folder.path)
        try #require(packed.status == 0, "\(packed.errors)")
        try FileManager.default.removeItem(atPath: folder.file(name))
        return folder
    }

    private func fetch(_ folder: TemporaryFolder, version: String = switchyardVersion) throws
        -> Script
    {
        try Script(
            "scripts/fetch-release",
            [Self.url + folder.file("release"), version, folder.file("got")])
    }

    @Test("a release is fetched, and its programs run", arguments: ["", "v"])
    func fetches(prefix: String) throws {
        let folder = try release()
        let ending = try fetch(folder, version: prefix + switchyardVersion)
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.lines == [folder.file("got/\(try Self.name())/bin")])
        let program = "\(ending.lines[0])/switchyard"
        let run = try Script(program, ["a b"], ["VERDICT": "PASS", "STATUS": "0"], in: folder.path)
        #expect(run.output.hasSuffix("VERDICT: PASS h1/single\n"))
    }

    @Test(
        "what is not the file of the checksum is not unpacked", arguments: ["changed", "unnamed"])
    func tampered(how: String) throws {
        let folder = try release()
        if how == "changed" {
            let text = "printf x >>release/\(try Self.name()).tar.gz"
            #expect(try Script.shell(text, in: folder.path).status == 0)
        } else {
            try folder.write("", "release/SHA256SUMS")
        }
        let ending = try fetch(folder)
        #expect(ending.status == 1 && ending.output == "")
        #expect(ending.errors.contains("nothing was unpacked"), "\(ending.errors)")
        #expect(folder.files(below: "got") == [])
    }

    @Test(
        "what is no release is refused",
        arguments: [
            ("9.9", "does release 9.9 exist?"), ("1; ls", "'1; ls' is no version"),
            ("../1", "'../1' is no version"), ("", "'' is no version"),
        ])
    func unknown(version: String, words: String) throws {
        let folder = try release()
        let ending = try fetch(folder, version: version)
        #expect(ending.status == 1 && ending.errors.contains(words), "\(ending.errors)")
        #expect(folder.files(below: "got") == [])
    }

    /// The steps of action.yml as a runner of GitHub would carry them out.
    private func act(
        _ inputs: [String: String], in folder: TemporaryFolder, _ variables: [String: String]
    ) throws -> (status: Int32?, errors: String, outputs: [String]) {
        let action = try Yaml.read("action.yml")
        var values = [
            "github.action_path": Script.root, "github.action_repository": "owner/switchyard",
            "github.server_url": "https://127.0.0.1",
        ]
        for input in action["inputs"]?.members ?? [] {
            values["inputs.\(input.name)"] =
                inputs[input.name] ?? input.value["default"]?.string ?? ""
        }
        var last: Script?
        for step in action["runs"]?["steps"]?.elements ?? [] {
            var environment = variables
            environment["GITHUB_OUTPUT"] = folder.file("outputs")
            environment["GITHUB_PATH"] = folder.file("path")
            environment["RUNNER_TEMP"] = folder.file("temporary")
            for variable in step["env"]?.members ?? [] {
                let text = variable.value.string ?? ""
                let name = text.dropFirst(4).dropLast(3)
                environment[variable.name] = values[String(name)] ?? text
            }
            let added = (try? String(contentsOfFile: folder.file("path"), encoding: .utf8)) ?? ""
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            environment["PATH"] = added.split(separator: "\n").joined() + ":" + path
            let text = step["run"]?.string ?? ""
            // As the runner starts bash for `shell: bash`.
            let file = try folder.write(text, "step.sh")
            last = try Script(
                "bash", ["--noprofile", "--norc", "-eo", "pipefail", file], environment,
                in: folder.path)
            if last?.status != 0 { break }
        }
        let outputs = (try? String(contentsOfFile: folder.file("outputs"), encoding: .utf8)) ?? ""
        return (last?.status, last?.errors ?? "", outputs.split(separator: "\n").map(String.init))
    }

    @Test(
        "the action fetches, gates and hands on what the gate said",
        .enabled(if: Yaml.isPresent),
        arguments: [("PASS", 0), ("REGRESSION", 10), ("INCONCLUSIVE", 11)])
    func action(verdict: String, status: Int32) throws {
        let folder = try release()
        try FileManager.default.createDirectory(
            atPath: folder.file("found/20250101T000000Z-gate"), withIntermediateDirectories: true)
        let ending = try act(
            [
                "release-url": Self.url + folder.file("release"), "matrix": "my matrix.json5",
                "base": "./before --port {port} 'a b' $(touch escaped)",
                "candidate": "./after --port {port}", "strict": "true", "results": "found",
                "filter": "connections>=64",
            ], in: folder, ["VERDICT": verdict, "STATUS": "\(status)"])
        #expect(ending.status == status, "\(ending.errors)")
        #expect(
            ending.outputs == [
                "verdict=\(verdict)", "status=\(status)", "folder=found/20261130T120000Z-gate",
            ])
        let arguments = try String(contentsOfFile: folder.file("arguments"), encoding: .utf8)
        #expect(
            arguments == "<gate><my matrix.json5><--filter=connections>=64><--strict>"
                + "<--results=found>"
                + "<--server-command=./before --port {port} 'a b' $(touch escaped)>"
                + "<--server-command=./after --port {port}>")
        #expect(!FileManager.default.fileExists(atPath: folder.file("escaped")))
    }

    @Test("an input that means nothing is refused", .enabled(if: Yaml.isPresent))
    func strict() throws {
        let folder = try release()
        let ending = try act(
            [
                "release-url": Self.url + folder.file("release"), "base": "a {port}",
                "candidate": "b {port}", "strict": "yes",
            ], in: folder, ["VERDICT": "PASS", "STATUS": "0"])
        #expect(ending.status == 64 && ending.errors.contains("neither true nor false"))
    }

    @Test("the gate takes each option that the action gives it")
    func options() throws {
        let folder = try TemporaryFolder()
        try folder.write("{defaults: {rate: \"1k\"}, profiles: {a: {}}}", "matrix.json5")
        try folder.write("{waivers: []}", "waivers.json5")
        let program = folderPart(of: try Programs.own("switchyard"))
        let ending = try Script(
            "scripts/gate-action", [],
            [
                "MATRIX": "matrix.json5", "PROFILE": "a", "FILTER": "connections>=1",
                "STRICT": "true", "WAIVERS": "waivers.json5", "RESULTS": "results",
                "BASE": "/nonexistent --port {port}", "CANDIDATE": "/nonexistent --port {port}",
                "PATH": "\(program):/usr/bin:/bin", "GITHUB_OUTPUT": folder.file("outputs"),
            ], in: folder.path)
        // Nothing else is wrong than the programs, which are not there.
        #expect(ending.errors.contains("/nonexistent") && ending.status != 0, "\(ending.errors)")
        #expect(!ending.errors.contains("option"))
        let outputs = try String(contentsOfFile: folder.file("outputs"), encoding: .utf8)
        #expect(outputs == "verdict=\nstatus=\(ending.status ?? -1)\nfolder=\n")
    }
}
