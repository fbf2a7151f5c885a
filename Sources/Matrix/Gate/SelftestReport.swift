import Basis
import Compare
import Report

/// How the gates of a self-test ended.
struct SelftestReport {
    static let schema = "switchyard.selftest/1"

    /// In the short form a machine that is too noisy for a case fails nothing.
    let isShort: Bool
    var gates: [(subject: SelftestCase, standing: SelftestCase.Standing, line: String)] = []

    private var hidden: Int { gates.count { $0.standing == .notShown } }

    var status: ExitStatus {
        if gates.contains(where: { $0.standing == .wrong }) { return .failure }
        return hidden == 0 || isShort ? .success : .invalidRun
    }

    /// The last line.
    var line: String {
        if status == .failure { return "gate-selftest: FAILED" }
        let noise =
            hidden == 0 ? "" : ", \(hidden) of \(gates.count) cases not shown on this machine"
        return "gate-selftest: \(status == .success ? "passed" : "NOT SHOWN")\(noise)"
    }

    var json: JSONValue {
        [
            "schema": .string(Self.schema), "exit": .integer(Int64(status.rawValue)),
            "line": .string(line),
            "gates": .array(
                gates.map { gate in
                    [
                        "case": .string(gate.subject.rawValue),
                        "due": .string(gate.subject.due.rawValue),
                        "standing": .string(gate.standing.rawValue), "line": .string(gate.line),
                    ]
                }),
        ]
    }
}
