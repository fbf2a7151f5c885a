import Basis
import Platform
import Testing

@testable import switchyard_micro

@Suite("rows of the floor")
struct FloorRowTests {
    @Test(
        "the median decides",
        arguments: [
            (.atLeast(1.25), [1.3, 1.2, 1.25], .pass), (.atLeast(1.25), [1.3, 1.2, 1.24], .miss),
            (.atMost(2.1), [2.05], .pass), (.atMost(2.1), [2.11], .miss),
            (.within(0.95...1.05), [0.9, 1.0, 1.2], .pass), (.within(0.95...1.05), [1.1], .miss),
            (.atLeast(1), [], .absent),
        ] as [(FloorRow.Target, [Double], FloorRow.Verdict)])
    func verdict(target: FloorRow.Target, values: [Double], verdict: FloorRow.Verdict) {
        var row = FloorRow("a", target)
        row.values = values
        #expect(row.verdict == verdict)
    }

    @Test("what is not there decides nothing, and says why")
    func absent() {
        var row = FloorRow("a / b", .atLeast(1))
        row.absence = "wrk is not installed"
        #expect(row.verdict == .absent)
        #expect(row.line == "ABSENT  wrk is not installed       >= 1.00       a / b")
        #expect(row.json["verdict"] == "absent")
        #expect(row.json["absence"] == "wrk is not installed")
    }

    @Test("a row shows median, range and target")
    func line() {
        var row = FloorRow("a / b", .within(0.95...1.05))
        row.values = [1.01, 0.98, 1.0]
        #expect(row.line == "PASS    1.000  (0.980 to 1.010)    0.95 to 1.05  a / b")
        #expect(row.json["median"] == 1.0)
        #expect(row.json["values"] == [1.01, 0.98, 1.0])
    }

    @Test("the order turns from round to round")
    func order() {
        #expect(["a", "b", "c"].turned(by: 0) == ["a", "b", "c"])
        #expect(["a", "b", "c"].turned(by: 4) == ["b", "c", "a"])
    }
}

@Suite("results of generators")
struct GeneratorRunTests {
    @Test("wrk's summary")
    func wrk() {
        let text = """
            Running 1s test @ http://127.0.0.1:46047/plaintext
              Latency   350.35us    0.92ms  21.24ms   98.88%
              121269 requests in 1.00s, 15.61MB read
            Requests/sec: 120964.29
            """
        let run = GeneratorRun(reading: text, of: .wrk, cpu: .milliseconds(500))
        #expect(run?.requests == 121_269)
        #expect(run?.systemCalls == nil && run?.responseBytes == nil)
    }

    @Test("h2load's summary")
    func h2load() {
        func text(_ failed: Int) -> String {
            """
            finished in 302.90ms, 100906.67 req/s, 4.14MB/s
            requests: 30272 total, 30784 started, 30270 done, 30270 succeeded, \(failed) failed, \
            0 errored, 0 timeout
            status codes: 30272 2xx, 0 3xx, 0 4xx, 0 5xx
            """
        }
        let run = GeneratorRun(reading: text(0), of: .h2load, cpu: .milliseconds(500))
        #expect(run?.requests == 30_270)
        #expect(run?.systemCalls == nil && run?.responseBytes == nil)
        #expect(GeneratorRun(reading: text(2), of: .h2load, cpu: .milliseconds(500)) == nil)
        let posting = GeneratorKind.h2loadPosting(file: "f")
        #expect(GeneratorRun(reading: text(0), of: posting, cpu: .zero)?.requests == 30_270)
    }

