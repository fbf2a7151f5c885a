import Basis
import Compare
import Testing

@testable import Matrix

struct WaiverTests {
    private static let good = """
        {waivers: [{
          cell: "h1/*", metric: "rps", max_ratio: 1.1, reason: "r", expires: "2028-02-29",
        }]}
        """

    private func parse(_ text: String) throws(Complaint) -> [Waiver] {
        try Waiver.parse(text, file: "w.json5", today: "2026-12-31")
    }

    @Test(
        "a waiver that is misspelt is refused",
        arguments: [
            ("max_ratio", "max_raito", "max_raito is unknown: did you mean 'max_ratio'?"),
            (
                "reason: \"r\"", "reason: \"r\", owner: \"me\"",
                "owner is unknown: choose from cell, metric, max_ratio, reason, expires"
            ),
            ("{waivers", "{waiver", "waiver is unknown: did you mean 'waivers'?"),
            ("02-29", "02-30", "expires is no day of the calendar such as 2027-01-31"),
            ("2028", "2027", "expires is no day of the calendar such as 2027-01-31"),
            ("02-29", "13-01", "expires is no day of the calendar such as 2027-01-31"),
        ])
    func refused(old: String, new: String, problem: String) throws {
        _ = try parse(Self.good)
        let complaint = #expect(throws: Complaint.self) {
            try parse(Self.good.replacing(old, with: new))
        }
        #expect(complaint?.problem.hasSuffix(problem) == true, "\(complaint?.problem ?? "")")
    }

    @Test("a waiver concerns a gate that has its cell with its metric")
    func concerns() throws {
        let waiver = try #require(try parse(Self.good).first)
        let rate = ComparedMetric.known.filter { $0.name == "rps" }
        #expect(waiver.concerns([GateCell(id: "h1/single", metrics: rate)]))
        #expect(!waiver.concerns([GateCell(id: "h2/single", metrics: rate)]))
        #expect(!waiver.concerns([GateCell(id: "h1/single", metrics: [])]))
    }

    @Test("a file of waivers that is missing is said to be one")
    func missing() {
        let complaint = #expect(throws: Complaint.self) {
            try RunOptions.read("/nonexistent/w.json5", or: "name a file of waivers")
        }
        #expect(complaint?.remedy == "name a file of waivers")
        var request = GateRequest(
            run: RunRequest(
                matrix: "m", profile: "p", seed: 1, cpus: CPUSplit(server: [0], load: [0])))
        request.waivers = "/nonexistent/w.json5"
        let waivers = #expect(throws: Complaint.self) { try GateCommand.waivers(request) }
        #expect(waivers?.remedy == "name a file of waivers, or leave --waivers out")
    }
}
