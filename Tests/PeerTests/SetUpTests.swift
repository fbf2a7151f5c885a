import Foundation
import Platform
import TestSupport
import Testing

/// scripts/set-up on a machine that only pretends: what it asks of dpkg-query, apt-get and sudo are
/// scripts in a folder that is its whole PATH.
private struct PretendedMachine {
    var groups = ["build", "test", "plot"]
    var installed: Set<String> = ["make"]
    /// What apt has; asked for anything else it installs nothing at all.
    var known: Set<String> = ["make", "nginx-core", "nginx", "gnuplot-nox", "wrk"]
    var programs: Set<String> = ["dpkg-query", "apt-get", "apt-cache", "sudo", "python3", "swift"]
    var isRoot = false
    var isCI = false
    var swift = "Swift version 6.3.1 (swift-6.3.1-RELEASE)"

    struct Outcome {
        let status: Int32?
        let said: String
        let installed: Set<String>
        let usedSudo: Bool
    }

    static let isRoot = NSUserName() == "root"

    private static let packages = """
        # name group why
        make                         build  runs the targets
        nginx-light|nginx-core|nginx test   a foreign server
        wrk                          test   another generator
        gnuplot-nox|gnuplot-qt       plot   draws

        """

    private static let script = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "scripts/set-up").path

    private func fakes(_ folder: String) -> [String: String] {
        let list = "\(folder)/installed"
        return [
            "dpkg-query": "while read -r name; do echo \"ii  $name\"; done <\(list); exit 1",
            "apt-cache": "[[ \" \(known.sorted().joined(separator: " ")) \" == *\" $2 \"* ]]",
            "apt-get": """
            shift; for last; do :; done
            if [[ $last == update ]]; then exit 0; fi
            while [[ $1 != install ]]; do shift; done; shift
            for name; do apt-cache show "$name" || { echo "no $name" >&2; exit 100; }; done
            for name; do echo "$name" >>\(list); done
            """,
            "sudo": "echo used >\(folder)/sudo; exec \"$@\"",
            "python3": "mkdir -p \"${@: -1}/bin\"; ln -sf /bin/true \"${@: -1}/bin/pip\"",
            "swift": "echo '\(swift)'",
        ]
    }

    func run() throws -> Outcome {
        let folder = try TemporaryFolder()
        func write(_ text: String, _ name: String) throws {
            let path = folder.file(name)
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
        }
        try write(try String(contentsOfFile: Self.script, encoding: .utf8), "scripts/set-up")
        try write(Self.packages, "scripts/packages.txt")
        try write("a==1\n", "scripts/requirements.txt")
        try write(installed.map { $0 + "\n" }.joined(), "installed")
        for (name, body) in fakes(folder.path) where programs.contains(name) {
            try write("#!/bin/bash\n\(body)\n", "bin/\(name)")
        }
        for tool in [
            "dirname", "env", "sed", "sort", "head", "stat", "cmp", "cp", "ln", "mkdir", "rm",
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.file("bin/\(tool)"),
                withDestinationPath: try #require(Programs.found(tool), "\(tool)"))
        }
        for name in ["", "scripts", "bin"] {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o777], ofItemAtPath: folder.file(name))
        }
        var command = ["/bin/bash", "\(folder.path)/scripts/set-up"] + groups
        if Self.isRoot && !isRoot {
            let setpriv = try #require(Programs.found("setpriv"), "setpriv of util-linux")
            command = [setpriv, "--reuid=65534", "--clear-groups"] + command
        }
        var options = SpawnOptions(command[0], Array(command.dropFirst()))
        options.environment = ["PATH": folder.file("bin"), "TMPDIR": folder.path]
        if isCI { options.environment?["CI"] = "true" }
        options.standardError = .captured
        var child = try ChildProcess(options)
        let said = child.remainingErrors(timeout: TestLimit.hang)
        let end = child.wait(timeout: TestLimit.hang)?.ending
        var status: Int32?
        if case .exited(let code) = end { status = code }
        let list = try String(contentsOfFile: folder.file("installed"), encoding: .utf8)
        return Outcome(
            status: status, said: said,
            installed: Set(list.split(separator: "\n").map(String.init)),
            usedSudo: FileManager.default.fileExists(atPath: folder.file("sudo")))
    }
}

