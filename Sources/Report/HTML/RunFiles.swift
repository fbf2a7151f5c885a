package import Basis
import Foundation

/// What the folder of a run holds, as far as a report needs it.
package struct RunFiles: Equatable, Sendable {
    /// A figure of `plots/`.
    package struct Figure: Equatable, Sendable {
        /// The name of the file without `.svg`.
        package let name: String
        package let drawing: Drawing
    }

    /// An object.
    package let manifest: JSONValue
    package let cells: CSVTable
    package let runs: CSVTable
    package let workers: CSVTable
    /// Nil where cells differ in no round-trip time.
    package let slopes: CSVTable?
    /// By name.
    package let figures: [Figure]
    /// Why launches of a cell have the verdict they have, by the cell's id, in the order of the
    /// run.
    package let reasons: [String: [String]]
    /// Launches in whose place others were made, by the cell's id.
    package let replaced: [String: Int]
    /// The files of the folder that hold results, by their paths inside it, sorted.
    package let paths: [String]

    /// Reads the folder. A file that is missing, torn or not what its name says is a complaint with
    /// status 1; only figures and the journal may be absent.
    package init(folder: String) throws(Complaint) {
        let source = Source(folder: folder)
        manifest = try source.manifest()
        cells = try source.table(
            "cells.csv", with: ["cell_id", "pattern", "threads", "connections", "arrival", "n"])
        runs = try source.table("runs.csv", with: ["cell_id", "slot", "verdict", "valid"])
        workers = try source.table(
            "workers.csv",
            with: [
                "cell_id", "slot", "worker", "requests", "owned", "role",
                "cpu_ns",
            ])
        slopes =
            try source.text("slopes.csv") == nil
            ? nil : try source.table("slopes.csv", with: ["line_id", "name", "slope"])
        figures = try source.figures()
        reasons = try source.reasons(runs)
        replaced = Self.replaced(runs)
        paths = source.paths()
    }

    private static func replaced(_ runs: CSVTable) -> [String: Int] {
        let cells = runs.rows.indices.compactMap { row in
            runs.field(row, "replaced_by") == nil ? nil : runs.field(row, "cell_id")
        }
        return Dictionary(cells.map { ($0, 1) }, uniquingKeysWith: +)
    }

    /// The text of a member of the manifest; nil when it is absent or no text.
    package func text(_ name: String) -> String? { manifest[name]?.textValue }
}

extension JSONValue {
    var textValue: String? {
        if case .string(let text) = self { return text }
        return nil
    }
}

/// One folder, with complaints that name the file.
private struct Source {
    let folder: String

    func text(_ name: String) throws(Complaint) -> String? {
        let path = "\(folder)/\(name)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw complaint(name, "can't be read", "check its permissions")
        }
        guard let text = String(bytes: bytes, encoding: .utf8) else {
            throw complaint(name, "is not UTF-8")
        }
        return text
    }

    func complaint(_ name: String, _ problem: String, _ remedy: String? = nil) -> Complaint {
        Complaint(
            "\(folder)/\(name) \(problem)",
            remedy: remedy ?? "finish the run with: switchyard resume '\(folder)'",
            status: .failure)
    }

    func manifest() throws(Complaint) -> JSONValue {
        let name = "manifest.json"
        guard let text = try text(name) else {
            throw complaint(name, "is missing", "name the folder of a run")
        }
        do throws(JSONRefusal) {
            let value = try JSONValue(parsing: text)
            if case .object = value, value["run_id"]?.textValue != nil { return value }
        } catch {
            throw complaint(name, "is no manifest: \(error)", "name the folder of another run")
        }
        throw complaint(name, "is no manifest: it has no run_id", "name the folder of another run")
    }

    /// - Parameter columns: those without which a report makes no sense.
    func table(_ name: String, with columns: [String]) throws(Complaint) -> CSVTable {
        guard let text = try text(name) else { throw complaint(name, "is missing") }
        let table: CSVTable
        do throws(CSVRefusal) {
            table = try CSVTable(parsing: text)
        } catch {
            throw complaint(name, "is no table: \(error)")
        }
        if table.lostTornLine { throw complaint(name, "is cut off in its last line") }
        if let absent = columns.first(where: { table.index(of: $0) == nil }) {
            throw complaint(name, "has no column \(absent)", "name the folder of another run")
        }
        return table
    }

    func figures() throws(Complaint) -> [RunFiles.Figure] {
        var figures: [RunFiles.Figure] = []
        for file in names(in: "plots") where file.hasSuffix(".svg") {
            let name = String(file.dropLast(4))
            guard let text = try text("plots/\(file)") else { continue }
            do throws(XMLRefusal) {
                let label = FigureGuide.of(name).question
                let prefix = "figure-\(figures.count)"
                figures.append(
                    RunFiles.Figure(
                        name: name,
                        drawing: try Drawing(parsing: text, name: prefix, label: label)))
            } catch {
                throw complaint(
                    "plots/\(file)", "is no SVG image: \(error)",
                    "draw it again with: switchyard plot '\(folder)'")
            }
        }
        return figures
    }

    /// The reasons of the journal, whose last line may be torn; of `runs.csv` where it has none.
    func reasons(_ runs: CSVTable) throws(Complaint) -> [String: [String]] {
        var reasons: [String: [String]] = [:]
        var known: Set<String> = []
        let name = "journal.ndjson"
        let text = try text(name) ?? ""
        let whole = text.lastIndex(of: "\n") ?? text.startIndex
        for (index, line) in text[..<whole].split(separator: "\n").enumerated() {
            do throws(JSONRefusal) {
                let launch = try JSONValue(parsing: String(line))
                guard let cell = launch["cell"]?["cell_id"]?.textValue else { continue }
                if case .array(let found) = launch["load"]?["verdict"]?["reasons"] {
                    reasons[cell, default: []] += found.compactMap(\.textValue)
                    known.insert(cell)
                }
            } catch {
                throw complaint(
                    name, "line \(index + 1) is no launch: \(error)", "restore the file")
            }
        }
        for row in runs.rows.indices {
            guard let cell = runs.field(row, "cell_id"),
                let reason = runs.field(row, "invalid_reason"),
                !known.contains(cell) || !(reasons[cell] ?? []).contains(reason)
            else { continue }
            reasons[cell, default: []].append(reason)
        }
        return reasons
    }

    private func names(in subfolder: String) -> [String] {
        let all = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(subfolder)")
        return (all ?? []).sorted()
    }

    func paths() -> [String] {
        let kinds = ["csv", "json", "ndjson", "hlog", "hgrm", "svg", "md", "xml"]
        let found = ["", "hist/", "plots/"].flatMap { place in
            names(in: place).map { place + $0 }
        }
        return found.filter { path in kinds.contains { path.hasSuffix(".\($0)") } }
    }
}
