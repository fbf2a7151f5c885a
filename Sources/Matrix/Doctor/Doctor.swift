import Basis
import Report

/// One thing about the machine that decides whether figures can be trusted or a load can be had.
struct Check: Equatable, Sendable {
    /// How bad it is; `fail` must be mended before a run.
    enum Level: String, Sendable { case ok, warn, fail }

    let name: String
    let value: String
    let want: String
    /// What goes wrong otherwise.
    let why: String
    /// A command or an action; empty where nothing can be done or need be.
    let fix: String
    let level: Level

    init(
        _ name: String, value: String?, want: String, why: String, fix: String,
        level: (String) -> Level
    ) {
        self.name = name
        self.value = value ?? Fingerprint.absent
        self.want = want
        self.why = why
        self.fix = fix
        self.level = value.map(level) ?? .ok
    }

    var json: JSONValue {
        [
            "check": .string(name), "value": .string(value), "want": .string(want),
            "level": .string(level.rawValue), "why": .string(why), "fix": .string(fix),
        ]
    }
}

/// Looks at a machine before it is asked to measure.
///
/// A fact that the machine does not have, such as the frequency governor of a virtual one, is no
/// fault.
struct Doctor {
    /// What no file of /proc or /sys says.
    struct Facts: Sendable {
        /// The CPUs this process may use.
        var cpus: Int
        var openFiles: (soft: Int, hard: Int)
        /// What others did to the machine over a short while.
        var machine: MachineUsage
        /// The share of the CPUs' time that was taken at the same time, 0...1; nil where the kernel
        /// does not tell.
        var busyShare: Double?
        /// Nil when gnuplot is not installed.
        var gnuplot: String?
        /// Nil when the server and the generator are there, else the complaint.
        var missingPrograms: String?
        var freeDisk: ByteCount?
        /// What carries the packets of a link; nil where none was tried.
        var link: String?
        /// Why none can be made.
        var linkProhibition: LinkProhibition?
    }

    private let source: FactSource
    private let facts: Facts

    init(_ source: FactSource, _ facts: Facts) {
        self.source = source
        self.facts = facts
    }

    var checks: [Check] { processor + quiet + network + tools }

    var openFiles: (soft: Int, hard: Int) { facts.openFiles }

    func line(_ path: String) -> String? { source.line(path) }

    private var processor: [Check] {
        let quota = source.line("/sys/fs/cgroup/cpu.max")
        return [
            Check(
                "cpus", value: "\(facts.cpus)", want: "2 or more",
                why: "server and generator need CPUs of their own",
                fix: "use a machine with more CPUs"
            ) { _ in facts.cpus >= 2 ? .ok : .warn },
            Check(
                "governor",
                value: source.line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
                want: "performance", why: "a CPU that changes its frequency measures itself",
                fix: "cpupower frequency-set -g performance"
            ) { $0 == "performance" ? .ok : .warn },
            Check(
                "clocksource",
                value: source.line(
                    "/sys/devices/system/clocksource/clocksource0/current_clocksource"),
                want: "tsc or kvm-clock", why: "other clocks cost a system call for each reading",
                fix: "boot with clocksource=tsc where the hardware allows"
            ) {
                ["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"].contains($0)
                    ? .ok : .warn
            },
            Check(
                "cgroup cpu.max", value: quota, want: "max",
                why: "a quota stops the server in the middle of a measurement",
                fix: "lift the container's CPU limit"
            ) { $0.hasPrefix("max") ? .ok : .fail },
        ]
    }

    private var quiet: [Check] {
        let busy = facts.busyShare
        let stolen = facts.machine.stolenShare
        let pressure = source.line("/proc/pressure/cpu")?.split(separator: " ").first {
            $0.hasPrefix("avg10=")
        }.flatMap { Double($0.dropFirst(6)) }
        return [
            Check(
                "busy cpus", value: busy.map { "\(fixed($0 * 100, decimals: 1))%" },
                want: "below \(fixed(MachineReading.busyShareLimit * 100, decimals: 0))%",
                why: "what else runs takes CPU time from server and generator",
                fix: "stop other work, or wait"
            ) { _ in busy ?? 0 < MachineReading.busyShareLimit ? .ok : .warn },
            Check(
                "cpu pressure", value: pressure.map { "\(fixed($0, decimals: 1))%" },
                want: "below 10%", why: "tasks already wait for a CPU",
                fix: "stop other work, or wait"
            ) { _ in pressure ?? 0 < 10 ? .ok : .warn },
            Check(
                "steal", value: stolen.map { "\(fixed($0 * 100, decimals: 1))%" },
                want: "below 1%",
                why: "the hypervisor withholds CPU time; such launches do not count",
                fix: "try at a quieter hour, or use a machine of your own"
            ) { _ in
                stolen ?? 0 <= LaunchRecord.stolenShareLimit ? .ok : .warn
            },
        ]
    }

    private var tools: [Check] {
        [
            Check(
                "perf", value: source.line("/proc/sys/kernel/perf_event_paranoid"),
                want: "2 or less", why: "cross-checks with perf need it; no figure of a run does",
                fix: "sysctl kernel.perf_event_paranoid=1"
            ) { Int($0) ?? 9 <= 2 ? .ok : .warn },
            Check(
                "gnuplot", value: facts.gnuplot ?? "missing", want: "5.4 or newer",
                why: "without it no figure is drawn", fix: "apt-get install gnuplot-nox"
            ) { _ in facts.gnuplot == nil ? .warn : .ok },
            Check(
                "programs", value: facts.missingPrograms ?? "present", want: "present",
                why: "a run starts switchyard-server and switchyard-load",
                fix: "swift build -c release"
            ) { _ in facts.missingPrograms == nil ? .ok : .fail },
            Check(
                "links", value: facts.linkProhibition?.problem ?? facts.link, want: "tun or veth",
                why: "cells with a round-trip time and 'switchyard link' need them",
                fix: facts.linkProhibition?.remedy ?? "run 'switchyard link' as root"
            ) { _ in facts.linkProhibition == nil ? .ok : .warn },
            Check(
                "free disk", value: facts.freeDisk?.display, want: "1GiB",
                why: "a run that can't write its journal stops", fix: "make room"
            ) { _ in
                guard let free = facts.freeDisk else { return .ok }
                return free >= .mebibytes(1_024) ? .ok : free >= .mebibytes(64) ? .warn : .fail
            },
        ]
    }
}
