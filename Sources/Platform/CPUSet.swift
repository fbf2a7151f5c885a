package import Basis
import CLinux
import Glibc

/// A set of CPUs, written `0`, `1,3-5`.
package struct CPUSet: Equatable, Sendable, CustomStringConvertible {
    /// Ascending, without repeats.
    package let cpus: [Int]

    package init(_ cpus: some Sequence<Int>) { self.cpus = Set(cpus).sorted() }

    /// Reads a list of CPUs and ranges; complains when it is malformed or names a CPU this process
    /// may not use.
    package init(parsing text: String) throws(Complaint) {
        guard let listed = CPUSet(list: text) else {
            throw Complaint(
                "CPU list '\(text)' is not a list of CPUs", remedy: "write it like 0 or 1,3-5")
        }
        let usable = CPUSet.available
        if let missing = listed.cpus.first(where: { !usable.cpus.contains($0) }) {
            throw Complaint(
                "CPU \(missing) is not one that this process may use",
                remedy: "choose from \(usable)")
        }
        self = listed
    }

    /// The CPUs and ranges of a list; nil when it is malformed.
    package init?(list text: some StringProtocol) {
        var found: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                first >= 0, first <= last, last < Limit.cpus
            else { return nil }
            found.formUnion(first...last)
        }
        cpus = found.sorted()
    }

    /// The CPUs that the process which started this one may run on: a set that is smaller was
    /// chosen for this process, one that is the same only inherited. Nil where it can't be read.
    package static var ofParent: CPUSet? { allowed(to: getppid()) }

    /// The CPUs that a process may run on (proc_pid_status(5)); nil where it can't be read.
    package static func allowed(to process: Int32) -> CPUSet? {
        let status = (try? readFile("/proc/\(process)/status")) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        return line.flatMap { $0.split(whereSeparator: { $0 == "\t" || $0 == " " }).last }.flatMap {
            CPUSet(list: $0)
        }
    }

    /// Whether some of the CPUs of `other` are not among these, and all of these are of `other`.
    package func isPart(of other: CPUSet) -> Bool {
        Set(cpus).isStrictSubset(of: other.cpus)
    }

    /// The CPUs this thread may run on (sched_getaffinity(2)).
    package static var available: CPUSet {
        var words = [UInt64](repeating: 0, count: Limit.cpus / 64)
        let count = CInt(words.count)
        // SAFETY: the call fills at most `count` words of the array.
        guard unsafe clinux_get_affinity(0, &words, count) == 0 else {
            return CPUSet(0..<max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))))
        }
        return CPUSet(
            words.indices.flatMap { word in
                (0..<64).filter { words[word] >> UInt64($0) & 1 == 1 }.map { word * 64 + $0 }
            })
    }

    /// The CPU the calling thread runs on at this moment.
    package static var current: Int { max(0, Int(clinux_current_cpu())) }

    /// Binds the calling thread to these CPUs.
    package func bindThisThread() throws(SystemError) {
        let mask = words
        // SAFETY: the call reads `mask.count` words of the array.
        _ = try checked("sched_setaffinity") {
            unsafe clinux_set_affinity(0, mask, CInt(mask.count))
        }
    }

    /// The kernel's bit mask.
    var words: [UInt64] {
        var words = [UInt64](repeating: 0, count: (cpus.last ?? 0) / 64 + 1)
        for cpu in cpus { words[cpu / 64] |= 1 << UInt64(cpu % 64) }
        return words
    }

    package var description: String {
        var parts: [String] = []
        var index = 0
        while index < cpus.count {
            var last = index
            while last + 1 < cpus.count, cpus[last + 1] == cpus[last] + 1 { last += 1 }
            parts.append(last == index ? "\(cpus[index])" : "\(cpus[index])-\(cpus[last])")
            index = last + 1
        }
        return parts.joined(separator: ",")
    }
}
