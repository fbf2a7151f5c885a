import Basis
import Foundation
import Platform

/// What the threads of some processes have used up to a moment, from /proc (proc_pid_schedstat(5),
/// proc_pid_stat(5), proc_pid_status(5)).
struct ProcessReading: Equatable, Sendable {
    var cpu = Nanoseconds.zero
    var runQueueWait = Nanoseconds.zero
    var user = Nanoseconds.zero
    var system = Nanoseconds.zero
    var voluntarySwitches: Int64 = 0
    var involuntarySwitches: Int64 = 0
    /// Nil when the kernel was built without /proc/PID/sched.
    var migrations: Int64? = 0
    var resident: Int64 = 0
    var peakResident: Int64 = 0
    var threads: Int64 = 0
}

extension ProcessReading {
    /// The sum over those of the processes that still live.
    init(of processes: [Int32]) {
        self.init()
        for id in processes { add(id) }
    }

    /// A user-space tick, 1/100 s on every architecture that Swift runs on (time(7), USER_HZ).
    static let tick = Nanoseconds.milliseconds(10)

    private mutating func add(_ id: Int32) {
        var fromThreads = Nanoseconds.zero
        let status = (try? readFile("/proc/\(id)/status")) ?? ""
        resident += 1_024 * (processEntry(status, "VmRSS:") ?? 0)
        peakResident += 1_024 * (processEntry(status, "VmHWM:") ?? 0)
        let tasks = "/proc/\(id)/task"
        let all = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        // What has ended and nobody has waited for has no memory any more, and no thread.
        if processEntry(status, "VmRSS:") != nil { threads += Int64(all.count) }
        for task in all {
            let times = ((try? readFile("\(tasks)/\(task)/schedstat")) ?? "").split {
                $0 == " " || $0 == "\n"
            }.compactMap { Int64($0) }
            if times.count >= 2 {
                fromThreads = fromThreads + Nanoseconds(raw: times[0])
                runQueueWait = runQueueWait + Nanoseconds(raw: times[1])
            }
            let status = (try? readFile("\(tasks)/\(task)/status")) ?? ""
            voluntarySwitches += processEntry(status, "voluntary_ctxt_switches:") ?? 0
            involuntarySwitches += processEntry(status, "nonvoluntary_ctxt_switches:") ?? 0
            let scheduler = (try? readFile("\(tasks)/\(task)/sched")) ?? ""
            let moves = processEntry(scheduler, "se.nr_migrations")
            migrations = migrations.flatMap { sum in moves.map { sum + $0 } }
        }
        // The clock of a process has its threads that ended, too.
        cpu = cpu + (CPUClock.process(id) ?? fromThreads)
        guard let fields = Self.fields(ofProcess: id) else { return }
        // utime and stime, fields 14 and 15; the list begins with field 3.
        user = user + Self.tick * fields[11]
        system = system + Self.tick * fields[12]
        let reaped = Self.reaped(fields)
        cpu = cpu + reaped.user + reaped.system
        user = user + reaped.user
        system = system + reaped.system
    }

    /// CPU time of children that ended and were waited for, with what those had waited for.
    static func reaped(_ fields: [Int64]) -> (user: Nanoseconds, system: Nanoseconds) {
        // cutime and cstime, fields 16 and 17.
        (tick * fields[13], tick * fields[14])
    }

    /// What proc_pid_stat(5) has behind the name, the state as 0: at least 15 numbers, or nil.
    static func fields(ofProcess id: Int32) -> [Int64]? {
        guard let fields = processFields(ofStat: (try? readFile("/proc/\(id)/stat")) ?? ""),
            fields.count > 14
        else { return nil }
        return fields.map { Int64($0) ?? 0 }
    }
}
