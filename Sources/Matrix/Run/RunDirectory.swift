import Basis
import Foundation
import Measure
import Platform
import Report

/// The folder of one run, and the files in it.
struct RunDirectory: Equatable, Sendable {
    /// Without a slash at its end.
    let path: String

    var name: String { namePart(of: path) }
    var manifestPath: String { path + "/manifest.json" }
    var journalPath: String { path + "/journal.ndjson" }
    var plotsPath: String { path + "/plots" }

    /// The folder that holds a run: a path, the name of a run below `results`, or `latest`.
    static func find(_ text: String, results: String) throws(Complaint) -> RunDirectory {
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
    static func create(_ name: String, in results: String) throws(Complaint) -> RunDirectory {
        for attempt in 1...100 {
            let path = "\(results)/\(name)" + (attempt == 1 ? "" : "-\(attempt)")
            if FileManager.default.fileExists(atPath: path) { continue }
            try Folder.make(path, remedy: "choose another with --results")
            try Folder.make(path + "/hist", remedy: "choose another with --results")
            return RunDirectory(path: URL(fileURLWithPath: path).standardizedFileURL.path)
        }
        throw Complaint(
            "\(results) is full of runs named \(name)", remedy: "wait a second", status: .failure)
    }

    func write(_ name: String, _ content: String) throws(Complaint) {
        do throws(SystemError) {
            try AtomicFile.replace("\(path)/\(name)", with: content)
        } catch {
            throw error.complaint(
                "can't write \(path)/\(name)", remedy: "make room on the disk, then resume")
        }
    }

    /// Points `results/latest` at this run.
    func becomeLatest() throws(Complaint) {
        let link = folderPart(of: path) + "/latest"
        do throws(SystemError) {
            try AtomicFile.link(link, to: name)
        } catch {
            throw error.complaint("can't make the link \(link)", remedy: "remove what is there")
        }
    }

    /// Writes everything that follows from the journal: the tables and the histograms. Of slopes
    /// there is a table only where cells differ in their round-trip time.
    func writeTables(run: RunIdentity, records: [LaunchRecord]) throws(Complaint) {
        let ordered = records.sorted { $0.slot < $1.slot }
        let rows = ordered.map { (run: run, launch: $0) }
        let summaries = CellSummary.all(ordered)
        let cells = summaries.map { (run: run, summary: $0) }
        let slopes = SlopeSummary.all(summaries).map { (run: run, line: $0) }
        let workers = ordered.flatMap { launch in
            launch.workers.map { (run: run, launch: launch, worker: $0) }
        }
        try write("runs.csv", CSVTable(RunColumns.all, rows: rows).text)
        try write("cells.csv", CSVTable(CellColumns.all, rows: cells).text)
        try write("workers.csv", CSVTable(WorkerColumns.all, rows: workers).text)
        if !slopes.isEmpty {
            try write("slopes.csv", CSVTable(SlopeColumns.all, rows: slopes).text)
        }
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
