package import Basis
import Platform
import Report

/// Shows the cells and the profiles of a matrix file.
package enum ListCommand: Command {
    package static let name = "list"
    package static let parser = OptionParser(
        program: "switchyard list", operands: "[MATRIX]",
        summary: "list the cells and profiles of a matrix file",
        options: RunOptions.matrix + [
            OptionSpec("profiles", help: "list the profiles instead of the cells"),
            RunOptions.json,
        ])

    package static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let file = try options.operand("matrix file") ?? RunOptions.defaultMatrix
        let matrix = try Matrix(parsing: try RunOptions.read(file), file: file)
        if options.has("profiles") {
            return showProfiles(matrix, asJSON: options.has("json"), on: console)
        }
        let filter = try options.text("filter").map { (text) throws(Complaint) in
            try CellFilter(parsing: text, origin: "--filter")
        }
        let cells = try matrix.expand(
            profile: options.text("profile") ?? Matrix.defaultProfile, filter: filter,
            serverThreads: CPUSplit(halving: CPUSet.available.cpus).server.count
        ).cells
        if options.has("json") {
            console.output(JSONValue.array(cells.map(\.json)).pretty)
        } else {
            console.output(cells.map { $0.id + "\n" }.joined())
            console.errors("\(cells.count) cells\n")
        }
        return .success
    }

    private static func showProfiles(
        _ matrix: Matrix, asJSON: Bool, on console: Console
    ) -> ExitStatus {
        if asJSON {
            let profiles = matrix.profiles.map { entry -> JSONValue in
                ["name": .string(entry.name), "about": .string(entry.profile.about)]
            }
            console.output(JSONValue.array(profiles).pretty)
            return .success
        }
        var table = TextTable([.init("profile", .left), .init("about", .left)])
        for entry in matrix.profiles {
            table.append([.init(entry.name), .init(entry.profile.about)])
        }
        console.output(table.text(width: console.width, colours: console.allowsColours))
        return .success
    }
}
