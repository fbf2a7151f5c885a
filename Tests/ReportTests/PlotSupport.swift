import Foundation
import Testing

/// How a figure ended: its status and what it wrote to standard error, without the last newline.
struct Outcome: Equatable {
    let status: Int32
    let complaint: String
}

/// The program, and the folders of this repository that it works on.
enum Gnuplot {
    static let plots = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../plots").standardizedFileURL
    static func fixture(of figure: String) -> URL {
        let folder =
            switch figure {
            case "history": "history"
            case "forest": "comparison"
            case "capacity", "effect", "protocols", "push", "roles", "scaling", "slopes": figure
            default: "run"
            }
        return plots.appending(path: "fixture/\(folder)")
    }
    static let figures = ((try? Folder.names(in: plots)) ?? [])
        .filter { $0.hasSuffix(".gp") && $0 != "style.gp" }.map { String($0.dropLast(3)) }
    static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/gnuplot" }.first(where: FileManager.default.isExecutableFile(atPath:))
}

/// A temporary folder with blanks in its name, the working directory of the figures it draws.
final class Folder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "switchyard plots \(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    static func names(in url: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
    }

    func names() throws -> [String] { try Self.names(in: url) }

    func text(_ name: String) throws -> String {
        try String(contentsOf: url.appending(path: name), encoding: .utf8)
    }

    func draw(
        _ figure: String, of run: URL, as name: String, subtitle: String = "made-up numbers",
        part: String? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Gnuplot.path))
        process.arguments = [
            "-c", Gnuplot.plots.appending(path: "\(figure).gp").path, run.path, name, subtitle,
        ]
        if let part { process.arguments?.append(part) }
        process.currentDirectoryURL = url
        // As the runner calls it.
        process.environment = ProcessInfo.processInfo.environment
            .merging(["LC_ALL": "C.UTF-8"]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let complaint = String(
            decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            complaint: complaint.hasSuffix("\n") ? String(complaint.dropLast()) : complaint)
    }

    /// A copy of the fixture in `run` whose tables went through `change`, given as lines.
    func copyOfFixture(
        of figure: String = "", _ change: ([String]) -> [String]
    ) throws -> URL {
        let run = url.appending(path: "run")
        try FileManager.default.copyItem(at: Gnuplot.fixture(of: figure), to: run)
        for table in try Folder.names(in: run) where table.hasSuffix(".csv") {
            let file = run.appending(path: table)
            let lines = try String(contentsOf: file, encoding: .utf8)
                .split(separator: "\n").map(String.init)
            let changed = change(lines).map { $0 + "\n" }.joined()
            try changed.write(to: file, atomically: true, encoding: .utf8)
        }
        return run
    }
}
