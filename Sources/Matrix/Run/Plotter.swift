import Basis
import Foundation
import Platform
import Report

/// Draws the figures of a run with gnuplot: every script of a folder but `style.gp` and those for
/// the history and for textbook effects.
struct Plotter: Sendable {
    /// The kind of image, which is also the ending of its name.
    enum Format: String, Sendable { case svg, png }

    /// What became of one figure.
    enum Outcome: Equatable, Sendable {
        case drawn(file: String)
        /// The run holds nothing for this figure; the script's own words.
        case skipped(String)
        case failed(String)
    }

    /// With this status a script says that the run holds no rows of the kind it draws.
    private static let nothingToDraw: Int32 = 3
    private static let timeLimit = 60

    /// The figure of many runs.
    static let history = "history"
    /// The figure of a comparison or a gate.
    static let comparison = "forest"
    /// The figure of a textbook effect.
    static let effect = "effect"
    private static let notOfARun = ["style.gp", "\(history).gp", "\(effect).gp"]

    /// The folder of the scripts.
    let folder: String

    static var isAvailable: Bool { capture(["gnuplot", "--version"]) != nil }

    /// The scripts that come with the program, where no folder is named.
    static func find(_ folder: String?) -> Plotter? {
        (folder ?? OwnFiles.folder("plots", holding: "style.gp")).map { Plotter(folder: $0) }
    }

    /// The one of `folder`; where nothing can be drawn, `or` is told why, in a clause.
    static func ready(_ folder: String?, or tell: (String) -> Void) -> Plotter? {
        guard isAvailable else {
            tell("\(Warning.noGnuplot)")
            return nil
        }
        guard let plotter = find(folder) else {
            tell("there is no folder of figures, so nothing is drawn; name it with --plots")
            return nil
        }
        return plotter
    }

    /// The names of the figures, without their ending.
    var figures: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".gp") && !Self.notOfARun.contains($0) }.map {
            String($0.dropLast(3))
        }
        .sorted()
    }

    /// Those of a run: the comparison's only where there is one.
    func figures(of run: RunDirectory) -> [String] {
        let isCompared = FileManager.default.fileExists(atPath: run.path + "/compare.csv")
        return figures.filter { $0 != Self.comparison || isCompared }
    }

    /// That of this process, with a locale that has the signs of the figures: in the C locale
    /// gnuplot complains of them.
    private static var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }
    }

    /// Draws one figure of `run` into its folder `plots`, which must exist.
    ///
    /// - Parameter part: of what in the tables, where a script draws one thing of several.
    func draw(
        _ figure: String, of run: RunDirectory, as format: Format, subtitle: String,
        part: String? = nil
    ) -> Outcome {
        let name = part.map { "\(figure)-\($0)" } ?? figure
        let file = "\(run.plotsPath)/\(name).\(format.rawValue)"
        var options = SpawnOptions(
            "gnuplot",
            ["-c", "\(folder)/\(figure).gp", run.path, file, subtitle] + (part.map { [$0] } ?? []))
        options.standardError = .captured
        options.environment = Self.environment
        do throws(SystemError) {
            var process = try ChildProcess(options)
            let words = process.remainingErrors(timeout: .seconds(Self.timeLimit))
            guard let end = process.wait(timeout: .seconds(1)) else {
                return .failed("took longer than \(Self.timeLimit) s")
            }
            switch end.ending {
            case .exited(0): return .drawn(file: file)
            case .exited(Self.nothingToDraw):
                try? FileManager.default.removeItem(atPath: file)
                return .skipped(lastLine(words))
            case .exited(let status): return .failed("status \(status): \(lastLine(words))")
            case .killed(let signal): return .failed("killed by signal \(signal)")
            }
        } catch {
            return .failed("gnuplot can't be started: \(error.reason)")
        }
    }
}

extension Manifest {
    /// The line below the heading of a figure: where its numbers come from.
    func subtitle(cells: Int, launches: Int) -> String {
        let commit = run.commit.map { String($0.prefix(12)) } ?? "no commit"
        let dirty = run.isDirty == true ? "+changes" : ""
        let hardware = context.first { $0.name == "fingerprint" }?.value["hw_id"]
        var machine = ""
        if case .string(let id)? = hardware { machine = ", machine \(id)" }
        return "\(run.runID), commit \(commit)\(dirty)\(machine), \(cells) cells, "
            + "\(launches) launches, seed \(request.seed)"
    }
}