    @Test("each generator is told what to speak, and how much of it")
    func spoken() throws {
        func arguments(_ kind: GeneratorKind, _ spoken: Spoken) throws -> [String] {
            try kind.command(
                port: 1, connections: 2, speaking: spoken, warmUp: .zero, duration: .seconds(1),
                cpu: nil
            ).arguments
        }
        #expect(try arguments(.floor, .http2(streams: 3)).suffix(3) == ["--http2", "-m", "3"])
        #expect(try !arguments(.floor, .http1).contains("--http2"))
        #expect(
            try arguments(.floor, .webSocket(bytes: 5)).suffix(3)
                == ["--websocket", "--message-size", "5"])
        for (spoken, url, words) in [
            (.http1, "plaintext", []), (.http2(streams: 3), "plaintext", ["h2", "-m", "3"]),
            (.grpc(streams: 3), "switchyard.v1.Bench/Unary", ["grpc", "-m", "3"]),
            (.webSocket(bytes: 5), "ws", ["ws", "--message-size", "5"]),
        ] as [(Spoken, String, [String])] {
            let expected =
                ["http://127.0.0.1:1/\(url)"] + (words.isEmpty ? [] : ["--protocol"]) + words
            #expect(try arguments(.switchyard, spoken).suffix(expected.count) == expected)
        }
        guard Programs.system("h2load") != nil else { return }
        #expect(try arguments(.h2load, .http2(streams: 3)).contains("-m3"))
        #expect(try arguments(.h2load, .http1).contains("--h1"))
        let posting = try arguments(.h2loadPosting(file: "f"), .grpc(streams: 3))
        #expect(posting.contains("-m3"))
        #expect(
            posting.suffix(6)
                == ["-d", "f", "-H", "content-type: application/grpc", "-H", "te: trailers"])
    }

    @Test("our reports, with whatever stands before them")
    func reports() {
        let text = """
            starting
            {"requests":1000,"response_bytes":135,"syscalls":{"recv":1000,"send":1000,"wait":50}}
            """
        let run = GeneratorRun(reading: text, of: .floor, cpu: .seconds(1))
        #expect(run?.requests == 1_000 && run?.responseBytes == 135 && run?.systemCalls == 2_050)
        let bare = GeneratorRun(reading: #"{"requests":7}"#, of: .switchyard, cpu: .seconds(1))
        #expect(bare?.requests == 7 && bare?.systemCalls == nil)
    }

    @Test("what two runs share cancels out of the requests a CPU-second")
    func rate() throws {
        func run(_ requests: Int, _ cpu: Nanoseconds) throws -> GeneratorRun {
            try #require(
                GeneratorRun(reading: "{\"requests\":\(requests)}", of: .switchyard, cpu: cpu))
        }
        let short = try run(1_000, .milliseconds(30))
        #expect(try run(5_000, .milliseconds(50)).requestsPerCPUSecond(beyond: short) == 200_000)
        #expect(short.requestsPerCPUSecond(beyond: short) == nil)
        #expect(try run(5_000, .milliseconds(30)).requestsPerCPUSecond(beyond: short) == nil)
    }

    @Test(
        "no requests are no result",
        arguments: ["", "{", "{}", #"{"requests":0}"#, "  0 requests in 1.00s, 0B read"])
    func nothing(text: String) {
        #expect(GeneratorRun(reading: text, of: .switchyard, cpu: .seconds(1)) == nil)
        #expect(GeneratorRun(reading: text, of: .wrk, cpu: .seconds(1)) == nil)
        #expect(GeneratorRun(reading: text, of: .h2load, cpu: .seconds(1)) == nil)
    }

    @Test("what two runs share cancels out of the allocations a request")
    func allocations() {
        typealias Use = AllocationCommand.Use
        let short = Use(duration: .seconds(1), requests: 10_000, allocations: 700)
        func long(_ requests: Int, _ allocations: Int) -> Double? {
            Use.perRequest(
                short: short,
                long: Use(duration: .seconds(2), requests: requests, allocations: allocations))
        }
        #expect(long(30_000, 702) == 0)
        #expect(long(30_000, 900) == 0, "200 a second come with time")
        #expect(long(30_000, 902) == 0.0001)
        #expect(long(30_000, 20_900) == 1)
        #expect(long(50_000, 1) == 0)
        #expect(long(10_999, 700) == nil)
    }
}
