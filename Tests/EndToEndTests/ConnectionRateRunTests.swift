import Basis
import Foundation
import Measure
import Platform
import Report
import TestSupport
import Testing

/// Connections at a rate, against the server.
@Suite("load: connections at a rate", .serialized)
struct ConnectionRateRunTests {
    private struct Spoken: CustomTestStringConvertible {
        let path: String
        let arguments: [String]
        var testDescription: String { "\(path) \(arguments)" }
    }

    private static let spoken = [
        Spoken(path: "/plaintext", arguments: []),
        Spoken(path: "/plaintext", arguments: ["--close", "reset"]),
        Spoken(path: "/plaintext", arguments: ["--arrivals", "poisson", "--seed", "5"]),
        Spoken(path: "/plaintext", arguments: ["--pipeline", "3"]),
        Spoken(path: "/plaintext", arguments: ["--protocol", "h2"]),
        Spoken(path: "/plaintext", arguments: ["--protocol", "h2", "-m", "3"]),
        Spoken(path: "/switchyard.v1.Bench/Unary", arguments: ["--protocol", "grpc"]),
        Spoken(path: "/ws", arguments: ["--protocol", "ws"]),
        Spoken(path: "/ws", arguments: ["--protocol", "ws", "-m", "2", "--close", "reset"]),
        Spoken(path: "/sse?tokens=4&interval_ms=0", arguments: ["--protocol", "sse"]),
    ]

    @Test("every connection carries its requests, in every protocol", arguments: spoken)
    private func requests(_ spoken: Spoken) throws {
        let server = try ServerUnderTest("sharded:hash")
        let outcome = try server.load(
            spoken.path,
            [
                "--connection-rate", "200", "--requests-per-connection", "3", "-c", "64", "-d",
                "500ms",
            ]
                + spoken.arguments)
        let report = try outcome.report()
        #expect(report.mode == .open && report.requestsPerConnection == 3)
        #expect(report.targetConnectionRate == 200 && report.targetRate == 600)
        #expect(report.errors.total == 0, "\(report.errors) \(outcome.errors)")
        let made = report.connectionsOpened - 1
        #expect(report.requests == 3 * made)
        #expect(report.lateness.samples == made)
        // Every 5 ms, or as many as this seed draws, within 4 deviations.
        #expect(spoken.arguments.contains("poisson") ? (60...140).contains(made) : made == 100)
        #expect(outcome.errors.contains("connections/s"))
        let served = try server.stop()
        #expect(Int64(served.accepted) == report.connectionsOpened)
    }

    @Test("threads share the rate and the places")
    func threads() throws {
        let server = try ServerUnderTest("acceptors:exclusive")
        let report = try server.load(
            "/plaintext", ["--connection-rate", "300", "-t", "3", "-c", "30", "-d", "500ms"]
        ).report()
        #expect(report.requests == 150 && report.errors.total == 0)
        #expect(report.connectionsOpened == 153)
        _ = try server.stop()
    }

    @Test("who has no place waits, and the report says so")
    func starved() throws {
        let server = try ServerUnderTest("sharded:hash")
        let report = try server.load(
            "/wait?us=50000", ["--connection-rate", "100", "-c", "1", "-d", "300ms"]
        ).report()
        #expect(report.verdictReasons.contains { $0.contains("of 100/s connections were reached") })
        #expect(report.lateness.max > .milliseconds(200) && report.rateRatio ?? 1 < 0.5)
        _ = try server.stop()
    }

    @Test("where nothing listens the run ends with its reason")
    func nobody() throws {
        let outcome = try LoadRun([
            "--connection-rate", "100", "-d", "200ms", "http://127.0.0.1:1/",
        ]).outcome()
        #expect(outcome.isOneLine && outcome.errors.contains("can't connect"))
        #expect(outcome.ending == .exited(1))
    }

    @Test("an address list is gone through, of either family", arguments: [false, true])
    func sources(isV6: Bool) throws {
        let reply = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
        let server = try RawServer(
            reply: reply, at: SocketAddress(host: isV6 ? "::1" : "127.0.0.1", port: 0))
        let host = isV6 ? "[::1]" : "127.0.0.1"
        let report = try LoadRun([
            "--connection-rate", "200", "-d", "300ms", "--warmup", "0s", "--json", "-", "-c", "16",
            "--source-ips", isV6 ? "::1" : "127.0.0.2-127.0.0.5", "--close", "reset",
            "http://\(host):\(server.port)/plaintext",
        ]).outcome().report()
        #expect(report.requests == 60 && report.errors.total == 0, "\(report.errors)")
    }

    @Test("a closed loop may end its connections by a reset, too")
    func closedLoop() throws {
        let server = try ServerUnderTest("balanced:shared")
        let report = try server.load(
            "/plaintext", ["--requests-per-connection", "2", "--close", "reset", "-d", "200ms"]
        ).report()
        #expect(report.requests > 20 && report.errors.total == 0, "\(report.errors)")
        let served = try server.stop()
        #expect(served.shed == 0)
    }
}
