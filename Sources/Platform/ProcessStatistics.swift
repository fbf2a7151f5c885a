package import Basis
import CLinux
import Glibc

/// What a thread or process has used, as the kernel counts it (getrusage(2)).
package struct ResourceUsage: Equatable, Sendable {
    package var user: Nanoseconds = .zero
    package var system: Nanoseconds = .zero
    package var voluntarySwitches: Int64 = 0
    package var involuntarySwitches: Int64 = 0
    /// Largest resident set so far; of the whole process even when asked for a thread.
    package var peakResident = ByteCount(raw: 0)

    package init() {}

    init(_ raw: rusage) {
        user = Nanoseconds(
            raw: Int64(raw.ru_utime.tv_sec) * 1_000_000_000
                + Int64(raw.ru_utime.tv_usec) * 1_000)
        system = Nanoseconds(
            raw: Int64(raw.ru_stime.tv_sec) * 1_000_000_000
                + Int64(raw.ru_stime.tv_usec) * 1_000)
        voluntarySwitches = Int64(raw.ru_nvcsw)
        involuntarySwitches = Int64(raw.ru_nivcsw)
        // getrusage(2): in kilobytes of 1024 bytes.
        peakResident = .kibibytes(Int(raw.ru_maxrss))
    }

    package static var thisThread: ResourceUsage {
        var raw = rusage()
        // SAFETY: fills the structure, which has the kernel's layout.
        _ = unsafe clinux_thread_usage(&raw)
        return ResourceUsage(raw)
    }

    package static var thisProcess: ResourceUsage {
        var raw = rusage()
        // SAFETY: fills the structure, which has the kernel's layout.
        _ = unsafe clinux_process_usage(&raw)
        var usage = ResourceUsage(raw)
        if let peak = ownPeakResident { usage.peakResident = peak }
        return usage
    }

    /// The peak of this program's own memory (VmHWM of proc_pid_status(5)). getrusage(2) would also
    /// count what the process that started it held at that moment: exec keeps its peak.
    private static var ownPeakResident: ByteCount? {
        guard let status = try? readFile("/proc/self/status") else { return nil }
        return processEntry(status, "VmHWM:").map { .kibibytes(Int($0)) }
    }
}

/// Readings about one thread that any thread of the process may take while it runs.
package struct ThreadStatistics: Equatable, Sendable {
    package var cpu: Nanoseconds = .zero
    package var voluntarySwitches: Int64 = 0
    package var involuntarySwitches: Int64 = 0

    package init() {}

    package static func + (a: ThreadStatistics, b: ThreadStatistics) -> ThreadStatistics {
        var sum = a
        sum.cpu = a.cpu + b.cpu
        sum.voluntarySwitches += b.voluntarySwitches
        sum.involuntarySwitches += b.involuntarySwitches
        return sum
    }

    /// Reads the CPU clock of thread `id` of this process and its switches (proc_pid_status(5));
    /// zeros once the thread has ended.
    package init(threadID id: Int32) {
        var time = timespec()
        // SAFETY: fills the structure when it succeeds.
        if unsafe clinux_thread_cpu_clock(id, &time) == 0 {
            cpu = Nanoseconds(raw: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
        }
        guard let status = try? readFile("/proc/self/task/\(id)/status") else { return }
        voluntarySwitches = processEntry(status, "voluntary_ctxt_switches:") ?? 0
        involuntarySwitches = processEntry(status, "nonvoluntary_ctxt_switches:") ?? 0
    }
}

/// The first number on the line of a file of /proc that begins with `name`.
package func processEntry(_ text: String, _ name: String) -> Int64? {
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
        let words = line.dropFirst(name.count).split { $0 == " " || $0 == "\t" || $0 == ":" }
        return words.first.flatMap { Int64($0) }
    }
    return nil
}

/// The fields of `/proc/PID/stat` (proc_pid_stat(5)) behind the name in parentheses, which may
/// itself hold anything: the state and numbers. Nil of what is no such text.
package func processFields(ofStat text: String) -> [Substring]? {
    guard let end = text.lastIndex(of: ")") else { return nil }
    return text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
}

/// The soft and hard limits of open descriptors, and raising the soft one.
package enum DescriptorLimit {
    // SAFETY, throughout: the calls fill or read one structure of the kernel's layout.
    package static var current: (soft: Int, hard: Int) {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return (Int(clamping: limit.rlim_cur), Int(clamping: limit.rlim_max))
    }

    /// Whether this process, or a child of it, may have `wanted` descriptors. Tries it where the
    /// hard limit is lower, and then leaves the limits as they were.
    package static func mayRaise(to wanted: Int) -> Bool {
        let now = current
        if now.hard >= wanted { return true }
        var limit = rlimit(rlim_cur: rlim_t(now.soft), rlim_max: rlim_t(wanted))
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return false
        }
        limit = rlimit(rlim_cur: rlim_t(now.soft), rlim_max: rlim_t(now.hard))
        return unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    }

    /// Raises the soft limit to `wanted`, and the hard one too where the privilege is there; says
    /// whether `wanted` descriptors are now allowed.
    @discardableResult
    package static func raise(to wanted: Int) -> Bool {
        let now = current
        if now.soft >= wanted { return true }
        var limit = rlimit(rlim_cur: rlim_t(wanted), rlim_max: rlim_t(max(wanted, now.hard)))
        if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            return true
        }
        limit = rlimit(rlim_cur: rlim_t(now.hard), rlim_max: rlim_t(now.hard))
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return now.hard >= wanted
    }
}

/// The kernel's id of this process (getpid(2)).
package var currentProcessID: Int32 { getpid() }
