import Basis
import Platform
import TestSupport
import Testing

/// The table of responses that the generator's parser is held to, as curl reads it.
@Suite("responses: what curl makes of them", .serialized)
struct ResponseClientTests {
    /// What curl says of one response.
    private struct Reading: Equatable {
        var isTaken: Bool
        var status: Int
        var bodyBytes: Int
    }

    @Test(
        "curl reads each as the table says, but for what the table excuses",
        .enabled(if: Programs.isPresent("curl"), "curl is not installed"),
        arguments: ResponseCase.all.filter(\.isAsCurl))
    func curl(_ test: ResponseCase) throws {
        let server = try RawServer(reply: test.bytes, closes: test.closes)
        let reading = try read(port: server.port)
        if case .answer(let status, let bodyBytes, _) = test.meaning {
            let expected = Reading(isTaken: true, status: status, bodyBytes: bodyBytes)
            #expect(reading == expected)
        } else {
            #expect(!reading.isTaken, "\(reading)")
        }
    }

    private func read(port: UInt16) throws -> Reading {
        let curl = try #require(Programs.found("curl"), "curl is not installed")
        var options = SpawnOptions(
            curl,
            [
                "-s", "-S", "--max-time", "60", "-o", "/dev/null", "-w",
                "%{http_code} %{size_download}", "http://127.0.0.1:\(port)/",
            ])
        options.standardError = .discarded
        var child = try ChildProcess(options)
        let words = child.remainingOutput(timeout: TestLimit.hang).split(separator: " ")
        let end = child.wait(timeout: TestLimit.hang)?.ending
        return Reading(
            isTaken: end == .exited(0), status: words.first.flatMap { Int($0) } ?? 0,
            bodyBytes: words.last.flatMap { Int($0) } ?? 0)
    }
}
