package import Basis
import Platform
package import Report

extension LoadPlan.Outputs {
    /// The outputs that are wanted.
    private var wanted: [(kind: Kind, path: String)] {
        Kind.allCases.compactMap { kind in paths[kind].map { (kind, $0) } }
    }

    /// Looks whether every output can be written, before the run: a long one must not end with
    /// nowhere to write.
    package func check() throws(Complaint) {
        var files: [(option: String, file: OutputFile)] = []
        for (kind, path) in wanted where path != "-" {
            if path.isEmpty {
                throw Complaint(
                    "--\(kind.rawValue) names no file",
                    remedy: "give one, or - for the standard output")
            }
            let file = OutputFile(path)
            if file.kind == .folder || path.hasSuffix("/") {
                throw Complaint(
                    "--\(kind.rawValue) '\(path)' is a folder", remedy: "name a file in it")
            }
            if let other = files.first(where: { $0.file.resolved == file.resolved }),
                file.kind != .other
            {
                throw Complaint(
                    "--\(other.option) and --\(kind.rawValue) both write '\(path)'",
                    remedy: "give each a file of its own")
            }
            if !file.isWritable { throw Self.unwritable(path, nil) }
            files.append((kind.rawValue, file))
        }
    }

    /// Writes every output that can be written, also when another one can't.
    ///
    /// - Parameter standardOutput: writes to it, and says whether that was taken.
    /// - Returns: what could not be written.
    package func save(
        _ result: borrowing LoadResult, _ report: LoadReport,
        standardOutput: (String) -> Bool
    ) -> [Complaint] {
        var texts: [Kind: String] = [:]
        for (kind, path) in wanted {
            texts[kind] =
                switch kind {
                case .json: Renderings.json(report)
                case .csv: Renderings.csv(report)
                case .hlog: Renderings.hlog(result)
                case .hgrm: Renderings.hgrm(result)
                case .series: Renderings.series(result, for: path)
                }
        }
        return save(texts, standardOutput: standardOutput)
    }

    /// The same with texts that are made already, one for each output.
    package func save(
        _ texts: [Kind: String], standardOutput: (String) -> Bool
    ) -> [Complaint] {
        var complaints: [Complaint] = []
        for (kind, path) in wanted {
            let text = texts[kind] ?? ""
            if path == "-" {
                if !standardOutput(text) {
                    complaints.append(Self.unwritable("-", StandardStreams.takeLostOutput()))
                }
                continue
            }
            do throws(SystemError) {
                try OutputFile(path).write(text)
            } catch {
                complaints.append(Self.unwritable(path, error))
            }
        }
        return complaints
    }

    private static func unwritable(_ path: String, _ error: SystemError?) -> Complaint {
        Complaint(
            "'\(path)' can't be written" + (error.map { ": \($0.reason)" } ?? ""),
            remedy: path == "-"
                ? "keep its reader alive and let it have room, or name a file"
                : "check the folder and its permissions",
            status: .failure)
    }
}
