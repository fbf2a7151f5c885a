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
}

/// The processes of one process group: a server and all that it forked.
struct ProcessGroup: Equatable, Sendable {
    let processIDs: [Int32]
    private let leader: Int32
    private let guardian: Int32

    /// The group of a child without its guardian, at this moment. Looks at every process of the
    /// machine, so not for a measured moment.
    init(of process: borrowing ChildProcess) {
        self.init(leader: process.processID, guardian: process.guardianID)
    }

    private init(leader: Int32, guardian: Int32) {
        self.leader = leader
        self.guardian = guardian
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        processIDs = all.compactMap { Int32($0) }.filter { id in
            if id == guardian { return false }
            // proc_pid_stat(5): the group is the third field behind the name in parentheses.
            let text = (try? readFile("/proc/\(id)/stat")) ?? ""
            return Self.fields(ofStat: text)?[2] == Int64(leader)
        }.sorted()
    }

    /// The sum over the processes that still live.
    func read() -> ProcessReading {
        var reading = ProcessReading()
        for id in processIDs { Self.add(id, to: &reading) }
        return reading
    }

    /// CPU time of the processes that still live, with their threads that ended, to the nanosecond.
    var cpu: Nanoseconds {
        processIDs.reduce(Nanoseconds.zero) { sum, id in sum + (CPUClock.process(id) ?? .zero) }
    }

    /// CPU time of processes that ended and that these have waited for, with what those had waited
    /// for; to the tick.
    var reapedCPU: Nanoseconds {
        processIDs.reduce(Nanoseconds.zero) { sum, id in
            guard let fields = Self.fields(ofStat: (try? readFile("/proc/\(id)/stat")) ?? ""),
                fields.count > 14
            else { return sum }
            // cutime and cstime, fields 16 and 17; the list begins with field 3.
            return sum + Self.tick * (fields[13] + fields[14])
        }
    }

    /// CPU time of the processes that joined the group since it was looked at.
    var youngerCPU: Nanoseconds {
        let known = Set(processIDs)
        return ProcessGroup(leader: leader, guardian: guardian).processIDs.reduce(Nanoseconds.zero)
        { sum, id in
            known.contains(id) ? sum : sum + (CPUClock.process(id) ?? .zero)
        }
    }

    /// A user-space tick, 1/100 s on every architecture that Swift runs on (time(7), USER_HZ).
    private static let tick = Nanoseconds.milliseconds(10)

    private static func add(_ id: Int32, to reading: inout ProcessReading) {
        if let fields = fields(ofStat: (try? readFile("/proc/\(id)/stat")) ?? ""), fields.count > 12
        {
            // utime and stime, fields 14 and 15; the list begins with field 3.
            reading.user = reading.user + tick * fields[11]
            reading.system = reading.system + tick * fields[12]
        }
        let status = (try? readFile("/proc/\(id)/status")) ?? ""
        reading.resident += 1_024 * (processEntry(status, "VmRSS:") ?? 0)
        reading.peakResident += 1_024 * (processEntry(status, "VmHWM:") ?? 0)
        let tasks = "/proc/\(id)/task"
        for task in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
            let times = ((try? readFile("\(tasks)/\(task)/schedstat")) ?? "").split {
                $0 == " " || $0 == "\n"
            }.compactMap { Int64($0) }
            if times.count >= 2 {
                reading.cpu = reading.cpu + Nanoseconds(raw: times[0])
                reading.runQueueWait = reading.runQueueWait + Nanoseconds(raw: times[1])
            }
            let status = (try? readFile("\(tasks)/\(task)/status")) ?? ""
            reading.voluntarySwitches += processEntry(status, "voluntary_ctxt_switches:") ?? 0
            reading.involuntarySwitches += processEntry(status, "nonvoluntary_ctxt_switches:") ?? 0
            let scheduler = (try? readFile("\(tasks)/\(task)/sched")) ?? ""
            let moves = processEntry(scheduler, "se.nr_migrations")
            reading.migrations = reading.migrations.flatMap { sum in moves.map { sum + $0 } }
        }
    }

    /// The numbers behind the name; the state counts as 0.
    private static func fields(ofStat text: String) -> [Int64]? {
        guard let fields = processFields(ofStat: text), fields.count > 3 else { return nil }
        return fields.map { Int64($0) ?? 0 }
    }
}