@Suite("setting a machine up")
struct SetUpTests {
    private static let all: Set = ["make", "nginx-core", "wrk", "gnuplot-nox"]

    @Test("what is missing is installed through sudo, by the first name that apt knows")
    func installs() throws {
        let outcome = try PretendedMachine().run()
        #expect(outcome.status == 0 && outcome.usedSudo, "\(outcome)")
        #expect(outcome.installed == Self.all, "\(outcome)")
    }

    @Test(
        "root needs no sudo",
        .enabled(if: PretendedMachine.isRoot, "only root can try what root can do"))
    func root() throws {
        var machine = PretendedMachine()
        machine.isRoot = true
        machine.programs.remove("sudo")
        let outcome = try machine.run()
        #expect(outcome.status == 0 && outcome.installed == Self.all, "\(outcome)")
    }

    @Test("nothing is asked of apt when all is there, by whatever name")
    func complete() throws {
        var machine = PretendedMachine()
        machine.installed = ["make", "nginx", "wrk", "gnuplot-qt"]
        machine.programs.subtract(["apt-get", "sudo"])
        let outcome = try machine.run()
        #expect(outcome.status == 0, "\(outcome)")
        #expect(!outcome.said.contains("without") && !outcome.said.contains("needs"), "\(outcome)")
    }

    @Test("a package that can't be had does not keep the others away")
    func unknown() throws {
        var machine = PretendedMachine()
        machine.known.remove("wrk")
        let outcome = try machine.run()
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.installed == Self.all.subtracting(["wrk"]), "\(outcome)")
        #expect(outcome.said.contains("without wrk the tests that want it are skipped"))
    }

    @Test("without apt, sudo or both it says what to do", arguments: ["apt-get", "sudo"])
    func powerless(program: String) throws {
        var machine = PretendedMachine()
        machine.programs.remove(program)
        var outcome = try machine.run()
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.said.contains("there is no \(program) here"), "\(outcome)")
        #expect(outcome.said.contains("without gnuplot-nox or gnuplot-qt no figure is drawn"))
        #expect(outcome.said.contains("needs wrk (test): another generator"))
        machine.isCI = true
        outcome = try machine.run()
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.said.contains("cannot go on without nginx-light or nginx-core or nginx, "))
        machine.isCI = false
        machine.installed = []
        outcome = try machine.run()
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.said.hasSuffix("set-up: cannot go on without make\n"), "\(outcome)")
    }

    @Test(
        "an unfit compiler is refused",
        arguments: [
            ("Swift version 6.2.4 (swift-6.2.4-RELEASE)", "Swift 6.2.4 at "),
            ("", "Swift of unknown version at "), (nil, "Swift is missing"),
        ] as [(String?, String)])
    func compiler(version: String?, said: String) throws {
        var machine = PretendedMachine()
        machine.swift = version ?? ""
        if version == nil { machine.programs.remove("swift") }
        let outcome = try machine.run()
        #expect(outcome.status == 1 && outcome.said.contains(said), "\(outcome)")
    }

    @Test("without Python, tests are skipped, in CI it stops")
    func python() throws {
        var machine = PretendedMachine()
        machine.programs.remove("python3")
        var outcome = try machine.run()
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.said.contains("set-up: there is no python3 here\n"), "\(outcome)")
        machine.isCI = true
        outcome = try machine.run()
        #expect(outcome.status == 1, "\(outcome)")
        machine.groups = ["build"]
        outcome = try machine.run()
        #expect(outcome.status == 0 && outcome.installed == ["make"], "\(outcome)")
    }
}
