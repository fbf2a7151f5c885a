import Basis
import Compare
import Foundation
import Platform
import Report

/// The part of a gate that needs no statistics: counters of the candidate against committed ones.
enum ExactCheck {
    /// Looked for in every gate of this project's own server.
    static let defaultFile = "Benchmarks/baseline.json"
    /// In place of a file: holds the candidate to nothing.
    static let none = "none"

    /// The baseline that the command line asks for, or the default one where it exists.
    static func file(_ asked: String?) -> String? {
        if let asked { return asked == none ? nil : asked }
        return FileManager.default.fileExists(atPath: defaultFile) ? defaultFile : nil
    }

    static func read(_ file: String) throws(Complaint) -> ExactBaseline {
        let text: String
        do throws(SystemError) {
            text = try readFile(file)
        } catch {
            throw error.complaint(
                "can't read the baseline \(file)",
                remedy: "write one with 'switchyard gate --write-baseline \(file)'",
                status: .noBaseline)
        }
        return try ExactBaseline(parsing: text, file: file)
    }

    /// Counts what the server does for each request of each pattern among `cells`.
    static func measure(
        _ cells: [Cell], programs: Programs, cpus: CPUSplit
    ) throws(Complaint) -> [ExactBaseline.Counter] {
        let manager = FileManager.default
        let folder = try Folder.makeTemporary()
        defer { try? manager.removeItem(atPath: folder) }
        let meter = "\(Programs.ownFolder)/libmallocmeter.so"
        return try ExactMeter(
            programs: programs, cpus: cpus,
            allocationMeter: manager.fileExists(atPath: meter) ? meter : nil, folder: folder
        ).measure(ExactMeter.cells(of: cells))
    }

    /// Holds the server to the baseline of `request`; nothing where there is none. A request that
    /// asks for all cells asks for all counters.
    static func hold(
        _ request: GateRequest, _ cells: [Cell], programs: Programs
    ) throws(Complaint) -> [ExactBaseline.Finding] {
        guard let file = request.baseline else { return [] }
        var baseline = try read(file)
        if request.run.filter != nil || request.run.profile != Matrix.defaultProfile {
            baseline = baseline.narrowed(to: ExactMeter.cells(of: cells).map(\.id))
        }
        return baseline.compare(try measure(cells, programs: programs, cpus: request.run.cpus))
    }
}
