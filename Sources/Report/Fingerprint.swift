package import Basis

/// Where facts about a machine come from; a test supplies its own.
package struct FactSource {
    /// The content of a file; nil when it can't be read.
    package var read: (_ path: String) -> String?
    /// The names in a folder; none when it can't be read.
    package var list: (_ path: String) -> [String]
    /// The standard output of a program; nil when it can't be run or fails.
    package var run: (_ command: [String]) -> String?

    package init(
        read: @escaping (String) -> String?, list: @escaping (String) -> [String],
        run: @escaping ([String]) -> String?
    ) {
        self.read = read
        self.list = list
        self.run = run
    }

    /// The first line without surrounding white space; nil when there is none.
    package func line(_ path: String) -> String? {
        read(path)?.split(whereSeparator: \.isNewline).first.map(trimmed).flatMap {
            $0.isEmpty ? nil : $0
        }
    }

    /// The value behind `name:` or `name =` in a file of such lines.
    package func entry(_ path: String, _ name: String) -> String? {
        for line in (read(path) ?? "").split(whereSeparator: \.isNewline) {
            guard let end = line.firstIndex(where: { $0 == ":" || $0 == "=" }) else { continue }
            if trimmed(line[..<end]) == name { return trimmed(line[line.index(after: end)...]) }
        }
        return nil
    }
}

private func trimmed(_ text: some StringProtocol) -> String {
    var rest = text[...]
    while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
    while rest.last?.isWhitespace == true { rest = rest.dropLast() }
    return String(rest)
}

