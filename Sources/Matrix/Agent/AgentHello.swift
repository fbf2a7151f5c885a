import Basis
import Foundation
import Platform
import Report

/// The first line of an agent: whom it measures, and where.
struct AgentHello: Equatable, Sendable {
    static let schema = "switchyard.measure/1"

    let processes: [Int32]
    /// Those that the server may use, by all its processes.
    let cpus: CPUSet
    let place: AgentPlace

    var json: JSONValue {
        [
            "schema": .string(Self.schema), "version": .string(switchyardVersion),
            "processes": .array(processes.map { .integer(Int64($0)) }),
            "cpus": .string("\(cpus)"), "boot": .optional(place.boot),
            "pid_namespace": .optional(place.processes),
        ]
    }

    init(processes: [Int32], cpus: CPUSet, place: AgentPlace) {
        self.processes = processes
        self.cpus = cpus
        self.place = place
    }

    init(json: JSONValue) throws(RecordRefusal) {
        let fields = try RecordFields(json)
        try fields.require(schema: Self.schema)
        guard let cpus = CPUSet(list: try fields.text("cpus")) else {
            throw RecordRefusal(path: "cpus", problem: "is no list of CPUs")
        }
        processes = try fields.integers("processes").compactMap { Int32(exactly: $0) }
        self.cpus = cpus
        place = AgentPlace(
            boot: try fields.optionalText("boot"),
            processes: try fields.optionalText("pid_namespace"))
    }
}

/// Which machine a program runs on, and whose processes it sees there.
struct AgentPlace: Equatable, Sendable {
    /// Drawn anew when a machine starts (/proc/sys/kernel/random/boot_id, random(4)).
    let boot: String?
    /// The namespace of process ids (pid_namespaces(7)).
    let processes: String?

    static var own: AgentPlace {
        AgentPlace(
            boot: FactSource.system.line("/proc/sys/kernel/random/boot_id"),
            processes: try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/ns/pid"))
    }

    /// Whether it is the same machine.
    func isMachine(of other: AgentPlace) -> Bool { boot != nil && boot == other.boot }

    /// Whether an id means the same process in both places.
    func knowsProcesses(of other: AgentPlace) -> Bool {
        isMachine(of: other) && processes != nil && processes == other.processes
    }
}
