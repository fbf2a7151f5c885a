package import Basis
import Foundation

/// What /proc says about a process from the outside.
package struct RunningProcess {
    package let id: Int32

    package init(id: Int32) { self.id = id }

    /// Descriptors that it has open.
    package var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count) ?? 0
    }

    package var threads: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task").count) ?? 0
    }

    /// Memory in use now.
    package var resident: ByteCount { .kibibytes(statusField("VmRSS:") ?? 0) }

    /// CPU time used so far, in steps of a clock tick (10 ms).
    package var cpu: Nanoseconds {
        let stat = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        // The name in parentheses may hold anything; utime and stime are fields 14 and 15, which are
        // the 12th and 13th behind it (proc_pid_stat(5)).
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13])
        else { return .zero }
        return .milliseconds((user + system) * 10)
    }

    private func statusField(_ name: String) -> Int? {
        let status = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
            .flatMap { Int($0) }
    }
}
