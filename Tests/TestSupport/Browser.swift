import Basis
package import Foundation
import Platform

/// Chromium without a window.
package enum Browser {
    package enum Scheme: Int, Sendable {
        // The values of Blink's setting preferredColorScheme.
        case dark = 0
        case light = 1
    }

    /// The document after its scripts ran.
    package struct Page {
        package let text: String

        /// The attribute `data-NAME` of the root element.
        package func value(_ name: String) -> String? {
            guard let start = text.range(of: "data-\(name)=\"") else { return nil }
            return String(text[start.upperBound...].prefix { $0 != "\"" })
        }
    }

    package static let path = ["chromium", "google-chrome-stable"].lazy.compactMap { name in
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile(atPath:))
    }.first

    package static func open(
        _ file: URL, fragment: String = "", scheme: Scheme = .light
    ) throws -> Page {
        let profile = FileManager.default.temporaryDirectory
            .appending(path: "switchyard browser \(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: profile) }
        let process = Process()
        process.executableURL = URL(filePath: try found())
        process.arguments =
            switches(profile: profile.path) + [
                "--blink-settings=preferredColorScheme=\(scheme.rawValue)",
                "--window-size=1400,1000", "--hide-scrollbars", "--virtual-time-budget=2000",
                "--dump-dom",
                file.absoluteString + (fragment.isEmpty ? "" : "#\(fragment)"),
            ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Page(text: String(decoding: bytes, as: UTF8.self))
    }

    private static func found() throws -> String {
        guard let path else { throw TestFailure("Chromium is not installed") }
        return path
    }

    private static func switches(profile: String) -> [String] {
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--user-data-dir=\(profile)",
        ]
    }

    /// Shows a page until `isDone` says so, or nothing more is to be hoped for.
    package static func show(_ page: String, until isDone: () throws -> Bool) throws {
        let folder = try TemporaryFolder()
        let file = folder.file("page.html")
        try page.write(toFile: file, atomically: true, encoding: .utf8)
        var options = SpawnOptions(
            try found(),
            switches(profile: folder.file("profile"))
                + ["--remote-debugging-port=0", URL(filePath: file).absoluteString])
        options.standardError = .discarded
        var browser = try ChildProcess(options)
        defer {
            browser.killNow()
            _ = browser.wait(timeout: TestLimit.hang)
        }
        let end = MonotonicClock.now + TestLimit.hang
        while try !isDone(), MonotonicClock.now < end { blockThread(for: .milliseconds(50)) }
    }
}
