import Basis
import Foundation
import Report

extension OutputFolder {
    /// Writes `effects.csv` and `effect_points.csv`, and draws a figure of each effect that has a
    /// row with a measured value. What an earlier validation left is removed first.
    ///
    /// - Parameter plots: the folder of the scripts; nil for the usual one.
    func write(
        _ outcomes: [EffectOutcome], _ conditions: EffectConditions, plots: String?,
        on console: Console
    ) throws(Complaint) {
        let records = outcomes.map { (conditions: conditions, outcome: $0) }
        let points = outcomes.flatMap { outcome in
            outcome.points.map { (outcome: outcome, point: $0) }
        }
        try write("effects.csv", CSVTable(EffectColumns.all, rows: records).text)
        try write("effect_points.csv", CSVTable(EffectPointColumns.all, rows: points).text)
        removeFigures()
        let measured = outcomes.filter { $0.measured != nil }
        if measured.isEmpty { return }
        guard let plotter = Plotter.ready(plots, or: { console.errors("note: \($0)\n") }) else {
            return
        }
        var drawn: Set<String> = []
        for effect in measured.map(\.effect) where drawn.insert(effect).inserted {
            let outcome = plotter.draw(
                Plotter.effect, of: RunDirectory(path: path), as: .svg,
                subtitle: printable(conditions.subtitle), part: effect)
            switch outcome {
            case .drawn: break
            case .skipped(let reason), .failed(let reason):
                console.errors("note: \(effect): not drawn: \(reason)\n")
            }
        }
    }

    private func removeFigures() {
        let folder = RunDirectory(path: path).plotsPath
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix("\(Plotter.effect)-") && name.hasSuffix(".svg") {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}
