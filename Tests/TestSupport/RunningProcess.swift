package import Basis
import Foundation
import Glibc

/// What /proc says about a process from the outside.
package struct RunningProcess: Sendable {
    package let id: Int32

    package init(id: Int32) { self.id = id }

    /// Asks it to end in order (SIGTERM).
    package func terminate() { kill(id, SIGTERM) }
    package func killNow() { kill(id, SIGKILL) }
    /// Whether it has not ended, waited for or not.
    package var isRunning: Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return false }
        return !text[name...].hasPrefix(") Z")
    }
    package func pause() { kill(id, SIGSTOP) }
    package func proceed() { kill(id, SIGCONT) }

    /// Descriptors that it has open.
    package var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count) ?? 0
    }

    /// The same, each with what it is open on.
    package var openFiles: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd")) ?? []
        return names.sorted().map { name in
            let path = "/proc/\(id)/fd/\(name)"
            return "\(name): "
                + ((try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? "gone")
        }
    }

    package var threads: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task").count) ?? 0
    }

    /// Memory in use now.
    package var resident: ByteCount { .kibibytes(statusField("VmRSS:") ?? 0) }

    /// How long each thread has run or waited for a CPU so far, by thread id. On a loaded machine a
    /// thread that spins does not run all the time, but it always does one or the other.
    package var busy: [Int32: Nanoseconds] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
        var busy: [Int32: Nanoseconds] = [:]
        for task in tasks {
            // Time on a CPU, time on a run queue, number of slices (proc_pid_schedstat,
            // sched-stats.rst).
            let path = "/proc/\(id)/task/\(task)/schedstat"
            let words = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(
                separator: " ")
            guard words.count == 3, let ran = Int64(words[0]), let waited = Int64(words[1]),
                let number = Int32(task)
            else { continue }
            busy[number] = Nanoseconds(raw: ran + waited)
        }
        return busy
    }

    /// The largest share of `span` that any one thread was busy, 0 to 1: near 1 when a thread
    /// spins.
    private func busiestShare(over span: Nanoseconds) -> Double {
        let start = TestClock.now
        let before = busy
        TestClock.sleep(span)
        let after = busy
        let elapsed = TestClock.now.since(start)
        let most = after.map { id, time in time.raw - (before[id]?.raw ?? 0) }.max() ?? 0
        return Double(most) / Double(elapsed.raw)
    }

    /// Whether the process comes to rest, its busiest thread idle most of the time: never when one
    /// spins.
    package var comesToRest: Bool {
        TestClock.eventually { busiestShare(over: .milliseconds(200)) < 0.5 }
    }

    /// Whether it has taken a signal for itself, to be asked for (SigBlk).
    package func blocks(_ signal: CInt) -> Bool {
        (statusField("SigBlk:", radix: 16) ?? 0) >> Int(signal - 1) & 1 == 1
    }

    private func statusField(_ name: String, radix: Int = 10) -> Int? {
        let status = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
            .flatMap { UInt64($0, radix: radix) }.map { Int(truncatingIfNeeded: $0) }
    }
}
