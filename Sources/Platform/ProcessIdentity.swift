import Basis
import Glibc

/// A process by its number and the time of its start, since numbers are given again (proc(5)).
package struct ProcessIdentity: BitwiseCopyable, Equatable, Sendable {
    package let id: Int32
    /// In ticks since the machine was started; 0 where it can't be read.
    package let start: UInt64

    package init(id: Int32, start: UInt64) {
        self.id = id
        self.start = start
    }

    package static let current = ProcessIdentity(
        id: getpid(), start: facts(of: getpid())?.start ?? 0)

    /// Whether it runs still. A process that nobody has waited for does not.
    package var isAlive: Bool {
        guard let facts = Self.facts(of: id) else { return false }
        return facts.start == start && facts.state != "Z" && facts.state != "X"
    }

    private static func facts(of id: Int32) -> (state: Substring, start: UInt64)? {
        guard id > 0, let text = try? readFile("/proc/\(id)/stat"),
            let fields = processFields(ofStat: text), fields.count > 19,
            let start = UInt64(fields[19])
        else { return nil }
        return (fields[0], start)
    }
}
