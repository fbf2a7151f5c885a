import Basis
import Foundation
import Platform

/// The processes of a server, at one moment: those of one process group, or some with all that
/// descend from them.
struct ProcessGroup: Equatable, Sendable {
    let processIDs: [Int32]
    private let rule: Rule

    private enum Rule: Equatable {
        /// A guardian is no part of what it guards.
        case group(leader: Int32, guardian: Int32)
        case tree(roots: [Int32])
    }

    /// The group of a child without its guardian. Looks at every process of the machine, so not for
    /// a measured moment.
    init(of process: borrowing ChildProcess) {
        self.init(.group(leader: process.processID, guardian: process.guardianID))
    }

    /// Some processes with their descendants; looks at every process, too.
    init(from roots: [Int32]) { self.init(.tree(roots: roots)) }

    private init(_ rule: Rule) {
        self.rule = rule
        let all = Self.all
        switch rule {
        case .group(let leader, let guardian):
            processIDs = all.filter { $0.group == Int64(leader) && $0.id != guardian }.map(\.id)
                .sorted()
        case .tree(let roots):
            let children = Dictionary(grouping: all, by: \.parent)
            var found = Set(all.map(\.id)).intersection(roots)
            var rest = Array(found)
            while let id = rest.popLast() {
                for child in children[Int64(id)] ?? [] where found.insert(child.id).inserted {
                    rest.append(child.id)
                }
            }
            processIDs = found.sorted()
        }
    }

    /// Every process of the machine with its parent and its group (proc_pid_stat(5): the second and
    /// the third field behind the name).
    private static var all: [(id: Int32, parent: Int64, group: Int64)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let id = Int32(name), let fields = ProcessReading.fields(ofProcess: id) else {
                return nil
            }
            return (id, fields[1], fields[2])
        }
    }

    /// The same processes as they are by now, with those that came since.
    var renewed: ProcessGroup { ProcessGroup(rule) }

    /// The sum over the processes that still live.
    func read() -> ProcessReading { ProcessReading(of: processIDs) }

    /// CPU time of the processes that still live, with their threads that ended, to the nanosecond.
    var cpu: Nanoseconds {
        processIDs.reduce(Nanoseconds.zero) { sum, id in sum + (CPUClock.process(id) ?? .zero) }
    }

    /// CPU time of processes that ended and that these have waited for, with what those had waited
    /// for; to the tick.
    var reapedCPU: Nanoseconds {
        processIDs.reduce(Nanoseconds.zero) { sum, id in
            guard let fields = ProcessReading.fields(ofProcess: id) else { return sum }
            let reaped = ProcessReading.reaped(fields)
            return sum + reaped.user + reaped.system
        }
    }

    /// CPU time of the processes that joined the others since these were looked at.
    var youngerCPU: Nanoseconds {
        let known = Set(processIDs)
        return renewed.processIDs.reduce(Nanoseconds.zero) { sum, id in
            known.contains(id) ? sum : sum + (CPUClock.process(id) ?? .zero)
        }
    }
}
