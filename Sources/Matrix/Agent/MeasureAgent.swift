import Basis
import Platform
import Report

/// Reads what the processes of a server use, for a runner that may be on another machine: it asks
/// in lines of JSON, and is answered a line each (docs/FORMAT.md, The measuring agent).
struct MeasureAgent {
    private let roots: [Int32]
    private var group: ProcessGroup
    private var watched: WatchedCPUs
    private var before: (machine: MachineReading, cpus: WatchedCPUs.Reading)?

    /// - Parameter roots: the processes that are measured with all that descend from them; one of
    ///   them lives.
    init(roots: [Int32]) throws(Complaint) {
        self.roots = roots
        group = ProcessGroup(from: roots)
        guard !group.processIDs.isEmpty else {
            let ids = roots.map { "\($0)" }.joined(separator: ", ")
            throw Complaint(
                "there is no process \(ids)", remedy: "name one that runs", status: .failure)
        }
        watched = WatchedCPUs(Self.cpus(of: group), server: group, others: [])
    }

    var hello: AgentHello {
        AgentHello(processes: group.processIDs, cpus: Self.cpus(of: group), place: .own)
    }

    /// The CPUs that some of the processes may run on.
    private static func cpus(of group: ProcessGroup) -> CPUSet {
        CPUSet(group.processIDs.flatMap { CPUSet.allowed(to: $0)?.cpus ?? [] })
    }

    /// Answers line by line until there is none any more, or nobody reads the answers.
    mutating func serve(_ next: () -> String?, _ write: (String) -> Bool) {
        guard write(hello.json.compact + "\n") else { return }
        while let line = next(), write(answer(line).compact + "\n") {}
    }

    mutating func answer(_ line: String) -> JSONValue {
        do throws(RecordRefusal) {
            let request = try AgentRequest(line: line)
            switch request {
            case .watch(let cpus, let others):
                watch(cpus, others)
                return hello.json
            case .read: return try read().json
            case .machine: return Fingerprint(.system).json
            }
        } catch {
            return ["error": .string("\(error)")]
        }
    }

    /// Looks for the processes anew, and says what is foreign work from now on.
    private mutating func watch(_ cpus: CPUSet?, _ others: [Int32]) {
        group = ProcessGroup(from: roots)
        watched = WatchedCPUs(
            cpus ?? Self.cpus(of: group), server: group, others: others)
        before = nil
        // What has to be tried out once shall not cost a reading.
        _ = CPUAccounting.interruptsAreApart
    }

    mutating func read() throws(RecordRefusal) -> AgentReading {
        let process = group.read()
        var reading = AgentReading(time: MonotonicClock.now, process: process)
        if process.threads == 0 {
            throw RecordRefusal(path: "", problem: "the processes of the server have ended")
        }
        let machine = MachineReading()
        let cpus = watched.read()
        if let before {
            reading.stolenShare = machine.since(before.machine).stolenShare
            // Whether the processes can be those that answer is for the asker to judge, who knows
            // of requests.
            reading.foreignShare = watched.foreignShare(
                from: before.cpus, to: cpus, requests: 0)
            reading.busyShare = WatchedCPUs.busyShare(from: before.cpus, to: cpus)
        }
        before = (machine, cpus)
        return reading
    }
}

/// What an agent may be asked.
enum AgentRequest: Equatable, Sendable {
    /// To look for the server's processes anew; from then on the work of `others`, processes of the
    /// same machine, is not foreign, and `cpus` are watched, those of the server where nil.
    case watch(cpus: CPUSet?, others: [Int32])
    case read
    /// For the fingerprint of the machine, which takes programs to be run.
    case machine

    private enum Name: String, CaseIterable { case watch, read, machine }

    var line: String {
        switch self {
        case .watch(let cpus, let others):
            let value: JSONValue = [
                "ask": "watch", "cpus": .optional(cpus.map { "\($0)" }),
                "others": .array(others.map { .integer(Int64($0)) }),
            ]
            return value.compact
        case .read: return Self.plain(.read)
        case .machine: return Self.plain(.machine)
        }
    }

    private static func plain(_ name: Name) -> String {
        JSONValue.object([.init("ask", .string(name.rawValue))]).compact
    }

    init(line: String) throws(RecordRefusal) {
        let value: JSONValue
        do throws(JSONRefusal) {
            value = try JSONValue(parsing: line)
        } catch {
            throw RecordRefusal(path: "", problem: "that is no JSON: \(error)")
        }
        let fields = try RecordFields(value)
        switch try fields.choice("ask", of: Name.self) {
        case .read: self = .read
        case .machine: self = .machine
        case .watch:
            var cpus: CPUSet?
            if let text = try fields.optionalText("cpus") {
                cpus = CPUSet(list: text)
                if cpus == nil { throw RecordRefusal(path: "cpus", problem: "is no list of CPUs") }
            }
            let others = try fields.integers("others").compactMap { Int32(exactly: $0) }
            self = .watch(cpus: cpus, others: others)
        }
    }
}
