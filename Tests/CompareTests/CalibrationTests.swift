import Basis
import Compare
import Foundation
import Report
import Testing

@testable import Matrix

/// What a gate makes of a calibration.
struct CalibrationTests {
    static let cells = (0..<6).map {
        GateCell(id: "cell\($0)", metrics: [ComparedMetric.known[1]])
    }

    static func calibration(
        _ sigma: Double, _ pairing: Pairing = .launch, metric: String = "srv_cpu_ns_per_req"
    ) -> Calibration {
        Calibration(
            hardwareID: "abc",
            noises: [
                .init(
                    metric: metric, pairing: pairing, sigma: sigma, pairs: 144,
                    pairTime: .seconds(6))
            ])
    }

    @Test("it is read as it was written; anything else is refused in one line")
    func reading() throws {
        let whole = Calibration(
            hardwareID: "abc",
            noises: Self.calibration(0.03).noises + Self.calibration(0.01, .slice).noises)
        #expect(try Calibration(parsing: whole.json.pretty, file: "c") == whole)
        for (broken, problem) in [
            ("{}", "schema is missing"),
            (
                whole.json.compact.replacing("switchyard.calibration/1", with: "x"),
                "schema is 'x'"
            ),
            (whole.json.compact.replacing("\"slice\"", with: "\"duet\""), "pairing 'duet'"),
            (whole.json.compact.replacing("\"pair_ns\"", with: "\"pair\""), "pair_ns is missing"),
        ] {
            let complaint = #expect(throws: Complaint.self) {
                _ = try Calibration(parsing: broken, file: "c.json")
            }
            #expect(complaint?.problem.hasPrefix("c.json is no calibration: ") == true)
            #expect(complaint?.problem.contains(problem) == true, "\(complaint?.problem ?? "")")
        }
    }

    @Test("the forecast has a line a metric and pairing, and the time a gate takes")
    func forecast() {
        let both = Calibration(
            hardwareID: "abc",
            noises: Self.calibration(0.08).noises + Self.calibration(0.01, .slice).noises)
        let lines = both.forecast(GatePolicy(), cells: 6)
        #expect(lines.count == 4)
        #expect(
            lines[0].hasPrefix("srv_cpu_ns_per_req by launch: pairs scatter by 8.00% (144 pairs);"))
        #expect(lines[0].contains("24 pairs confirm") && lines[0].hasSuffix("INCONCLUSIVE"))
        #expect(lines[1].contains("by slice") && lines[1].contains("16 pairs confirm"))
        #expect(!lines[1].contains("INCONCLUSIVE"))
        // 6 cells of 6 pairs and 16 of control, 6 s each.
        #expect(lines[2].contains("by launch a clean gate of 6 cells takes about 5.20m"))
    }

    @Test(
        "a gate that could not find what it promises is refused",
        arguments: [
            (0.059, Pairing.launch, Pairing.launch, "srv_cpu_ns_per_req", false),
            (0.061, .launch, .launch, "srv_cpu_ns_per_req", true),
            (0.061, .slice, .slice, "srv_cpu_ns_per_req", true),
            (0.5, .slice, .launch, "srv_cpu_ns_per_req", false),
            (0.5, .launch, .slice, "srv_cpu_ns_per_req", false),
            (0.5, .launch, .launch, "p99_us", false),
            (0.061, .launch, .launch, "rps", true), (0.061, .launch, .slice, "rps", true),
        ])
    func refusal(
        sigma: Double, known: Pairing, gate: Pairing, metric: String, isRefused: Bool
    ) throws {
        let met = Self.calibration(sigma, known, metric: metric).met(by: gate)
        let cells =
            Self.cells + [
                GateCell(id: "closed", metrics: ComparedMetric.known.filter { $0.name == "rps" })
            ]
        guard isRefused else {
            try met.check(GatePolicy(), cells)
            return
        }
        let complaint = #expect(throws: Complaint.self) {
            try met.check(GatePolicy(), cells)
        }
        #expect(complaint?.status == .invalidRun)
        #expect(complaint?.problem.contains("scatter by 6.1% on this machine") == true)
        #expect(complaint?.problem.contains("and it promises ") == true)
        #expect(complaint?.remedy.contains("--force") == true)
    }

    @Test("the quick policy promises less and refuses sooner")
    func quick() throws {
        try Self.calibration(0.055).check(GatePolicy(), Self.cells)
        #expect(throws: Complaint.self) {
            try Self.calibration(0.055).check(.quick, Self.cells)
        }
    }

    /// What the command said and how it ended, with a calibration of this or another machine.
    private func gate(
        sigma: Double, by pairing: Pairing = .slice, hardware: String? = nil,
        _ options: [String] = []
    ) throws -> (status: Basis.ExitStatus, errors: String) {
        final class Text { var errors = "" }
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "switchyard-calibration-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let calibration = Calibration(
            hardwareID: hardware ?? Fingerprint(.system).hardwareID,
            noises: Self.calibration(sigma, pairing).noises)
        try Data(calibration.json.pretty.utf8).write(
            to: folder.appending(path: Calibration.file))
        let matrix = folder.appending(path: "gate.json5")
        try Data("{axes: {pattern: ['single'], rate: ['15k']}}".utf8).write(to: matrix)
        let text = Text()
        let status = Switchyard.main(
            ["gate", matrix.path, "--results", folder.path] + options,
            on: Console(output: { _ in }, errors: { text.errors += $0 }))
        return (status, text.errors)
    }

    @Test("switchyard gate looks at the calibration before it builds anything")
    func command() throws {
        let refused = try gate(sigma: 0.2)
        #expect(refused.status == .invalidRun, "\(refused.errors)")
        #expect(refused.errors.contains("pairs of srv_cpu_ns_per_req scatter by 20.0%"))
        #expect(refused.errors.split(separator: "\n").count == 1)
        // What stops these is that there is no base to compare with.
        for status in [
            try gate(sigma: 0.2, ["--force"]).status, try gate(sigma: 0.02).status,
            try gate(sigma: 0.2, hardware: "another").status,
            try gate(sigma: 0.2, by: .launch).status,
            try gate(sigma: 0.2, ["--pairing", "launch"]).status,
        ] {
            #expect(status != .invalidRun && status != .success)
        }
    }

    @Test(
        "figures that no machine has are no calibration",
        arguments: [
            ("pair_ns", "9223372036854775807", "is no time of a pair"),
            ("pair_ns", "-1", "is no time of a pair"),
            ("sigma", "-0.1", "is no scatter of pairs"),
            ("sigma", "1e300", "is no scatter of pairs"),
        ])
    func impossible(member: String, value: String, problem: String) throws {
        let whole = Self.calibration(0.02).json.pretty
        let text = whole.replacing(
            try Regex("\"\(member)\": [0-9.]+"), with: "\"\(member)\": \(value)")
        #expect(text != whole)
        let complaint = #expect(throws: Complaint.self) {
            try Calibration(parsing: text, file: "c.json")
        }
        #expect(complaint?.problem == "c.json is no calibration: \(member) \(problem)")
        // The longest that is taken does not trap in a gate of any size.
        let longest = try Calibration(
            parsing: whole.replacing(
                try Regex("\"pair_ns\": [0-9]+"), with: "\"pair_ns\": 604800000000000"),
            file: "c.json")
        #expect(
            longest.forecast(GatePolicy(), cells: 1_000_000).last?.contains("centuries") == true)
    }
}
