import Basis
import Report

/// What a run was asked to do: enough to plan it again, so that it can be resumed.
struct RunRequest: Equatable, Sendable {
    var matrix: String
    var profile: String
    var filter: String?
    var repeats: Int?
    var spare: Nanoseconds?
    var warmup: Nanoseconds?
    var duration: Nanoseconds?
    var seed: Int64
    var cpus: CPUSplit
    /// What is measured instead of a matrix file; nil where there is one.
    var quick: QuickMatrix?
}

extension RunRequest {
    /// The plan, and how its servers are started.
    ///
    /// - Parameter read: gives the text of the matrix file.
    func plan(
        reading read: (String) throws(Complaint) -> String
    ) throws(Complaint) -> (plan: Plan, servers: [ServerDescription]) {
        let matrix =
            if let quick {
                try quick.matrix()
            } else {
                try Matrix(parsing: try read(matrix), file: matrix)
            }
        var chosen: CellFilter?
        if let filter { chosen = try CellFilter(parsing: filter, origin: "--filter") }
        var (cells, settings) = try matrix.expand(
            profile: profile, filter: chosen, serverThreads: cpus.server.count)
        try OutsideServers(matrix.servers, of: cells).checkCells()
        try Abilities.check(cells)
        try Abilities.check(cells, timeout: settings.timeout)
        settings.repeats = repeats ?? settings.repeats
        settings.spare = spare ?? settings.spare
        settings.warmup = warmup ?? settings.warmup
        settings.duration = duration ?? settings.duration
        // What is said on the command line is said of all cells.
        if repeats != nil { settings.search.repeats = nil }
        if warmup != nil { settings.search.warmup = nil }
        if duration != nil { settings.search.duration = nil }
        try Plan.check(cells, settings)
        return (Plan(cells: cells, settings: settings, seed: seed), matrix.servers)
    }

    var json: JSONValue {
        guard case .object(let members) = plain else { return plain }
        return .object(members + (quick?.members ?? []))
    }

    private var plain: JSONValue {
        [
            "matrix": .string(matrix), "profile": .string(profile), "filter": .optional(filter),
            "repeat": .optional(repeats.map { Int64($0) }),
            "spare_ns": .optional(spare?.raw),
            "warmup_ns": .optional(warmup?.raw), "duration_ns": .optional(duration?.raw),
            "seed": .integer(seed),
            "server_cpus": .array(cpus.server.map { .count($0) }),
            "load_cpus": .array(cpus.load.map { .count($0) }),
        ]
    }

    init(_ fields: RecordFields) throws(RecordRefusal) {
        quick = try QuickMatrix(fields)
        matrix = try fields.text("matrix")
        profile = try fields.text("profile")
        filter = try fields.optionalText("filter")
        repeats = try fields.optionalInteger("repeat").map { Int($0) }
        spare = try fields.optionalInteger("spare_ns").map { Nanoseconds(raw: $0) }
        warmup = try fields.optionalInteger("warmup_ns").map { Nanoseconds(raw: $0) }
        duration = try fields.optionalInteger("duration_ns").map { Nanoseconds(raw: $0) }
        seed = try fields.integer("seed")
        guard SeededGenerator.seeds.contains(seed) else {
            throw RecordRefusal(path: "seed", problem: "is out of range")
        }
        cpus = CPUSplit(
            server: try Self.cpus(fields, "server_cpus"), load: try Self.cpus(fields, "load_cpus"))
    }

    private static func cpus(
        _ fields: RecordFields, _ name: String
    ) throws(RecordRefusal) -> [Int] {
        var cpus: [Int] = []
        for value in try fields.list(name) {
            guard case .integer(let cpu) = value, cpu >= 0 else {
                throw RecordRefusal(path: name, problem: "holds something else than CPUs")
            }
            cpus.append(Int(cpu))
        }
        if cpus.isEmpty { throw RecordRefusal(path: name, problem: "names no CPU") }
        return cpus
    }
}
