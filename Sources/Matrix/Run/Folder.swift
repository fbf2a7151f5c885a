import Basis
import Foundation
import Platform

/// Makes folders.
enum Folder {
    /// Makes `path` and what is missing above it.
    ///
    /// - Parameter remedy: what to do where that is refused.
    static func make(_ path: String, remedy: String) throws(Complaint) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Complaint(
                "can't make the folder \(path): \(reason(path, error))", remedy: remedy,
                status: .failure)
        }
    }

    /// Makes a folder for files that are soon removed.
    static func makeTemporary() throws(Complaint) -> String {
        let path = NSTemporaryDirectory() + "switchyard-\(UUID().uuidString.prefix(8))"
        try make(path, remedy: "name a writable folder in TMPDIR")
        return path
    }

    /// Why a folder can't be made, in a clause.
    ///
    /// - Parameter error: what FileManager threw.
    private static func reason(_ path: String, _ error: any Error) -> String {
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
