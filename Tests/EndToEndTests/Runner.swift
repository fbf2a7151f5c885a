import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

/// `switchyard` of this build in a folder of its own, with a matrix of two cells.
struct Runner {
    let folder: TemporaryFolder
    var latest: String { folder.file("results/latest") }

    /// - Parameter matrix: the text of `tiny.json5`.
    init(_ matrix: String = Self.matrix) throws {
        folder = try TemporaryFolder()
        try matrix.write(toFile: folder.file("tiny.json5"), atomically: true, encoding: .utf8)
    }

    private static let matrix = """
        {
          defaults: {connections: 4, rate: "1k", warmup: "50ms", duration: "200ms"},
          axes: {pattern: ["single", "sharded:hash"]},
        }
        """

    /// Starts a command; what it leaves in its temporary folder goes away with this one.
    func start(_ arguments: [String]) throws -> ChildProcess {
        var options = SpawnOptions(try Programs.own("switchyard"), arguments)
        // Another test may have bound the thread that this one runs on.
        options.cpus = .ofParent
        options.directory = folder.path
        options.standardError = .captured
        var environment = ProcessInfo.processInfo.environment
        environment["TMPDIR"] = folder.path
        options.environment = environment
        return try ChildProcess(options)
    }

    /// Runs a command to its end.
    func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        var child = try start(arguments)
        let output = child.remainingOutput(timeout: TestLimit.hang)
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        guard case .exited(let status)? = child.wait(timeout: TestLimit.hang)?.ending else {
            throw TestFailure("\(arguments) did not end in order: \(errors)")
        }
        return (status, output, errors)
    }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(latest)/\(name)", encoding: .utf8)
    }

    /// The whole lines of the journal.
    func records() throws -> [LaunchRecord] {
        let text = try text("journal.ndjson")
        let whole = text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
        return try whole.split(separator: "\n").map {
            try LaunchRecord(json: JSONValue(parsing: String($0)))
        }
    }

    /// Checks that all files of a finished run tell of each of `count` launches once.
    func check(_ count: Int, status: Int32) throws {
        let records = try records()
        #expect(records.map(\.slot).sorted() == Array(0..<count))
        #expect(
            records.allSatisfy { ($0.load?.requests ?? 0) > 0 },
            "\(records.compactMap(\.failure)), \(records.flatMap { $0.load?.verdictReasons ?? [] })"
        )
        let cells = Dictionary(grouping: records, by: \.cell.id)
        #expect(cells.count == 2 && cells.values.allSatisfy { $0.count == count / 2 })
        // A machine whose CPUs are withheld for more than 1 % spoils launches; the status says
        // whether a cell is left without any.
        let isWhole = cells.values.allSatisfy { $0.contains(where: \.isValid) }
        #expect(status == (isWhole ? 0 : 12))

        let runs = try CSVTable(parsing: try text("runs.csv"))
        #expect(runs.rows.indices.map { runs.field($0, "slot") } == (0..<count).map(String.init))
        #expect(
            Set(runs.rows.indices.map { runs.field($0, "pattern") }) == ["single", "sharded:hash"])
        let workers = try CSVTable(parsing: try text("workers.csv"))
        let slots = workers.rows.indices.compactMap { workers.field($0, "slot") }
        #expect(Set(slots) == Set((0..<count).map(String.init)))
        #expect(try CSVTable(parsing: try text("cells.csv")).rows.count == 2)
        let manifest = try JSONValue(parsing: try text("manifest.json"))
        #expect(manifest["schema"] == "switchyard.run/1" && manifest["status"] == "complete")
    }
}

/// The processes of the machine.
enum ProcessTable {
    static var all: [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap {
            Int32($0)
        }
    }

    /// The name and the parent of a process that lives; nil for one that is gone or a zombie.
    static func entry(_ id: Int32) -> (name: String, parent: Int32)? {
        // pid (name) state parent ... (proc_pid_stat(5)); the name may hold anything.
        guard let line = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")")
        else { return nil }
        let words = line[line.index(after: close)...].split(separator: " ")
        guard words.count > 1, words[0] != "Z", words[0] != "X", let parent = Int32(words[1])
        else { return nil }
        return (String(line[line.index(after: open)..<close]), parent)
    }

    static func children(of parent: Int32) -> [Int32] {
        all.filter { entry($0)?.parent == parent }
    }
}
