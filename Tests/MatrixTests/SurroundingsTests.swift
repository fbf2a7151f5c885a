import Basis
import Foundation
import Report
import Testing

@testable import Matrix

@Suite("what a manifest does not tell")
struct SurroundingsTests {
    private static let surroundings = Surroundings(
        arguments: [
            "/home/jane/code/.build/switchyard", "run", "--bin=/home/jane/bin",
            "/home/jane/m.json5",
        ],
        environment: [
            "HOME": "/home/jane/", "PATH": "/home/jane/bin:/opt/secret", "USER": "jane",
            "TMPDIR": "/home/jane/tmp", "LD_PRELOAD": "/home/jane/lib.so", "LANG": "C.UTF-8",
        ], folder: "/home/jane/code")

    @Test(
        "whose paths they are",
        arguments: [
            ("/home/jane/code/a/b", "a/b"), ("/home/jane/code", "."), ("/home/jane", "~"),
            ("/home/jane/codeshop/a", "~/codeshop/a"), ("--bin=/home/jane/x", "--bin=~/x"),
            ("a /home/jane/code/b /home/jane/c", "a b ~/c"), ("/home/janet/x", "/home/janet/x"),
            ("/mnt/home/jane/x", "/mnt/home/jane/x"), ("plain", "plain"), ("", ""),
            ("/home/jane/code/a:/home/jane/code/b", "a:b"),
        ])
    func paths(path: String, shown: String) {
        #expect(Self.surroundings.anonymous(path) == shown)
    }

    @Test("a home is found again", arguments: ["/home/jane", "/home/jane/a b", "~jane/x", "x/~/y"])
    func home(path: String) {
        let shown = Self.surroundings.withoutHome(path)
        #expect(!shown.contains("/home/jane"))
        #expect(Self.surroundings.withHome(shown) == path)
    }

    /// A machine each of whose files that can name it or its owner does so.
    private static var telling: FactSource {
        FactSource(
            read: { path in
                switch path {
                case "/proc/cmdline":
                    "BOOT_IMAGE=/vm root=UUID=1234 ip=10.0.0.7::::janes-box hostname=janes-box"
                        + " quiet mitigations=off isolcpus=managed_irq,2-3 nohz_full=2"
                        + " spectre_v2=off cpuidle.off=1 -- --token janes-box psi=0"
                case "/proc/sys/kernel/osrelease": "6.1.0"
                case "/proc/cpuinfo": "model name\t: Some CPU\nflags\t: a b"
                case "/etc/hostname", "/proc/sys/kernel/hostname", "/etc/machine-id": "janes-box"
                case "/sys/class/dmi/id/product_uuid", "/sys/class/dmi/id/product_serial": "jane"
                default: nil
                }
            }, list: { _ in [] }, run: { _ in nil })
    }

    @Test("a manifest holds neither home nor PATH nor the machine's name")
    func manifest() throws {
        var request = RunRequest(
            matrix: "/home/jane/code/m.json5", profile: "default", seed: 1,
            cpus: CPUSplit(halving: [0, 1]))
        request.filter = "connections=64"
        let manifest = Manifest(
            run: RunIdentity(runID: "r", commit: nil, branch: nil, isDirty: nil),
            request: request, planHash: "0",
            programs: [.init("server", ["path": "/home/jane/code/.build/switchyard-server"])],
            started: .zero,
            context: Self.surroundings.members + [
                .init("fingerprint", Fingerprint(Self.telling).json)
            ])
        let json = manifest.json(Self.surroundings)
        for secret in ["jane", "secret", "/home", "UUID", "10.0.0", "token"] {
            #expect(!json.pretty.contains(secret), "\(secret)")
        }
        #expect(json["argv"]?.compact == #"[".build/switchyard","run","--bin=~/bin","~/m.json5"]"#)
        #expect(json["environment"] == ["LANG": "C.UTF-8"])
        #expect(json["programs"]?["server"]?["path"] == ".build/switchyard-server")
        #expect(json["request"]?["matrix"] == "~/code/m.json5")
        #expect(
            json["fingerprint"]?["sw"]?["command_line"]
                == .string(
                    "mitigations=off isolcpus=managed_irq,2-3 nohz_full=2 spectre_v2=off"
                        + " cpuidle.off=1"))
        #expect(json["fingerprint"]?["hw"]?["cpu_model"] == "Some CPU")
    }

    @Test("this machine's fingerprint holds neither home nor PATH nor the machine's name")
    func thisMachine() {
        let text = Fingerprint(.system).json.pretty
        let process = ProcessInfo.processInfo
        for name in ["HOME", "PATH"] {
            guard let value = process.environment[name], value.count > 1 else { continue }
            #expect(!text.contains(value), "\(name)")
        }
        let words = text.split { !($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        #expect(!words.contains { $0 == process.hostName }, "\(process.hostName)")
    }

    @Test(
        "kernel parameters",
        arguments: [
            ("", "none"), ("quiet root=/dev/sda1", "none"), ("mitigations=off", "mitigations=off"),
            ("nosmt -- nosmt", "nosmt"), ("xmitigations=off mds=full", "mds=full"),
            ("rcu_nocbs=1-3 intel_idle.max_cstate=1", "rcu_nocbs=1-3 intel_idle.max_cstate=1"),
        ])
    func parameters(line: String, kept: String) {
        #expect(KernelParameters.recorded(of: line) == kept)
    }
}
