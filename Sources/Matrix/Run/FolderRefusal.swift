import Foundation
import Platform

/// Why a folder can't be made, in a clause.
enum FolderRefusal {
    /// - Parameter error: what FileManager threw.
    static func reason(_ path: String, _ error: any Error) -> String {
        let nearest = nearestExisting(path)
        let target = URL(fileURLWithPath: nearest).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        let kind = attributes?[.type] as? FileAttributeType
        if let kind, kind != .typeDirectory { return "\(nearest) is a file, not a folder" }
        if !FileManager.default.isWritableFile(atPath: nearest) {
            return "you may not write in \(nearest)"
        }
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError
        return cause.map { SystemError("mkdir", code: $0.code.rawValue).reason }
            ?? error.localizedDescription
    }

    /// The longest beginning of `path` that exists.
    private static func nearestExisting(_ path: String) -> String {
        var path = path
        while !path.isEmpty, !FileManager.default.fileExists(atPath: path) {
            let folder = (path as NSString).deletingLastPathComponent
            if folder == path { break }
            path = folder
        }
        return path.isEmpty ? "." : path
    }
}
