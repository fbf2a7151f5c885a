import Basis
import Report

/// The first file of a run: what was asked, of which code, on which machine, in which order.
struct Manifest: Sendable {
    static let schema = "switchyard.run/1"

    /// How far the run has come.
    enum Status: String, Sendable, CaseIterable {
        /// Under way, or cut off without notice.
        case running
        case complete
        /// Stopped by the user.
        case interrupted
    }

    var status = Status.running
    var run: RunIdentity
    var request: RunRequest
    /// `Plan.hash`: a resumed run must come to the same.
    var planHash: String
    /// The hashes of the two programs, to tell a rebuilt one.
    var programs: [JSONValue.Member]
    var started: Nanoseconds
    var finished: Nanoseconds?
    /// What is written but not read back: command line, plan, fingerprint, warnings.
    var context: [JSONValue.Member]
}

extension Manifest {
    /// Of the machine that the run began on; nil where the manifest does not say.
    var hardwareID: String? {
        let fingerprint = context.first { $0.name == "fingerprint" }?.value
        guard case .string(let text)? = fingerprint?["hw_id"] else { return nil }
        return text
    }

    /// Adds a warning to those of the run, once.
    mutating func add(_ warning: Warning) {
        guard let index = context.firstIndex(where: { $0.name == "warnings" }),
            case .array(let warnings) = context[index].value, !warnings.contains(warning.json)
        else { return }
        context[index] = .init("warnings", .array(warnings + [warning.json]))
    }

    var json: JSONValue { json(.current) }

    /// As written by a program in `surroundings`: paths don't tell whose they are.
    func json(_ surroundings: Surroundings) -> JSONValue {
        var request = request
        request.matrix = surroundings.withoutHome(request.matrix)
        let others = JSONValue.object([.init("programs", .object(programs))] + context)
        guard case .object(let anonymous) = surroundings.anonymous(others) else { return .null }
        return .object(
            [
                .init("schema", .string(Self.schema)),
                .init("status", .string(status.rawValue)),
                .init("run_id", .string(run.runID)),
                .init("commit", .optional(run.commit)),
                .init("branch", .optional(run.branch)),
                .init("dirty", run.isDirty.map { .bool($0) } ?? .null),
                .init("started_utc", .string(UTCTime(started).iso8601)),
                .init("started_ns", .integer(started.raw)),
                .init("finished_utc", .optional(finished.map { UTCTime($0).iso8601 })),
                .init("request", request.json),
                .init("plan_hash", .string(planHash)),
            ] + anonymous)
    }

    /// Reads a manifest back. `file` is named in complaints.
    init(parsing text: String, file: String) throws(Complaint) {
        do {
            let value = try JSONValue(parsing: text)
            let fields = try RecordFields(value)
            try fields.require(schema: Self.schema)
            status = try fields.choice("status", of: Status.self)
            run = RunIdentity(
                runID: try fields.text("run_id"), commit: try fields.optionalText("commit"),
                branch: try fields.optionalText("branch"),
                isDirty: try fields.optionalFlag("dirty"))
            started = Nanoseconds(raw: try fields.integer("started_ns"))
            request = try RunRequest(try fields.fields("request"))
            request.matrix = Surroundings.current.withHome(request.matrix)
            planHash = try fields.text("plan_hash")
            let known: Set = [
                "schema", "status", "run_id", "commit", "branch", "dirty", "started_utc",
                "started_ns", "finished_utc", "request", "plan_hash", "programs",
            ]
            guard case .object(let members) = value, case .object(let programs) = value["programs"]
            else { throw RecordRefusal(path: "programs", problem: "is missing") }
            self.programs = programs
            context = members.filter { !known.contains($0.name) }
        } catch {
            throw Complaint(
                "\(file) is no manifest: \(error)", remedy: "name the folder of another run",
                status: .failure)
        }
    }

    /// The expanded plan as the manifest shows it.
    static func describe(_ plan: Plan) -> [JSONValue.Member] {
        [
            .init("settings", plan.settings.json),
            .init("cells", .array(plan.cells.map(\.json))),
            .init(
                "plan",
                .array(
                    plan.slots.map {
                        [
                            "slot": .count($0.index), "block": .count($0.block),
                            "cell_id": .string($0.cell.id), "seed": .integer($0.seed),
                        ]
                    })),
        ]
    }
}
