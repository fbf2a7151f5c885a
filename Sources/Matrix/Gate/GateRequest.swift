import Basis
import Compare
import Foundation
import Platform
import Report

/// What a gate was asked to do, as `gate.json` keeps it: enough to go on after an interruption.
struct GateRequest: Equatable {
    static let schema = "switchyard.gate/1"
    static let file = "gate.json"

    var run: RunRequest
    var isStrict = false
    /// Whether a calibration that foretells too much noise stops nothing. Not kept: it is given
    /// each time.
    var isForced = false
    /// How pairs are measured at a fixed rate; closed loops are always launched.
    var pairing = Pairing.launch
    /// What base and candidate are called in the reports.
    var base = ""
    var candidate = ""
    /// Commands of two servers of the user's own; empty for this project's.
    var commands: [String] = []
    var waivers: String?
    /// The options that say where base and candidate come from, such as `--base`. A commit
    /// stands there by its id: a branch may mean another tomorrow.
    var sides: [String] = []
    /// The file of counters that the candidate is held to; nil where there is none.
    var baseline: String?

    /// How the gate decides: what the matrix says of pairs.
    func policy() throws(Complaint) -> GatePolicy {
        try Matrix(parsing: try GateMatrix.read(run.matrix), file: run.matrix)
            .policy(profile: run.profile)
    }

    /// The cells and times of a launch, and how the two servers are started.
    func plan() throws(Complaint) -> (
        cells: [Cell], settings: Settings, servers: [[ServerDescription]]
    ) {
        let (plan, servers) = try run.plan(reading: GateMatrix.read)
        if let cell = plan.cells.first(where: { !$0.link.isLoopback }) {
            throw Complaint(
                "cell \(cell.id) has a link, through which no cost of a request is known",
                remedy: "leave such cells out with --filter 'rtt=0'")
        }
        if let cell = plan.cells.first(where: \.isOutside) {
            throw Complaint(
                "cell \(cell.id) asks server \(cell.server), which runs already, and a gate starts"
                    + " the two that it compares",
                remedy: "give their commands with --server-command, or leave such cells out with"
                    + " --filter 'server!=\(cell.server)'")
        }
        guard !commands.isEmpty else { return (plan.cells, plan.settings, [servers, servers]) }
        // A server of the user's own has no patterns of ours: the loads remain.
        var cells: [Cell] = []
        for var cell in plan.cells {
            cell.server = Self.ownName
            cell.pattern = nil
            if !cells.contains(cell) { cells.append(cell) }
        }
        var own: [[ServerDescription]] = []
        for command in commands { own.append([try Self.server(command)]) }
        return (cells, plan.settings, own)
    }

    /// How pairs of `cell` are measured.
    func pairing(of cell: Cell) -> Pairing { SliceExecutor.takes(cell) ? pairing : .launch }

    /// What the user's own server is called in cells.
    private static let ownName = "server"

    /// Reads a command line; the matrix file's own rules hold for its placeholders.
    private static func server(_ command: String) throws(Complaint) -> ServerDescription {
        let words = try OwnCommand.words(command)
        let matrix: JSONValue = [
            "defaults": [
                "server": [
                    "name": .string(ownName), "command": .array(words.map { .string($0) }),
                    "ready": ["port": true],
                ]
            ]
        ]
        return try Matrix(parsing: matrix.compact, file: "--server-command").servers[0]
    }

    /// The request of a gate that goes on, with what may change: a verdict that is inconclusive
    /// fails from then on too.
    func resumed(with options: ParsedOptions) -> GateRequest {
        var request = self
        if options.has("strict") { request.isStrict = true }
        request.isForced = options.has("force")
        return request
    }

    var json: JSONValue {
        [
            "schema": .string(Self.schema), "request": run.json, "strict": .bool(isStrict),
            "pairing": .string(pairing.rawValue),
            "base": .string(base), "candidate": .string(candidate),
            "server_commands": .array(commands.map { .string($0) }),
            "waivers": .optional(waivers), "sides": .array(sides.map { .string($0) }),
            "baseline": .optional(baseline),
        ]
    }

    /// The content of `gate.json`: the request under its seal.
    func sealed(_ seal: GateSeal) -> JSONValue {
        guard case .object(let members) = json else { return json }
        return .object(members + [.init(GateSeal.key, seal.json)])
    }

    init(run: RunRequest) { self.run = run }

    init(parsing text: String, file: String) throws(Complaint) {
        do {
            let fields = try RecordFields(try JSONValue(parsing: text))
            try fields.require(schema: Self.schema)
            run = try RunRequest(try fields.fields("request"))
            isStrict = try fields.flag("strict")
            pairing = try fields.choice("pairing", of: Pairing.self)
            base = try fields.text("base")
            candidate = try fields.text("candidate")
            commands = try fields.texts("server_commands")
            waivers = try fields.optionalText("waivers")
            sides = try fields.texts("sides")
            baseline = try fields.optionalText("baseline")
        } catch {
            throw Complaint(
                "\(file) is no gate: \(error)", remedy: "name the folder of a gate",
                status: .failure)
        }
    }

    /// The command that runs the same gate again, from a process that may use the CPUs which this
    /// thread may use now.
    var repro: String { repro(results: RunOptions.defaultResults) }

    /// The same for another folder of results.
    func repro(results: String) -> String {
        repro(where: CPUSplit(halving: CPUSet.available.cpus), results: results)
    }

    private static func isDefault(_ results: String) -> Bool {
        let paths = [results, RunOptions.defaultResults].map {
            URL(fileURLWithPath: $0).standardizedFileURL.path
        }
        return paths[0] == paths[1]
    }

    /// - Parameter usual: the CPUs that a gate takes which is told none.
    func repro(where usual: CPUSplit, results: String = RunOptions.defaultResults) -> String {
        var words = ["switchyard", "gate"]
        if ![GateMatrix.file, GateMatrix.builtIn].contains(run.matrix) { words.append(run.matrix) }
        words += sides
        for command in commands { words += ["--server-command", command] }
        if run.profile != Matrix.defaultProfile { words += ["--profile", run.profile] }
        if let filter = run.filter { words += ["--filter", filter] }
        if let warmup = run.warmup { words += ["--warmup", "\(warmup.raw)ns"] }
        if let duration = run.duration { words += ["--duration", "\(duration.raw)ns"] }
        if run.cpus.server != usual.server {
            words += ["--server-cpus", "\(CPUSet(run.cpus.server))"]
        }
        if run.cpus.load != usual.load { words += ["--load-cpus", "\(CPUSet(run.cpus.load))"] }
        if let waivers { words += ["--waivers", waivers] }
        if commands.isEmpty, baseline != ExactCheck.defaultFile {
            words += ["--baseline", baseline ?? ExactCheck.none]
        }
        words += ["--pairing", pairing.rawValue]
        if isStrict { words.append("--strict") }
        words += ["--seed", "\(run.seed)"]
        if !Self.isDefault(results) { words += ["--results", results] }
        if isForced { words.append("--force") }
        return words.map { ShellWords.quote($0) }.joined(separator: " ")
    }
}
