import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

/// The Python packages of scripts/requirements.txt, which `scripts/set-up test` puts into
/// .build/python.
enum PythonOracle {
    static let absence: Comment = "no .build/python: run scripts/set-up build test"

    static let interpreter = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/python/bin/python").path

    /// Whether tests that want it can run: where a missing tool must be noticed (CI), always.
    static var isPresent: Bool {
        FileManager.default.isExecutableFile(atPath: interpreter)
            || ProcessInfo.processInfo.environment["CI"] != nil
    }

    /// What a script prints, as JSON. It finds `given` in the variable `given`.
    static func answer(_ script: String, _ given: JSONValue) throws -> JSONValue {
        let folder = try TemporaryFolder()
        let file = folder.file("given.json")
        try given.compact.write(toFile: file, atomically: true, encoding: .utf8)
        let prologue = "import json, sys\ngiven = json.load(open(sys.argv[1]))\n"
        var options = SpawnOptions(interpreter, ["-c", prologue + script, file])
        options.standardError = .captured
        var child = try ChildProcess(options)
        let output = child.remainingOutput(timeout: TestLimit.hang)
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        let end = child.wait(timeout: TestLimit.hang)?.ending
        guard end == .exited(0) else { throw TestFailure("python failed: \(errors)") }
        return try JSONValue(parsing: output)
    }
}

extension JSONValue {
    static func numbers(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }

    /// The numbers of a list, whole or not.
    var doubles: [Double] {
        guard case .array(let values) = self else { return [] }
        return values.compactMap(\.double)
    }

    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    var elements: [JSONValue] {
        guard case .array(let values) = self else { return [] }
        return values
    }
}

/// Whether two figures agree but for rounding.
func agree(_ a: Double?, _ b: Double?, within tolerance: Double = 1e-9) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return abs(a - b) <= tolerance * max(1, abs(a), abs(b))
}
