import Platform
import Report
import TestSupport
import Testing

@Suite("generator: work of others on its CPU")
struct LoadDisturbanceTests {
    @Test("a loop on the generator's own CPU is told, but not where the CPU is said to be shared")
    func loop() throws {
        let cpus = CPUSet.ofParent?.cpus ?? []
        guard cpus.count > 1 else { return }
        let own = CPUSet([cpus[0]])
        var options = SpawnOptions("/bin/sh", ["-c", "while :; do :; done"])
        options.cpus = own
        options.diesWithParent = true
        // Ends with the test, for a value that is dropped kills its process.
        let other = try ChildProcess(options)
        defer { _ = other.processID }
        let server = try ServerUnderTest("single")
        let url = "http://127.0.0.1:\(server.port)/plaintext"
        let common = ["--json", "-", "-q", "-c", "4", "-d", "1s", "--warmup", "0s"]
        let disturbed = try LoadRun(common + [url], cpus: own, hasQuietParent: true)
            .outcome().report()
        let share = try #require(disturbed.cpu.foreignShare)
        #expect(share > LoadReport.foreignShareLimit)
        #expect(
            disturbed.verdictReasons.contains { $0.hasPrefix("other work took ") },
            "\(disturbed.verdictReasons)")
        let shared = try LoadRun(common + ["--shared-cpus", "on", url], cpus: own).outcome()
            .report()
        #expect(shared.cpu.foreignShare == nil && shared.verdict != .disturbed)
    }

    @Test("a generator that may run everywhere can't tell the server's work from that of others")
    func everywhere() throws {
        let server = try ServerUnderTest("single")
        // Another test may have bound the thread that this one runs on.
        let arguments = ["--json", "-", "-q", "-c", "4", "-d", "200ms", "--warmup", "0s"]
        let report = try LoadRun(
            arguments + ["http://127.0.0.1:\(server.port)/plaintext"], cpus: .ofParent
        ).outcome().report()
        #expect(report.cpu.foreignShare == nil && report.verdict != .disturbed)
    }
}
