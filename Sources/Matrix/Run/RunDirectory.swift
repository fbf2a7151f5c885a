package import Basis
import Foundation
import Measure
import Platform
package import Report

/// The folder of one run, and the files in it.
package struct RunDirectory: Equatable, Sendable {
    /// Without a slash at its end.
    package let path: String

    package init(path: String) { self.path = path }

    package var name: String { namePart(of: path) }
    package var manifestPath: String { path + "/manifest.json" }
    package var journalPath: String { path + "/journal.ndjson" }
    package var plotsPath: String { path + "/plots" }

    /// The folder that holds a run: a path, the name of a run below `results`, or `latest`.
    package static func find(_ text: String, results: String) throws(Complaint) -> RunDirectory {
        for candidate in [text, "\(results)/\(text)"] {
            var path = candidate
            while path.count > 1, path.hasSuffix("/") { path.removeLast() }
            guard FileManager.default.fileExists(atPath: path + "/manifest.json") else { continue }
            // `latest` is a link; the run keeps its own name.
            return RunDirectory(path: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        }
        let runs = (try? FileManager.default.contentsOfDirectory(atPath: results)) ?? []
        let near = nearestName(to: text, among: runs.sorted()).map { "did you mean \($0)? " } ?? ""
        throw Complaint(
            "there is no run '\(text)'",
            remedy: near + "give the folder of a run, its name below \(results), or latest")
    }

    /// Makes the folder of a new run. A second run of the same second gets a number behind its
    /// name.
    package static func create(_ name: String, in results: String) throws(Complaint) -> RunDirectory
    {
        let manager = FileManager.default
        for attempt in 1...100 {
            let path = "\(results)/\(name)" + (attempt == 1 ? "" : "-\(attempt)")
            if manager.fileExists(atPath: path) { continue }
            do {
                try manager.createDirectory(
                    atPath: path + "/hist", withIntermediateDirectories: true)
            } catch {
                throw Complaint(
                    "can't make the folder \(path): \(FolderRefusal.reason(path, error))",
                    remedy: "choose another with --results", status: .failure)
            }
            return RunDirectory(path: URL(fileURLWithPath: path).standardizedFileURL.path)
        }
        throw Complaint(
            "\(results) is full of runs named \(name)", remedy: "wait a second", status: .failure)
    }

    package func write(_ name: String, _ content: String) throws(Complaint) {
        do throws(SystemError) {
            try AtomicFile.replace("\(path)/\(name)", with: content)
        } catch {
            throw error.complaint(
                "can't write \(path)/\(name)", remedy: "make room on the disk, then resume")
        }
    }

    /// Points `results/latest` at this run.
    package func becomeLatest() throws(Complaint) {
        let link = folderPart(of: path) + "/latest"
        do throws(SystemError) {
            try AtomicFile.link(link, to: name)
        } catch {
            throw error.complaint("can't make the link \(link)", remedy: "remove what is there")
        }
    }

    /// Writes everything that follows from the journal: the three tables and the histograms.
    package func writeTables(run: RunIdentity, records: [LaunchRecord]) throws(Complaint) {
        let ordered = records.sorted { $0.slot < $1.slot }
        let rows = ordered.map { RunRow(run: run, launch: $0) }
        let cells = CellSummary.all(ordered).map { CellRow(run: run, summary: $0) }
        let workers = ordered.flatMap { launch in
            launch.workers.map { WorkerRow(run: run, launch: launch, worker: $0) }
        }
        try write("runs.csv", CSVTable(RunColumns.all, rows: rows).text)
        try write("cells.csv", CSVTable(CellColumns.all, rows: cells).text)
        try write("workers.csv", CSVTable(WorkerColumns.all, rows: workers).text)
        for (cell, launches) in Dictionary(grouping: ordered, by: \.cell) {
            try writeHistograms(cell, launches)
        }
    }

    /// The log of a cell holds every launch with a report; the merged text only those that count,
    /// for it stands for the cell.
    private func writeHistograms(_ cell: Cell, _ launches: [LaunchRecord]) throws(Complaint) {
        var entries: [IntervalLog.Entry] = []
        var merged = Histogram()
        for launch in launches {
            guard let load = launch.load else { continue }
            entries.append(
                IntervalLog.Entry(
                    tag: launch.tag, start: launch.time, length: load.duration,
                    max: load.latency.max, histogram: load.latencyHistogram))
            guard launch.isValid else { continue }
            do throws(HistogramCodec.Refusal) {
                merged.add(try HistogramCodec.decode(base64: load.latencyHistogram))
            } catch {
                throw Complaint(
                    "the histogram of launch \(launch.slot) can't be read: \(error)",
                    remedy: "restore the journal or begin a new run", status: .failure)
            }
        }
        guard let first = entries.first else { return }
        let log = IntervalLog(start: first.start, entries: entries)
        try write("hist/\(cell.fileStem).hlog", log.text)
        if !merged.isEmpty {
            try write("hist/\(cell.fileStem).hgrm", PercentileText.text(merged))
        }
    }
}
