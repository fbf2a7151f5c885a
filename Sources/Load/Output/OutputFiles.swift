package import Basis
import Platform
package import Report

extension LoadPlan.Outputs {
    /// The outputs that are wanted, by the names of their options.
    private var named: [(option: String, path: String)] {
        [("json", json), ("csv", csv), ("hlog", hlog), ("hgrm", hgrm)].compactMap { pair in
            pair.1.map { (pair.0, $0) }
        }
    }

    /// Looks whether every output can be written, before the run: a long one must not end with
    /// nowhere to write.
    package func check() throws(Complaint) {
        var files: [(option: String, file: OutputFile)] = []
        for (option, path) in named where path != "-" {
            if path.isEmpty {
                throw Complaint(
                    "--\(option) names no file", remedy: "give one, or - for the standard output")
            }
            let file = OutputFile(path)
            if file.kind == .folder || path.hasSuffix("/") {
                throw Complaint(
                    "--\(option) '\(path)' is a folder", remedy: "name a file in it")
            }
            if let other = files.first(where: { $0.file.resolved == file.resolved }),
                file.kind != .other
            {
                throw Complaint(
                    "--\(other.option) and --\(option) both write '\(path)'",
                    remedy: "give each a file of its own")
            }
            if !file.isWritable { throw Self.unwritable(path, nil) }
            files.append((option, file))
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
        var complaints: [Complaint] = []
        for (option, path) in named {
            let text =
                switch option {
                case "json": Renderings.json(report)
                case "csv": Renderings.csv(report)
                case "hlog": Renderings.hlog(result)
                default: Renderings.hgrm(result)
                }
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
