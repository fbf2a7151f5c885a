import Basis
import Measure
import Platform
import Report
import Serve
import TestSupport
import Testing

/// Coordinated omission: a generator that waits for answers does not see the requests that it would
/// have sent meanwhile (Tene, "How NOT to Measure Latency").
@Suite("load: coordinated omission", .serialized)
struct LoadOmissionTests {
    @Test("the same stalls show in the response time of an open loop, and hide in round trips")
    func stalls() throws {
        let server = try ServerUnderTest("single")
        // What the machine itself adds in the same time is seen at a server that is never stopped.
        let undisturbed = try ServerUnderTest("single")
        let control = try undisturbed.startLoad(
            "/plaintext", ["-R", "200", "-d", "6s", "-c", "2", "-q"])
        let open = try server.startLoad("/plaintext", ["-R", "200", "-d", "6s", "-c", "2", "-q"])
        let closed = try server.startLoad("/plaintext", ["-d", "6s", "-c", "1", "-q"])
        var lengths: [Nanoseconds] = []
        for pause in [Nanoseconds.milliseconds(1_500), .milliseconds(2_700)] {
            TestClock.sleep(pause)
            let start = TestClock.now
            server.pause()
            TestClock.sleep(.milliseconds(300))
            server.proceed()
            lengths.append(TestClock.now.since(start))
        }
        let seen = try open.outcome()
        let hidden = try closed.outcome()
        let noise = try #require(try control.outcome().report().latency.p99).inSeconds
        _ = try server.stop()
        _ = try undisturbed.stop()

        let response = try seen.report()
        let trips = try hidden.report()
        #expect(response.errors.total == 0 && trips.errors.total == 0)
        // Requests due at an instant of a stall of length S wait for its end, so that within the
        // period T a share (S - x)/T of all takes longer than x. The 99th percentile is where that
        // is 1/100: x = S - T/100, 270 ms for 300 ms in each 3 s. S is what the stalls really
        // lasted.
        let stall = (lengths[0] + lengths[1]).inSeconds / 2
        let expected = stall - 0.01 * 3
        let p99 = try #require(response.latency.p99).inSeconds
        #expect(
            p99 > 0.7 * expected && p99 < 1.3 * expected + noise,
            "p99 \(p99), stalls \(lengths), without them \(noise)")
        // The open loop's two connections carry two requests into each stall; the others, some 60,
        // find none free and are sent after it. From the actual send there is next to nothing to
        // see: four of 1200, less than one in a hundred.
        let serviceP99 = try #require(response.service.p99).inSeconds
        #expect(serviceP99 < p99 / 3 + noise, "service p99 \(serviceP99) and \(p99)")
        // One connection meets each stall with one request: two among thousands, where the 99th
        // percentile leaves out one in a hundred.
        let tripP99 = try #require(trips.latency.p99).inSeconds
        #expect(trips.requests > 299 && tripP99 < p99 / 3 + noise, "p99 \(tripP99) and \(p99)")
        #expect(trips.latency.max.inSeconds > 0.7 * stall)
        // And the words on the result keep the two apart.
        #expect(!seen.errors.contains("round trip") && !hidden.errors.contains("response time"))
    }
}
