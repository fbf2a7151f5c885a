import Foundation
import Platform
import Report

extension FactSource {
    /// This machine.
    static var system: FactSource {
        FactSource(
            read: { try? readFile($0) },
            list: { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] },
            run: { capture($0) })
    }
}

extension RunIdentity {
    /// The commit of the working directory.
    static func current(runID: String) -> RunIdentity {
        func line(_ arguments: String...) -> String? {
            let text = capture(["git"] + arguments)?.split(whereSeparator: \.isNewline).first
            return text.map(String.init)
        }
        let branch = line("rev-parse", "--abbrev-ref", "HEAD")
        return RunIdentity(
            runID: runID, commit: line("rev-parse", "HEAD"),
            branch: branch == "HEAD" ? nil : branch,
            isDirty: capture(["git", "status", "--porcelain"]).map { !$0.isEmpty })
    }
}
