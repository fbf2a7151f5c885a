package import Basis
import Foundation
import Report

extension RunTable {
    private enum Limit {
        /// A table of a million launches is far below; what is larger was named by mistake.
        static let bytes = 1 << 30
    }

    /// Reads a folder of results (its `runs.csv` and what its `manifest.json` says of machine and
    /// times) or one table of comma-separated values; a `runs.csv` with the manifest beside it.
    package static func read(_ path: String, request: TableRequest) throws(Complaint) -> RunTable {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Complaint(
                "there is no \(path)", remedy: "name a folder under results/ or a .csv file")
        }
        // The values of a link say nothing of what it leads to.
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let values = try? target.resourceValues(forKeys: [.isDirectoryKey])
        guard values?.isDirectory == true else {
            var run = try table(path, name: path, request: request)
            run.file = target.path
            let (folder, name) = split(path)
            if run.isOwn, name == "runs.csv" { try run.readManifest(in: folder) }
            return run
        }
        let file = "\(path)/runs.csv"
        guard FileManager.default.fileExists(atPath: file) else {
            throw Complaint(
                "\(path) holds no runs.csv", remedy: "name the folder of a run that has measured")
        }
        var run = try table(file, name: path, request: request)
        run.file = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
        try run.readManifest(in: path)
        if run.machine == nil {
            run.notes.append("\(path): no manifest.json says on which machine it was measured")
        }
        return run
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        let folder = folderPart(of: path)
        return (folder.isEmpty ? "." : folder, namePart(of: path))
    }

    private static func table(
        _ path: String, name: String, request: TableRequest
    ) throws(Complaint) -> RunTable {
        let text = try text(path)
        let table: CSVTable
        do {
            table = try CSVTable(parsing: text)
        } catch {
            throw Complaint(
                "\(path) is no table: \(error)", remedy: "name a file of comma-separated values",
                status: .failure)
        }
        return try RunTable(table, name: name, request: request)
    }

    /// Takes over what the manifest says of the run, where there is one.
    private mutating func readManifest(in folder: String) throws(Complaint) {
        let path = "\(folder)/manifest.json"
        guard FileManager.default.fileExists(atPath: path) else { return }
        let text = try Self.text(path)
        do {
            let manifest = try RecordFields(try JSONValue(parsing: text))
            if let fingerprint = try manifest.optionalFields("fingerprint") {
                machine = Machine(
                    hardwareID: try fingerprint.text("hw_id"),
                    softwareID: try fingerprint.text("sw_id"))
            }
            if let times = try manifest.optionalFields("settings") {
                for time in ["warmup_ns", "duration_ns", "timeout_ns"] {
                    guard let value = try times.optionalInteger(time) else { continue }
                    settings.append(Setting(name: time, value: value))
                }
            }
            if let status = try manifest.optionalText("status"), status != "complete" {
                notes.append("\(name): the run is not complete: its status is \(status)")
            }
        } catch {
            throw Complaint(
                "\(path) is no manifest: \(error)", remedy: "name the folder of another run",
                status: .failure)
        }
    }

    private static func text(_ path: String) throws(Complaint) -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw Complaint(
                "\(path) can't be read", remedy: "check its permissions", status: .failure)
        }
        guard data.count <= Limit.bytes else {
            throw Complaint(
                "\(path) is larger than \(ByteCount(raw: Limit.bytes).display)",
                remedy: "name a table of launches", status: .failure)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Complaint(
                "\(path) is not UTF-8 text", remedy: "name a file of comma-separated values",
                status: .failure)
        }
        return text
    }
}
