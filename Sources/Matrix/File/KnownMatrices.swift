import Basis
import Foundation

/// The matrix files that come with the program, by name: `default` is `Benchmarks/default.json5`.
enum KnownMatrices {
    private static let folder = "Benchmarks"
    private static let ending = ".json5"

    static var names: [String] {
        guard let place else { return [] }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        return files.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
            .sorted()
    }

    private static var place: String? {
        OwnFiles.folder(folder, holding: "default" + ending)
    }

    /// The file that the user means: the one at that path, or where there is none, the one that
    /// comes with the program, by its name or as a clone's documents call it.
    static func file(_ text: String) throws(Complaint) -> String {
        var isFolder: ObjCBool = false
        // SAFETY: a Boolean of this function, which is written before the call returns.
        if unsafe FileManager.default.fileExists(atPath: text, isDirectory: &isFolder),
            !isFolder.boolValue
        {
            return text
        }
        let names = names
        guard let place, !names.isEmpty else { return text }
        let known = names.first { text == $0 || text == "\(folder)/\($0)\(ending)" }
        if let known { return "\(place)/\(known)\(ending)" }
        guard !isFolder.boolValue, !text.isEmpty, !text.contains(where: { "./".contains($0) })
        else { return text }
        let near = nearestName(to: text, among: names).map { "did you mean \($0)? " } ?? ""
        throw Complaint(
            "there is no matrix '\(text)'",
            remedy: near + "name a file, or one of \(names.joined(separator: ", "))",
            status: .usage)
    }
}
