import Basis
import Foundation
import Measure
import Report
import Testing

@testable import Matrix

/// A folder of its own for one test, removed with it.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "matrix-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    }
}

enum Fake {
    /// A report of 5 000 requests, one in 1 ms, the rest in 50 us.
    static func report(_ cell: Cell = Cell(pattern: "single", threads: 1, connections: 64))
        -> LoadReport
    {
        var histogram = Histogram()
        histogram.record(.microseconds(50), count: 4_999)
        histogram.record(.milliseconds(1))
        var report = LoadReport(
            url: "http://127.0.0.1:1/", protocol: "h1", mode: .closed, threads: 1,
            connections: cell.connections, seed: 1, duration: .milliseconds(20), warmup: .zero)
        report.requests = 5_000
        report.achievedRate = 250_000
        report.bodyBytes = 65_000
        report.latency = LatencySummary(histogram)
        report.service = report.latency
        report.latencyHistogram = HistogramCodec.encodeBase64(histogram)
        report.serviceHistogram = report.latencyHistogram
        report.cpu.perRequest = 3_000
        return report
    }

    /// Stand-ins for the server and the generator, which read and write beside themselves. They are
    /// links to committed scripts: a script written now could be held open by a child that another
    /// test forks, and then can't be run (execve(2), ETXTBSY).
    @discardableResult
    static func programs(in scratch: Scratch) throws -> Programs {
        try scratch.write("report.json", report().json.compact)
        let fixtures = (#filePath as NSString).deletingLastPathComponent + "/Fixtures"
        for name in ["switchyard-server", "switchyard-load"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(scratch.path)/\(name)", withDestinationPath: "\(fixtures)/\(name)")
        }
        return try Programs.find(in: scratch.path)
    }
}

extension Settings {
    /// As short as a launch may be.
    static func short(repeats: Int = 1) -> Settings {
        var settings = Settings()
        settings.warmup = .zero
        settings.duration = .milliseconds(10)
        settings.repeats = repeats
        return settings
    }
}

/// An executor without processes: it answers at once, and notes what it was asked.
struct MockExecutor: Executor {
    /// Slots asked for, in order; shared, for the runner owns the executor.
    final class Log {
        var slots: [Int] = []
    }

    let log = Log()
    var failing: Set<Int> = []
    /// Launches whose generator reports errors.
    var erring: Set<Int> = []
    /// Launches of which other work took too much.
    var disturbed: Set<Int> = []
    /// Before this slot the user presses Ctrl-C twice.
    var stoppedAt: Int?

    mutating func launch(
        _ slot: Slot, settings: Settings, interruption: StopRequest
    ) -> LaunchRecord? {
        if slot.index == stoppedAt { return nil }
        log.slots.append(slot.index)
        var record = LaunchRecord(
            slot: slot.index, block: slot.block, cell: slot.cell, seed: slot.seed,
            time: .seconds(1_764_000_000 + slot.index), warmup: settings.warmup,
            duration: settings.duration, serverCPUs: "1", loadCPUs: "0")
        if failing.contains(slot.index) {
            record.failure = "it failed"
        } else {
            record.load = Fake.report(slot.cell)
            if erring.contains(slot.index) { record.load?.verdict = .errors }
            if disturbed.contains(slot.index) { record.machine.stolenShare = 0.2 }
        }
        return record
    }
}
