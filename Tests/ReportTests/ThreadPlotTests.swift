import Foundation
import Testing

/// The figures of what threads do: their roles, and how throughput grows with their number.
@Suite(.enabled(if: Gnuplot.path != nil, "gnuplot is not installed"))
struct ThreadPlotTests {
    private static func field(_ line: String, _ column: String, in table: [String]) -> Substring {
        let names = table[0].split(separator: ",", omittingEmptySubsequences: false)
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        return names.firstIndex(of: Substring(column)).map { fields[$0] } ?? ""
    }

    /// `table` with `value` under `column` in the rows that are `chosen`.
    private static func setting(
        _ column: String, to value: String, in table: [String], where chosen: (String) -> Bool
    ) -> [String] {
        let names = table[0].split(separator: ",", omittingEmptySubsequences: false)
        guard let index = names.firstIndex(of: Substring(column)) else { return table }
        return table.enumerated().map { number, line in
            if number == 0 || !chosen(line) { return line }
            var fields = line.split(separator: ",", omittingEmptySubsequences: false)
            fields[index] = Substring(value)
            return fields.joined(separator: ",")
        }
    }

    private static func drawing(
        _ figure: String, _ change: ([String]) -> [String]
    ) throws -> String {
        let folder = try Folder()
        let run = try folder.copyOfFixture(of: figure, change)
        let outcome = try folder.draw(figure, of: run, as: "a.svg")
        #expect(outcome == Outcome(status: 0, complaint: ""))
        return try folder.text("a.svg")
    }

    @Test("the law has its line and its parameters from four numbers of threads on")
    func fewThreads() throws {
        let drawing = try Self.drawing("scaling") { table in
            table.filter { Self.field($0, "threads", in: table) != "8" }
        }
        #expect(drawing.contains("descriptor-passing"))
        #expect(!drawing.contains("λ") && !drawing.contains("Universal"))
    }

    @Test(
        "no parameter of the law is negative",
        arguments: [("90000", "α 0, β 0.032<"), ("300000", "α 0, β 0<")])
    func superlinear(rate: String, mark: String) throws {
        let drawing = try Self.drawing("scaling") { table in
            Self.setting("rps_median", to: rate, in: table) {
                Self.field($0, "threads", in: table) == "8" && $0.contains("sharded:hash")
            }
        }
        #expect(drawing.contains(mark))
        #expect(!drawing.contains("α -") && !drawing.contains("β -"))
    }

    @Test("what differs besides the number of threads is another curve, and in its name")
    func twoPayloads() throws {
        let drawing = try Self.drawing("scaling") { table in
            table
                + Self.setting("payload_bytes", to: "4096", in: table) { _ in true }.dropFirst()
                .map { $0.replacing("/p13", with: "/p4096") }
        }
        #expect(drawing.contains(">sharded:hash 13 B<"))
        #expect(drawing.contains(">sharded:hash 4096 B<"))
        #expect(!drawing.contains("sharded:hash w"))
    }

    @Test("launches that don't count have no part in the CPU time of roles")
    func counted() throws {
        let drawing = try Self.drawing("roles") { table in
            table[0].contains(",valid,")
                ? Self.setting("valid", to: "1", in: table) { $0.contains("/single/") } : table
        }
        // Of three launches the third took nine times as much.
        #expect(!drawing.contains(">15.7<"))
        #expect(drawing.contains(">18.5<"), "another pattern")
    }

    @Test("a role that is unknown is one of the others")
    func unknownRole() throws {
        let drawing = try Self.drawing("roles") { table in
            Self.setting("role", to: "plumber", in: table) { _ in true }
        }
        #expect(drawing.contains(">other<") && !drawing.contains(">reader<"))
        #expect(drawing.contains(">15.7<"))
    }
}
