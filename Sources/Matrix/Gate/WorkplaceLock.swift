import Basis
import Foundation
import Platform

/// Holds a folder that a gate works in against a second one, until it is dropped or its process
/// ends, however it ends.
struct WorkplaceLock: ~Copyable {
    private let file: AppendOnlyFile

    /// The lock lies beside `folder`, which need not exist.
    init(_ folder: String) throws(Complaint) {
        let path = folder + ".lock"
        try? FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(),
            withIntermediateDirectories: true)
        do throws(SystemError) {
            file = try AppendOnlyFile(path)
        } catch {
            throw error.isHeldByAnother
                ? Complaint(
                    "another gate is at work in \(folder)", remedy: "wait for its end",
                    status: .failure)
                : error.complaint("can't lock \(path)", remedy: "make its folder writable")
        }
    }
}
