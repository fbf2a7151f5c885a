package import Basis

/// Something that makes the figures of a run less sure, with what to do about it. Kept in the
/// manifest and shown before and after a run; it decides nothing by itself.
package enum Warning: Equatable, Sendable, CustomStringConvertible {
    /// The server and the generator share CPUs, so that each disturbs the other.
    case sharedCPUs(String)
    /// Too few launches a cell for an interval.
    case noIntervals(launches: Int, needed: Int)
    /// Others use the machine: the share of its CPUs' time, 0...1, that was taken before the run.
    case busyMachine(share: Double)
    /// The CPU's frequency may change while it is measured.
    case frequencyScaling(governor: String)
    /// The figures can't be traced to a commit.
    case uncommittedChanges
    /// The programs are not those that the run began with.
    case changedPrograms
    case noGnuplot

    /// A stable name for scripts.
    package var name: String {
        switch self {
        case .sharedCPUs: "shared-cpus"
        case .noIntervals: "no-intervals"
        case .busyMachine: "busy-machine"
        case .frequencyScaling: "frequency-scaling"
        case .uncommittedChanges: "uncommitted-changes"
        case .changedPrograms: "changed-programs"
        case .noGnuplot: "no-gnuplot"
        }
    }

    package var problem: String {
        switch self {
        case .sharedCPUs(let cpus): "server and generator share CPU \(cpus)"
        case .noIntervals(let launches, let needed):
            "\(launches) launches a cell give a median but no interval, which needs \(needed)"
        case .busyMachine(let share):
            "the machine is busy: others take \(fixed(share * 100, decimals: 0))% of its CPU time"
        case .frequencyScaling(let governor): "the CPU frequency governor is '\(governor)'"
        case .uncommittedChanges: "the working tree has uncommitted changes"
        case .changedPrograms: "the server or the generator was rebuilt since the run began"
        case .noGnuplot: "gnuplot is not installed, so nothing is drawn"
        }
    }

    package var advice: String {
        switch self {
        case .sharedCPUs:
            "use a machine with two CPUs or more, or give disjoint --server-cpus and --load-cpus"
        case .noIntervals(_, let needed): "use --repeat \(needed) for intervals"
        case .busyMachine: "stop what else runs, or wait"
        case .frequencyScaling: "run: cpupower frequency-set -g performance"
        case .uncommittedChanges: "commit before a run whose figures are to be quoted"
        case .changedPrograms: "start a new run to compare like with like"
        case .noGnuplot: "run: apt-get install gnuplot-nox"
        }
    }

    package var description: String { "\(problem); \(advice)" }

    package var json: JSONValue {
        ["name": .string(name), "problem": .string(problem), "advice": .string(advice)]
    }
}
