import Basis
import Foundation

/// The folders that come with the program: in a clone its own, installed those of
/// `share/switchyard`.
enum OwnFiles {
    /// A clone's `.build/MACHINE/release` lies three folders below it.
    private static let highest = 4

    /// Where the folder `name` may be, by what is meant first.
    static func candidates(_ name: String, programs: String = Programs.ownFolder) -> [String] {
        // What is installed keeps to its own version, also when called within a clone of another.
        var candidates = [folderPart(of: programs) + "/share/switchyard/" + name, name]
        var above = programs
        for _ in 0..<highest {
            candidates.append(above + "/" + name)
            above = folderPart(of: above)
        }
        return candidates
    }

    /// The folder `name`, which is known by a file that it holds.
    static func folder(
        _ name: String, holding file: String, programs: String = Programs.ownFolder
    ) -> String? {
        candidates(name, programs: programs).first {
            FileManager.default.fileExists(atPath: "\($0)/\(file)")
        }
    }
}
