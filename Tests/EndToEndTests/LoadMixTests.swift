import Basis
import Foundation
import Platform
import Report
import Serve
import TestSupport
import Testing

/// A mix of requests against the server.
@Suite("load: mixes", .serialized)
struct LoadMixTests {
    private static let mix = """
        {kinds: [
          {name: 'text', weight: 6, path: '/plaintext'},
          {name: 'echo', weight: 3, path: '/echo', body: 'a body of 21 bytes...'},
          {name: 'none', weight: 1, path: '/none', headers: {'X-Other': 'y'}},
        ]}
        """

    @Test(
        "every kind is asked and answered as itself, in both protocols and loops",
        arguments: [
            ["-c", "4"], ["-c", "2", "--pipeline", "8"],
            ["-c", "2", "--protocol", "h2", "--streams", "8"],
            ["-c", "4", "-R", "2000", "--arrivals", "poisson"],
            ["-c", "4", "-R", "2000", "--protocol", "h2"],
            ["-c", "8", "--connection-rate", "200", "--requests-per-connection", "3"],
        ])
    func kinds(arguments: [String]) throws {
        let server = try ServerUnderTest("single")
        let outcome = try server.load("/", ["--mix", Self.mix, "-d", "300ms"] + arguments)
        #expect(outcome.ending == .exited(0))
        let report = try outcome.report()
        #expect(report.kinds.map(\.name) == ["text", "echo", "none"])
        let kinds = report.kinds
        #expect(kinds.allSatisfy { $0.requests + $0.failed > 0 })
        #expect(kinds[0].failed == 0 && kinds[1].failed == 0 && kinds[2].requests == 0)
        #expect(report.requests == kinds[0].requests + kinds[1].requests)
        #expect(report.errors.total == report.errors.status)
        #expect(report.errors.status == kinds[2].failed)
        // That answers are counted under the kind whose they are, their lengths show.
        #expect(report.bodyBytes == 13 * kinds[0].requests + 21 * kinds[1].requests)
        #expect(outcome.errors.contains("  echo  ") && outcome.errors.contains("of none"))
        #expect(Int64(try server.stop().requests) >= report.requests + kinds[2].failed)
    }

    @Test("payloads that wait for a window of HTTP/2 are those of their kinds")
    func windows() throws {
        let server = try ServerUnderTest("single")
        let bodies = [20_000, 30_000, 40_000].map { String(repeating: "x", count: $0) }
        let kinds = bodies.map { "{weight: 1, name: '\($0.count)', path: '/echo', body: '\($0)'}" }
        let outcome = try server.load(
            "/",
            ["--mix", "{kinds: [\(kinds.joined(separator: ","))]}", "-d", "300ms"]
                + ["-c", "1", "--protocol", "h2", "--streams", "6"])
        let report = try outcome.report()
        #expect(outcome.ending == .exited(0) && report.errors.total == 0, "\(outcome.errors)")
        let bytes = report.kinds.reduce(0) { $0 + $1.requests * (Int64($1.name) ?? 0) }
        #expect(report.bodyBytes == bytes && report.kinds.allSatisfy { $0.requests > 0 })
    }

    @Test("a file is read, and one that is not there is one line")
    func files() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json5")
        defer { try? FileManager.default.removeItem(at: file) }
        try Self.mix.write(to: file, atomically: true, encoding: .utf8)
        let server = try ServerUnderTest("single")
        let outcome = try server.load("/", ["--mix", file.path, "-d", "100ms"])
        #expect(try outcome.report().kinds.count == 3)
        let missing = try server.load("/", ["--mix", file.path + "x", "-d", "100ms"])
        #expect(missing.isOneLine && missing.ending == .exited(1), "\(missing.errors)")
        let wrong = try server.load("/", ["--mix", "{kindz: []}", "-d", "100ms"])
        #expect(wrong.isOneLine && wrong.ending == .exited(64), "\(wrong.errors)")
    }
}
