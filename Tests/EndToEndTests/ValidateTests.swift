import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

@Suite("switchyard validate")
struct ValidateTests {
    /// Whatever the figure is: a machine that tests is not one that measures.
    @Test("a row is measured with the programs of this build, and yields a figure")
    func row() throws {
        let folder = try TemporaryFolder()
        var options = SpawnOptions(
            try Programs.own("switchyard"),
            [
                "validate", "--filter", "nagle/nodelay", "--json", "-", "--out",
                folder.path + "/effects",
            ])
        options.cpus = .ofParent
        options.standardError = .captured
        var child = try ChildProcess(options)
        let output = child.remainingOutput(timeout: TestLimit.hang)
        let errors = child.remainingErrors(timeout: TestLimit.hang)
        let ending = child.wait(timeout: TestLimit.hang)?.ending
        let fields = try RecordFields(JSONValue(parsing: output))
        let rows = try fields.objects("rows")
        #expect(rows.count == 1)
        #expect(try rows.first?.text("name") == "nagle/nodelay")
        #expect(try rows.first?.optionalNumber("measured") ?? 0 > 0, "\(output)")
        let holds = try fields.flag("holds")
        #expect(ending == .exited(holds ? 0 : 1), "\(errors)")
        let file = folder.path + "/effects/effects.csv"
        let table = try CSVTable(parsing: String(contentsOfFile: file, encoding: .utf8))
        #expect(table.rows.count == 1 && table.field(0, "measured") != nil)
    }
}
