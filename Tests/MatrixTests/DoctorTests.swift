import Basis
import Report
import Testing

@testable import Matrix

@Suite("the doctor and the fingerprint")
struct DoctorTests {
    private static func source(_ files: [String: String] = [:]) -> FactSource {
        FactSource(read: { files[$0] }, list: { _ in [] }, run: { _ in nil })
    }

    private static func checks(
        _ files: [String: String] = [:], _ change: (inout Doctor.Facts) -> Void = { _ in }
    ) -> [String: Check] {
        var facts = Doctor.Facts(
            cpus: 2, openFiles: (20_000, 20_000), machine: MachineUsage(stolenShare: 0),
            busyShare: 0.01, gnuplot: "gnuplot 5.4", missingPrograms: nil,
            freeDisk: .mebibytes(4_096))
        change(&facts)
        let checks = Doctor(source(files), facts).checks
        return Dictionary(uniqueKeysWithValues: checks.map { ($0.name, $0) })
    }

    @Test("a machine that tells nothing, as a container may, is no fault")
    func silent() {
        for check in Self.checks().values {
            #expect(check.level == .ok || check.name == "open files", "\(check)")
            #expect(!check.want.isEmpty && !check.why.isEmpty && !check.fix.isEmpty)
        }
    }

    @Test(
        "each check has a bad value",
        arguments: [
            (
                "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n",
                Check.Level.warn
            ),
            (
                "clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource",
                "hpet", .warn
            ),
            ("cgroup cpu.max", "/sys/fs/cgroup/cpu.max", "50000 100000", .fail),
            ("cpu pressure", "/proc/pressure/cpu", "some avg10=20.50 avg60=0", .warn),
            ("local ports", "/proc/sys/net/ipv4/ip_local_port_range", "50000\t60000", .warn),
            ("somaxconn", "/proc/sys/net/core/somaxconn", "128", .warn),
            ("syn backlog", "/proc/sys/net/ipv4/tcp_max_syn_backlog", "128", .warn),
            ("conntrack", "/proc/sys/net/netfilter/nf_conntrack_max", "1024", .warn),
            ("tcp memory", "/proc/sys/net/ipv4/tcp_mem", "1 2 3", .warn),
            ("perf", "/proc/sys/kernel/perf_event_paranoid", "4", .warn),
        ])
    func bad(name: String, path: String, content: String, level: Check.Level) {
        #expect(Self.checks([path: content])[name]?.level == level)
    }

    @Test("what no file says is checked too")
    func facts() {
        #expect(Self.checks { $0.cpus = 1 }["cpus"]?.level == .warn)
        #expect(Self.checks { $0.busyShare = 0.5 }["busy cpus"]?.level == .warn)
        #expect(Self.checks { $0.busyShare = nil }["busy cpus"]?.level == .ok)
        #expect(Self.checks { $0.openFiles = (1_024, 4_096) }["open files"]?.level == .warn)
        #expect(Self.checks { $0.openFiles = (1_024, 1 << 20) }["open files"]?.level == .ok)
        #expect(Self.checks { $0.machine.stolenShare = 0.02 }["steal"]?.level == .warn)
        #expect(Self.checks { $0.gnuplot = nil }["gnuplot"]?.level == .warn)
        #expect(Self.checks { $0.missingPrograms = "none" }["programs"]?.level == .fail)
        #expect(Self.checks { $0.freeDisk = .mebibytes(100) }["free disk"]?.level == .warn)
        #expect(Self.checks { $0.freeDisk = .mebibytes(10) }["free disk"]?.level == .fail)
        #expect(Self.checks { $0.link = "tun" }["links"]?.level == .ok)
        let links = Self.checks {
            $0.linkProhibition = LinkProhibition(problem: "it is forbidden", remedy: "be root")
        }["links"]
        #expect(links?.level == .warn && links?.value == "it is forbidden")
        #expect(links?.fix == "be root")
    }

    @Test("an absent fact says so, and the ids tell machines and systems apart")
    func fingerprint() {
        let files = [
            "/proc/cpuinfo":
                "vendor_id\t: AMD\nmodel\t\t: 17\nmodel name\t: EPYC\nflags\t: fpu hypervisor\n",
            "/proc/meminfo": "MemTotal:       25165824 kB\n", "/proc/sys/kernel/osrelease": "6.1\n",
            "/boot/config-6.1": "CONFIG_HZ=250\n",
        ]
        let print = Fingerprint(Self.source(files))
        func fact(_ name: String) -> JSONValue? { JSONValue.object(print.hardware)[name] }
        #expect(fact("cpu_model") == "EPYC" && fact("cpu_model_number") == "17")
        #expect(fact("memory_gib") == "24" && fact("caches") == "not_available")
        #expect(fact("hypervisor") == "unnamed")
        #expect(JSONValue.object(print.software)["config_hz"] == "250")
        var other = files
        other["/proc/sys/kernel/osrelease"] = "6.2\n"
        let updated = Fingerprint(Self.source(other))
        #expect(updated.hardwareID == print.hardwareID && updated.softwareID != print.softwareID)
        other["/proc/meminfo"] = "MemTotal:       12582912 kB\n"
        #expect(Fingerprint(Self.source(other)).hardwareID != print.hardwareID)
        #expect(StableHash.of("") == "cbf29ce484222325" && StableHash.of("a") == "af63dc4c8601ec8c")
    }

    @Test("this machine has a fingerprint without a crash, and CPUs are split in halves")
    func system() {
        let print = Fingerprint(.system)
        #expect(print.hardwareID.count == 16 && JSONValue.object(print.limits)["affinity"] != nil)
        #expect(CPUSplit(halving: [0, 1]) == CPUSplit(server: [1], load: [0]))
        #expect(CPUSplit(halving: [2, 3, 5]) == CPUSplit(server: [3, 5], load: [2]))
        #expect(CPUSplit(halving: [4]).shared == [4])
    }
}
