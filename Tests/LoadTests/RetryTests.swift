import Basis
import Testing

@testable import Load
@testable import Measure

/// Requests that are sent again, in a virtual world where every loss is planned.
struct RetryTests {
    private func run(retries: Int, connections: Int = 1) -> WorldRun {
        var run = WorldRun(connections: connections, duration: .milliseconds(100))
        run.plan.retries = retries
        return run
    }

    /// What a run counted.
    private struct Counts {
        var succeeded = 0, retries = 0, givenUp = 0, errors = 0, statuses = 0
        var shortest = Nanoseconds.zero, longest = Nanoseconds.zero
    }

    private func counts<Pace: Pacing>(_ run: WorldRun, _ pacing: Pace) throws -> Counts {
        let result = try run.result(pacing)
        return Counts(
            succeeded: Int(result.tally.succeeded), retries: Int(result.tally.retries),
            givenUp: Int(result.tally.givenUp), errors: Int(result.tally.errors.total),
            statuses: Int(result.tally.errors.status), shortest: result.tally.response.min,
            longest: result.tally.response.max)
    }

    private static let open = OpenPacing(
        .constant(ConstantPacing(rate: PerSecond(raw: 1_000), phase: 0.5)))

    @Test("a lost request is sent again, and its time counts from its first start")
    func lost() throws {
        let run = run(retries: 5)
        var count = 0
        run.world.answer = { _, _ in
            count += 1
            return count.isMultiple(of: 3)
                ? [.close(after: .milliseconds(1))] : [.send(WireText.ok, after: .milliseconds(1))]
        }
        let counts = try counts(run, ClosedPacing())
        #expect(counts.succeeded + counts.retries == run.world.requests)
        #expect(counts.retries == run.world.requests / 3 && counts.retries > 10)
        #expect(counts.errors == 0 && counts.givenUp == 0)
        // Once to the end that was none, once to the answer.
        #expect(counts.shortest == .milliseconds(1) && counts.longest == .milliseconds(2))
    }

    @Test("a request is given up after as many tries as may be", arguments: [1, 2, 7])
    func givenUp(retries: Int) throws {
        let run = run(retries: retries, connections: 10)
        run.world.answer = { _, _ in [.close(after: .milliseconds(1))] }
        let counts = try counts(run, Self.open)
        #expect(counts.givenUp == 100 && counts.retries == 100 * retries)
        #expect(run.world.requests == 100 * (retries + 1))
        #expect(counts.errors == 100 && counts.succeeded == 0)
    }

    @Test("without retries a lost request is lost")
    func none() throws {
        let run = run(retries: 0, connections: 10)
        run.world.answer = { _, _ in [.close(after: .milliseconds(1))] }
        let counts = try counts(run, Self.open)
        #expect(counts.givenUp == 0 && counts.retries == 0 && counts.errors == 100)
        #expect(run.world.requests == 100)
    }

    @Test("a request that is put off waits longer each time")
    func putOff() throws {
        let run = run(retries: 5)
        var at: [Instant] = []
        run.world.answer = { _, now in
            at.append(now)
            return [
                .send(
                    at.count.isMultiple(of: 4) ? WireText.ok : WireText.unavailable,
                    after: .milliseconds(1))
            ]
        }
        let counts = try counts(
            run, OpenPacing(.constant(ConstantPacing(rate: PerSecond(raw: 20), phase: 0))))
        #expect(counts.succeeded == 2 && counts.retries == 6 && counts.errors == 0)
        try #require(at.count == 8)
        let gaps = zip(at, at.dropFirst()).prefix(3).map { $1.since($0) }
        for (gap, pause) in zip(gaps, [5, 10, 20]) {
            let rest = gap - .milliseconds(1) - .milliseconds(pause)
            #expect((Nanoseconds.zero ... .milliseconds(2)).contains(rest), "\(gaps)")
        }
    }

    @Test("what is put off without end does not keep a run from its own")
    func endless() throws {
        let run = run(retries: 1_000)
        run.world.answer = { _, _ in [.send(WireText.unavailable, after: .milliseconds(1))] }
        let start = run.start
        let counts = try counts(run, Self.open)
        #expect(counts.succeeded == 0 && counts.givenUp == 100 && counts.errors == 100)
        let longest = run.plan.timeout + Limit.triesBehindEnd + Limit.retryPauseLongest
        #expect(run.world.now.since(start) < longest + .seconds(1))
    }

    @Test("many that are put off are asked for again together")
    func many() throws {
        let run = run(retries: 1_000, connections: 100)
        var answered = 0
        run.world.answer = { _, _ in
            answered += 1
            return [
                .send(answered > 7_000 ? WireText.ok : WireText.unavailable, after: .zero)
            ]
        }
        let pacing = OpenPacing(
            .constant(ConstantPacing(rate: PerSecond(raw: 10_000), phase: 0)))
        let counts = try counts(run, pacing)
        #expect(counts.succeeded == 1_000 && counts.errors == 0)
    }

    @Test("an error that puts nothing off is an answer")
    func answered() throws {
        let run = run(retries: 5)
        run.world.answer = { _, _ in [.send(WireText.notFound, after: .milliseconds(1))] }
        let counts = try counts(run, ClosedPacing())
        #expect(counts.retries == 0 && counts.statuses == run.world.requests)
    }

    // MARK: keys

    private static let request = Array(
        "POST / HTTP/1.1\r\nIdempotency-Key: \(KeyedRequests.placeholder)\r\n\r\n".utf8)

    /// The keys of requests that were due at these times.
    private func keys(run: UInt64, due: [Int64]) throws -> [String] {
        var client = ComposedHTTP1Client(
            request: Self.request, run: run, answersHead: false, pipeline: due.count)
        var session = client.open()
        var text = ""
        for time in due { _ = client.begin(on: &session, due: Instant(raw: time)) }
        while true {
            // In pieces, as a full socket takes them.
            let piece = client.output(of: session).count
            if piece == 0 { break }
            let taken = min(piece, 7)
            for index in 0..<taken {
                let byte = client.output(of: session)[index]
                text.unicodeScalars.append(Unicode.Scalar(byte))
            }
            client.wrote(taken, on: &session)
        }
        let requests = text.split(separator: "\r\n\r\n")
        try #require(requests.count == due.count)
        return try requests.map { request in
            let parts = request.split(separator: "Idempotency-Key: ")
            try #require(parts.count == 2 && parts[0] == "POST / HTTP/1.1\r\n")
            return String(parts[1])
        }
    }

    @Test("a key belongs to a request, however often it is sent")
    func sameKey() throws {
        let keys = try keys(run: 0xFEED_0000_0000_0001, due: [1, 2, 1, .max])
        #expect(keys[0] == keys[2] && Set(keys).count == 3)
        #expect(keys[0] == "\"feed0000000000010000000000000001\"")
        #expect(keys[3] == "\"feed0000000000017fffffffffffffff\"")
        #expect(try self.keys(run: 2, due: [1])[0] == "\"00000000000000020000000000000001\"")
    }
}
