import Basis
import Report

/// Says which build this is and which formats it writes.
enum VersionCommand: Command {
    static let name = "version"
    static let parser = OptionParser(
        program: "switchyard version", summary: "show the version of the program and its formats",
        options: [RunOptions.json])

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        let formats = [
            Manifest.schema, LaunchRecord.schema, LoadReport.schema, RunColumns.schema,
            CellColumns.schema, WorkerColumns.schema,
        ]
        if options.has("json") {
            console.output(
                JSONValue.object([
                    .init("schema", "switchyard.version/1"), .init("name", "switchyard"),
                    .init("version", .string(switchyardVersion)),
                    .init("schemas", .array(formats.map { .string($0) })),
                ]).pretty)
        } else {
            console.output("switchyard \(switchyardVersion)\n")
            console.output("formats: \(formats.joined(separator: ", "))\n")
        }
        return .success
    }
}
