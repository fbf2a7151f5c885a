import Basis
import Platform
import Report
import TestSupport
import Testing

/// Unlike connections, and others beside them, against the server.
@Suite("load: unlike connections", .serialized)
struct LoadCompanyTests {
    @Test(
        "a skew gives connections their shares in both protocols",
        arguments: [
            ["-c", "8", "-R", "800", "-t", "2"],
            ["-c", "8", "-R", "800", "--arrivals", "poisson", "--pipeline", "4"],
            ["-c", "2", "-R", "800", "--protocol", "h2", "--streams", "8"],
        ])
    func skew(arguments: [String]) throws {
        let server = try ServerUnderTest("single")
        let outcome = try server.load("/plaintext", ["--skew", "zipf:1"] + arguments)
        let report = try outcome.report()
        #expect(outcome.ending == .exited(0) && report.errors.total == 0, "\(outcome.errors)")
        #expect(report.skew == .zipf(1) && report.requests > 500)
        let share = try #require(report.busiestConnectionShare)
        // 1 of 2.72 parts of eight connections, or of 1.5 of two.
        let expected = report.connections == 8 ? 0.368 : 0.667
        #expect(abs(share - expected) < 0.12, "\(share)")
        #expect(Int64(try server.stop().requests) >= report.requests)
    }

    @Test("others stand beside the load, and their answers are none of its own")
    func company() throws {
        let server = try ServerUnderTest("single")
        let outcome = try server.load(
            "/plaintext",
            ["--idle", "50", "--slow-readers", "4:64KiB", "--slow-senders", "3:100"])
        let report = try outcome.report()
        #expect(outcome.ending == .exited(0) && report.errors.total == 0, "\(outcome.errors)")
        #expect(report.company.map(\.kind) == [.idle, .slowReaders, .slowSenders])
        #expect(report.company.map(\.connections) == [50, 4, 3])
        #expect(report.company.map(\.open) == [50, 4, 3] && report.connectionsOpened == 4)
        #expect(report.company[0].bytesRead == 0 && report.company[0].bytesWritten == 0)
        #expect(report.company[1].bytesRead > 4 * 1_000)
        #expect(report.company[2].bytesWritten > 0 && report.company[2].bytesRead == 0)
        #expect(report.bodyBytes == 13 * report.requests)
    }

    @Test("what the server does not bear has ended")
    func ended() throws {
        let server = try ServerUnderTest("single", ["--head-timeout", "250ms"])
        let outcome = try server.load(
            "/plaintext", ["--idle", "5", "--slow-senders", "3:10", "-d", "2s"])
        let report = try outcome.report()
        #expect(report.errors.total == 0 && report.requests > 0, "\(outcome.errors)")
        #expect(report.company.map(\.ended) == [5, 3])
    }

    @Test("more connections than open files is one line")
    func descriptors() throws {
        let run = try LoadRun(["--idle", "1k", "http://127.0.0.1:1/"], descriptorLimit: 500)
        let outcome = try run.outcome()
        #expect(outcome.isOneLine && outcome.ending == .exited(1), "\(outcome.errors)")
        #expect(outcome.errors.contains("1064 connections need"))
    }
}
