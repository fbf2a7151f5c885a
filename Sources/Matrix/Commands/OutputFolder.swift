import Basis
import Compare
import Foundation
import Report

/// The folder that a comparison, a gate or a validation writes its files into.
struct OutputFolder {
    let path: String

    init(_ path: String) throws(Complaint) {
        self.path = path
        try Folder.make(path, remedy: "choose another with --out")
        try Folder.make(path + "/plots", remedy: "choose another with --out")
    }

    func write(_ name: String, _ content: String) throws(Complaint) {
        try RunDirectory(path: path).write(name, content)
    }

    /// Writes `compare.csv` and draws it.
    ///
    /// - Parameter plots: the folder of the scripts; nil for the usual one.
    func write(
        _ rows: [CompareRow], plots: String?, subtitle: String, on console: Console
    ) throws(Complaint) {
        try write("compare.csv", CSVTable(CompareColumns.all, rows: rows).text)
        if !rows.isEmpty, let note = try drawForest(rows, plots: plots, subtitle) {
            console.errors("note: \(note)\n")
        }
    }

    /// Draws `plots/forest.svg` of these rows of `compare.csv`; says in a clause why not, if not.
    ///
    /// Of many rows gnuplot is given few, in `forest.csv`: its arrays take time of order n² to
    /// choose from. There it is given names, too, that it would misread. What an earlier
    /// comparison left in this folder is removed first.
    private func drawForest(
        _ rows: [CompareRow], plots: String?, _ subtitle: String
    ) throws(Complaint) -> String? {
        let figure = Plotter.comparison
        for stale in ["\(figure).csv", "plots/\(figure).svg"] {
            try? FileManager.default.removeItem(atPath: "\(path)/\(stale)")
        }
        let chosen = ForestRows.chosen(rows)
        if rows.count > ForestRows.limit || rows.contains(where: \.isMisread), !chosen.isEmpty {
            let drawn = chosen.map(\.drawn)
            try write("\(figure).csv", CSVTable(CompareColumns.all, rows: drawn).text)
        }
        var impediment: String?
        guard let plotter = Plotter.ready(plots, or: { impediment = $0 }) else { return impediment }
        switch plotter.draw(
            figure, of: RunDirectory(path: path), as: .svg, subtitle: printable(subtitle))
        {
        // That no row can be drawn is no news beside the table of all rows.
        case .drawn, .skipped: return nil
        case .failed(let reason): return "\(figure): \(reason)"
        }
    }
}
