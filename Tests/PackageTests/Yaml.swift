import Basis
import Foundation
import TestSupport

/// Files of YAML, read by PyYAML of scripts/requirements.txt.
enum Yaml {
    private static let interpreter = "\(Script.root)/.build/python/bin/python"

    /// Whether tests that want it can run: where a missing tool must be noticed (CI), always.
    static var isPresent: Bool {
        FileManager.default.isExecutableFile(atPath: interpreter)
            || ProcessInfo.processInfo.environment["CI"] != nil
    }

    /// - Parameter file: below the repository. Its key `on` becomes `true`, as YAML 1.1 has it.
    static func read(_ file: String) throws -> JSONValue {
        let ending = try Script(
            interpreter,
            [
                "-c",
                "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))",
                "\(Script.root)/\(file)",
            ])
        guard ending.status == 0 else { throw TestFailure("\(file): \(ending.errors)") }
        return try JSONValue(parsing: ending.output)
    }
}

extension JSONValue {
    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
