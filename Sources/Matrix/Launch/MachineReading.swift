import Basis
import Platform
import Report

/// What the whole machine has spent up to a moment.
struct MachineReading: Equatable, Sendable {
    /// CPU time of all kinds, and the part that the hypervisor withheld, in ticks (proc_stat(5)).
    private let total: Int64
    private let stolen: Int64?
    /// Time in which some task waited for a CPU (Documentation/accounting/psi.rst).
    private let pressure: Nanoseconds?

    /// Reads /proc/stat and /proc/pressure/cpu.
    init() {
        self.init(
            stat: (try? readFile("/proc/stat")) ?? "",
            pressure: (try? readFile("/proc/pressure/cpu")) ?? "")
    }

    init(stat: String, pressure text: String) {
        let line = stat.prefix { $0 != "\n" }.split(separator: " ")
        let ticks = line.first == "cpu" ? line.dropFirst().compactMap { Int64($0) } : []
        // The guest times behind the eighth field are contained in the first two.
        total = ticks.prefix(8).reduce(0, +)
        stolen = ticks.count >= 8 ? ticks[7] : nil
        let some = text.split(separator: "\n").first { $0.hasPrefix("some ") }
        let sum = some?.split(separator: " ").first { $0.hasPrefix("total=") }
        pressure = sum.flatMap { Int64($0.dropFirst(6)) }.map { Nanoseconds(raw: $0 * 1_000) }
    }

    /// Above this share of their CPU time the CPUs are not quiet before a run.
    static let busyShareLimit = 0.1

    /// The share of their time in which the CPUs of this machine are taken at this moment, 0...1:
    /// it is looked at for a quarter of a second. A load average would still tell of what ended a
    /// minute ago, and not yet of what has just begun.
    static var busyShare: Double? {
        let cpus = CPUSet.available
        let before = CPUOccupation(of: cpus, own: .zero)
        blockThread(for: .milliseconds(250))
        guard let before, let after = CPUOccupation(of: cpus, own: .zero) else { return nil }
        return after.busyShare(since: before)
    }

    func since(_ earlier: MachineReading) -> MachineUsage {
        var usage = MachineUsage()
        if let stolen, let before = earlier.stolen, total > earlier.total {
            usage.stolenShare = Double(stolen - before) / Double(total - earlier.total)
        }
        if let pressure, let before = earlier.pressure { usage.pressure = pressure - before }
        return usage
    }
}