/// The machine and the software that a figure was measured on.
///
/// A fact that can't be had is the text `not_available`, so that an absent fact is not mistaken for
/// a forgotten one. Nothing in it names the machine or its user, so a report can be shown around.
package struct Fingerprint: Equatable, Sendable {
    package static let absent = "not_available"

    /// What only other hardware changes: figures of different `hardwareID` are not compared.
    package let hardware: [JSONValue.Member]
    /// What an update or a setting changes: a comparison warns.
    package let software: [JSONValue.Member]
    /// Limits and the state of the machine at this moment.
    package let limits: [JSONValue.Member]

    /// `StableHash` of the hardware's compact JSON.
    package var hardwareID: String { StableHash.of(JSONValue.object(hardware).compact) }
    package var softwareID: String { StableHash.of(JSONValue.object(software).compact) }

    package var json: JSONValue {
        [
            "hw": .object(hardware), "sw": .object(software), "limits": .object(limits),
            "hw_id": .string(hardwareID), "sw_id": .string(softwareID),
        ]
    }

    package init(_ source: FactSource) {
        hardware = Self.hardware(source)
        software = Self.software(source)
        limits = Self.limits(source)
    }

    private static func fact(_ name: String, _ value: String?) -> JSONValue.Member {
        .init(name, .string(value ?? absent))
    }

    private static func hardware(_ source: FactSource) -> [JSONValue.Member] {
        let cpu = "/proc/cpuinfo"
        let topology = "/sys/devices/system/cpu/cpu0/topology"
        let caches = source.list("/sys/devices/system/cpu/cpu0/cache").filter {
            $0.hasPrefix("index")
        }.sorted().compactMap { index -> String? in
            let folder = "/sys/devices/system/cpu/cpu0/cache/\(index)"
            guard let level = source.line("\(folder)/level"),
                let type = source.line("\(folder)/type"), let size = source.line("\(folder)/size")
            else { return nil }
            return "L\(level) \(type) \(size)"
        }
        let nodes = source.list("/sys/devices/system/node").filter {
            $0.hasPrefix("node") && $0.dropFirst(4).allSatisfy(\.isNumber)
        }
        let flags = source.entry(cpu, "flags") ?? source.entry(cpu, "Features")
        let memory = source.entry("/proc/meminfo", "MemTotal").flatMap {
            $0.split(separator: " ").first.flatMap { Int($0) }
        }
        return [
            fact("cpu_vendor", source.entry(cpu, "vendor_id")),
            fact("cpu_model", source.entry(cpu, "model name")),
            fact("cpu_family", source.entry(cpu, "cpu family")),
            fact("cpu_model_number", source.entry(cpu, "model")),
            fact("cpu_stepping", source.entry(cpu, "stepping")),
            fact("cpu_flags_hash", flags.map { StableHash.of($0) }),
            fact("cpus_online", source.line("/sys/devices/system/cpu/online")),
            fact("thread_siblings", source.line("\(topology)/thread_siblings_list")),
            fact("smt", source.line("/sys/devices/system/cpu/smt/control")),
            fact("caches", caches.isEmpty ? nil : caches.joined(separator: ", ")),
            fact("numa_nodes", nodes.isEmpty ? nil : "\(nodes.count)"),
            // Rounded: kernels of one machine differ by what they reserve.
            fact("memory_gib", memory.map { "\(($0 + 524_288) / 1_048_576)" }),
            fact("hypervisor", hypervisor(source, flags: flags)),
            fact("product", source.line("/sys/class/dmi/id/product_name")),
            fact(
                "clocksource",
                source.line("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        ]
    }

    private static func hypervisor(_ source: FactSource, flags: String?) -> String? {
        if let type = source.line("/sys/hypervisor/type") { return type }
        let isVirtual = flags?.split(separator: " ").contains("hypervisor") == true
        guard isVirtual else { return flags == nil ? nil : "none" }
        return source.line("/sys/class/dmi/id/sys_vendor") ?? "unnamed"
    }

    private static func software(_ source: FactSource) -> [JSONValue.Member] {
        let release = source.line("/proc/sys/kernel/osrelease")
        let vulnerabilities = "/sys/devices/system/cpu/vulnerabilities"
        let mitigations = source.list(vulnerabilities).sorted().map {
            JSONValue.Member($0, .string(source.line("\(vulnerabilities)/\($0)") ?? absent))
        }
        let frequency = "/sys/devices/system/cpu/cpu0/cpufreq"
        let ticks = release.flatMap { source.entry("/boot/config-\($0)", "CONFIG_HZ") }
        let swift = source.run(["swift", "--version"]) ?? ""
        let version = swift.split(separator: " ").drop { $0 != "version" }.dropFirst().first
        return [
            fact("kernel", release),
            fact("kernel_build", source.line("/proc/sys/kernel/version")),
            fact(
                "command_line", source.line("/proc/cmdline").map(KernelParameters.recorded)),
            fact("distribution", source.entry("/etc/os-release", "PRETTY_NAME")),
            .init("vulnerabilities", .object(mitigations)),
            fact("governor", source.line("\(frequency)/scaling_governor")),
            fact("energy_preference", source.line("\(frequency)/energy_performance_preference")),
            fact("boost", source.line("/sys/devices/system/cpu/cpufreq/boost")),
            fact("idle_driver", source.line("/sys/devices/system/cpu/cpuidle/current_driver")),
            fact(
                "transparent_huge_pages",
                source.line("/sys/kernel/mm/transparent_hugepage/enabled")),
            fact("address_randomisation", source.line("/proc/sys/kernel/randomize_va_space")),
            fact("config_hz", ticks),
            fact("c_library", source.run(["getconf", "GNU_LIBC_VERSION"]).map(trimmed)),
            fact("swift", version.map(String.init)),
        ]
    }

    private static func limits(_ source: FactSource) -> [JSONValue.Member] {
        let sysctls = [
            "fs/nr_open", "fs/file-max", "fs/epoll/max_user_watches", "net/core/somaxconn",
            "net/ipv4/tcp_max_syn_backlog", "net/ipv4/tcp_syncookies",
            "net/ipv4/ip_local_port_range", "net/ipv4/tcp_mem", "net/ipv4/tcp_rmem",
            "net/ipv4/tcp_wmem", "net/core/rmem_max", "net/core/wmem_max",
            "net/ipv4/tcp_tw_reuse", "net/ipv4/tcp_fastopen",
            "net/ipv4/tcp_congestion_control", "net/netfilter/nf_conntrack_max",
        ].map { path in
            fact(
                path.split(separator: "/").joined(separator: "."),
                source.line("/proc/sys/\(path)").map { oneSpaced($0) })
        }
        let files =
            (source.read("/proc/self/limits") ?? "").split(whereSeparator: \.isNewline)
            .first { $0.hasPrefix("Max open files") }?.split(separator: " ") ?? []
        return [
            fact("open_files_soft", files.count > 4 ? String(files[3]) : nil),
            fact("open_files_hard", files.count > 4 ? String(files[4]) : nil),
            fact("affinity", source.entry("/proc/self/status", "Cpus_allowed_list")),
            fact("cgroup_cpu_max", source.line("/sys/fs/cgroup/cpu.max")),
            fact("uptime_s", source.line("/proc/uptime").map { firstWord($0) }),
            fact("load_average", source.line("/proc/loadavg")),
            fact("pressure_cpu", source.line("/proc/pressure/cpu")),
        ] + sysctls
    }

    private static func firstWord(_ text: String) -> String { String(text.prefix { $0 != " " }) }

    private static func oneSpaced(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
