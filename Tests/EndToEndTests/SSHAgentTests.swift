import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

/// An sshd of its own on loopback: keys, settings and the one user that may come in lie in a folder
/// that goes with it. It is killed when the value is dropped.
private final class OwnSSHD {
    let folder: TemporaryFolder
    private var child: ChildProcess

    init() throws {
        folder = try TemporaryFolder()
        for key in ["host", "user", "stranger"] {
            var make = try ChildProcess(
                SpawnOptions(
                    try #require(Programs.found("ssh-keygen")),
                    ["-q", "-t", "ed25519", "-N", "", "-f", folder.file(key)]))
            guard make.wait(timeout: TestLimit.hang)?.ending == .exited(0) else {
                throw TestFailure("no key was made")
            }
        }
        if Programs.runAsRoot {
            // What it gives up its rights in (sshd(8)); a package makes it when the system starts.
            try? FileManager.default.createDirectory(
                atPath: "/run/sshd", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755])
        }
        // It does not say which port the kernel chose, so it gets one that was just left.
        let donor = try ServerUnderTest("single")
        let port = donor.port
        _ = try donor.stop()
        let settings = """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(folder.file("host"))
            AuthorizedKeysFile \(folder.file("user.pub"))
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PubkeyAuthentication yes
            PermitRootLogin yes
            """
        try settings.write(toFile: folder.file("sshd"), atomically: true, encoding: .utf8)
        var options = SpawnOptions(
            try #require(Programs.found("sshd")), ["-D", "-e", "-f", folder.file("sshd")])
        options.standardError = .captured
        options.cpus = .ofParent
        child = try ChildProcess(options)
        let user = NSUserName()
        let host = try String(contentsOfFile: folder.file("host.pub"), encoding: .utf8)
        try "[127.0.0.1]:\(port) \(host)".write(
            toFile: folder.file("known"), atomically: true, encoding: .utf8)
        let places = [("bench", "user"), ("stranger", "stranger")].map { name, key in
            """
            Host \(name)
              HostName 127.0.0.1
              Port \(port)
              User \(user)
              IdentityFile \(folder.file(key))
              IdentitiesOnly yes
              UserKnownHostsFile \(folder.file("known"))
              BatchMode yes

            """
        }
        try places.joined().write(toFile: folder.file("ssh"), atomically: true, encoding: .utf8)
        let listens = TestClock.eventually { (try? RawClient(port: port)) != nil }
        guard listens else {
            throw TestFailure("no sshd: \(child.remainingErrors(timeout: .seconds(1)))")
        }
    }

    /// What a matrix says to come in.
    func command(_ host: String = "bench") -> String { "ssh -F \(folder.file("ssh")) \(host)" }

    func end() {
        child.killNow()
        _ = child.wait(timeout: TestLimit.hang)
    }
}

@Suite(
    "the measuring agent behind a real sshd", .serialized,
    .enabled(if: Programs.isPresent("sshd") && Programs.isPresent("ssh"), "needs openssh-server"))
struct SSHAgentTests {
    private static func matrix(_ port: UInt16, _ measure: String, agent: String?) -> String {
        let program = agent.map { ", agent: '\($0)'" } ?? ""
        return """
            {
              defaults: {
                connections: 4, rate: 500, warmup: "50ms", duration: "2s",
                server: {
                  name: 'own', url: 'http://127.0.0.1:\(port)/plaintext',
                  measure: '\(measure)'\(program),
                },
              },
            }
            """
    }

    /// Processes of this user that run the agent for a port.
    private static func agents(of port: UInt16) -> [Int32] {
        ProcessTable.all.filter { id in
            let line = (try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8)) ?? ""
            return line.hasSuffix("measure\0--port\0\(port)\0")
        }
    }

    @Test("figures come over ssh, and no agent outlives the run, however that ends")
    func whole() throws {
        let sshd = try OwnSSHD()
        let own = try ServerUnderTest("sharded:hash")
        let program = try Programs.own("switchyard")
        let runner = try Runner(Self.matrix(own.port, sshd.command(), agent: program))
        let ending = try runner.run(["run", "-q", "--no-plots", "--repeat", "2", "tiny.json5"])
        let records = try runner.records()
        #expect(records.count == 2, "\(ending.errors)")
        for record in records {
            #expect(record.failure == nil, "\(record.failure ?? "")")
            let server = try #require(record.server)
            #expect(server.cpu > .zero && server.requests > 50 && server.threads ?? 0 >= 2)
            #expect(!record.serverCPUs.isEmpty && record.outside?.isMeasured == true)
        }
        #expect(TestClock.eventually { Self.agents(of: own.port).isEmpty })

        var child = try runner.start([
            "run", "-q", "--no-plots", "--duration", "5m", "tiny.json5",
        ])
        #expect(TestClock.eventually { LocalSockets.connections(port: own.port) >= 4 })
        #expect(TestClock.eventually { !Self.agents(of: own.port).isEmpty })
        child.killNow()
        #expect(child.wait(timeout: TestLimit.hang) != nil)
        #expect(TestClock.eventually { Self.agents(of: own.port).isEmpty })
        _ = try own.stop()
        sshd.end()
    }

    @Test("what keeps the agent from its work is one line with what ssh said")
    func troubles() throws {
        let sshd = try OwnSSHD()
        let own = try ServerUnderTest("single")
        for (measure, agent, problem) in [
            (sshd.command(), "/no/such/switchyard", "is not there"),
            (sshd.command("stranger"), nil, "Permission denied"),
        ] {
            let runner = try Runner(Self.matrix(own.port, measure, agent: agent))
            let ending = try runner.run(["run", "-q", "--no-plots", "tiny.json5"])
            #expect(ending.status == 1 && ending.errors.contains(problem), "\(ending.errors)")
            #expect(ending.errors.hasPrefix("switchyard: server own can't be measured: the agent"))
            #expect(ending.errors.filter { $0 == "\n" }.count == 1, "\(ending.errors)")
        }
        sshd.end()
        let runner = try Runner(Self.matrix(own.port, sshd.command(), agent: nil))
        let ending = try runner.run(["run", "-q", "--no-plots", "tiny.json5"])
        #expect(
            ending.status == 1 && ending.errors.contains("Connection refused"), "\(ending.errors)")
        _ = try own.stop()
    }
}
