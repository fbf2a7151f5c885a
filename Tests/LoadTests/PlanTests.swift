import Basis
import Measure
import Platform
import Report
import Testing

@testable import Load

struct TargetURLTests {
    struct Good: Sendable, CustomTestStringConvertible {
        let text: String
        let host: String
        let port: UInt16
        let target: String
        let authority: String

        init(_ text: String, _ host: String, _ port: UInt16, _ target: String, _ authority: String)
        {
            (self.text, self.host, self.port) = (text, host, port)
            (self.target, self.authority) = (target, authority)
        }

        var testDescription: String { text }
    }

    @Test(
        "URLs are read",
        arguments: [
            Good(
                "http://127.0.0.1:8080/plaintext", "127.0.0.1", 8080, "/plaintext", "127.0.0.1:8080"
            ),
            Good("http://example.org", "example.org", 80, "/", "example.org"),
            Good("HTTP://example.org:80/?q=1", "example.org", 80, "/?q=1", "example.org"),
            Good("localhost:81", "localhost", 81, "/", "localhost:81"),
            Good("example.org?a=b", "example.org", 80, "/?a=b", "example.org"),
            Good("http://[::1]:8080/a#b", "::1", 8080, "/a", "[::1]:8080"),
            Good("http://[fe80::1]", "fe80::1", 80, "/", "[fe80::1]"),
            Good("http://a/b:c@d", "a", 80, "/b:c@d", "a"),
            Good("http://a/b://c", "a", 80, "/b://c", "a"),
            Good("127.0.0.1:9/r?to=http://x/", "127.0.0.1", 9, "/r?to=http://x/", "127.0.0.1:9"),
            Good("a?to=http://x/", "a", 80, "/?to=http://x/", "a"),
            Good("a:/b", "a", 80, "/b", "a"),
            Good("https://a/b", "a", 443, "/b", "a"),
            Good("HTTPS://a:80", "a", 80, "/", "a:80"), Good("wss://a:443/", "a", 443, "/", "a"),
            Good("grpcs://[::1]:8443", "::1", 8443, "/", "[::1]:8443"),
        ])
    func good(_ url: Good) throws {
        let parsed = try TargetURL(parsing: url.text)
        #expect(parsed.host == url.host)
        #expect(parsed.port == url.port)
        #expect(parsed.target == url.target)
        #expect(parsed.authority == url.authority)
        let isSecure = url.text.lowercased().contains(/^[a-z]+s:\/\//)
        #expect(parsed.isSecure == isSecure)
    }

    @Test(
        "what is no URL is refused in one line",
        arguments: [
            ("", "has no host"), ("http://", "has no host"), ("ftps://a/", "scheme ftps"),
            ("http://a:99999/", "no port"), ("http://a:0/", "no port"), ("http://a:b/", "no port"),
            ("http://a:+9/", "no port"), ("http:/h", "no // behind"),
            ("HTTPS:h", "no port"), ("https:/h", "no // behind"),
            ("http://u:p@a/", "user name"), ("http://[::1/", "no ]"),
            ("http://[::1]x/", "behind the ]"), ("http://::1/", "without brackets"),
        ])
    func bad(_ text: String, _ why: String) {
        let complaint = #expect(throws: Complaint.self) { try TargetURL(parsing: text) }
        #expect(complaint?.description.contains(why) == true)
        #expect(complaint?.status == .usage)
        #expect(complaint?.description.contains("\n") == false)
    }
}

struct SourceAddressTests {
    @Test("lists and ranges keep their order")
    func good() throws {
        let parsed = try SourceAddresses.parse("127.0.0.9,127.0.0.2-127.0.0.4,::1")
        #expect(
            parsed.map(\.numericHost) == [
                "127.0.0.9", "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1",
            ])
        #expect(parsed.allSatisfy { $0.port == 0 })
    }

    @Test(
        "others are refused",
        arguments: [
            "", "127.0.0.1,", "127.0.0.5-127.0.0.2", "127.0.0", "127.0.0.256", "localhost",
            "0.0.0.0-255.255.255.255", "1.2.3.4-5", "a:b", "127.0.0.1-127.0.0.2-127.0.0.3",
        ])
    func bad(_ text: String) {
        #expect(throws: Complaint.self) { try SourceAddresses.parse(text) }
    }
}

struct ObjectiveTests {
    @Test(
        "rules are read",
        arguments: [
            ("p99<5ms", Objective.Measure.percentile(99), Objective.Relation.below, 5e6),
            ("p99.9 <= 1s", .percentile(99.9), .atMost, 1e9),
            ("P50<200us", .percentile(50), .below, 200e3),
            ("mean<=1.5ms", .mean, .atMost, 1.5e6),
            ("max<1s", .max, .below, 1e9),
            ("rps>50k", .rate, .above, 50e3),
            ("rps>=1.2M", .rate, .atLeast, 1.2e6),
            ("errors<0.1%", .errorShare, .below, 0.1),
            ("errors<=0", .errorCount, .atMost, 0),
        ])
    func good(
        _ text: String, _ measure: Objective.Measure, _ relation: Objective.Relation,
        _ bound: Double
    ) throws {
        let objective = try Objective(parsing: text)
        #expect(objective.measure == measure)
        #expect(objective.relation == relation)
        #expect(objective.bound == bound)
        #expect(objective.description == text.filter { $0 != " " })
    }

    @Test(
        "others are refused in one line",
        arguments: [
            "", "p99", "p99<", "p99<5", "p99<fast", "p99==5ms", "p100<1ms", "p0<1ms", "p<1ms",
            "latency<1ms", "rps>0", "rps>many", "errors<-1%", "errors<101%", "errors<0.5", "<5ms",
        ])
    func bad(_ text: String) {
        let complaint = #expect(throws: Complaint.self) { try Objective(parsing: text) }
        #expect(complaint?.status == .usage)
        #expect(complaint?.description.hasPrefix("--slo '\(text)'") == true)
    }

    /// A result with latencies of 1…`count` microseconds over one second.
    private func result(count: Int, failures: UInt64 = 0) throws -> LoadResult {
        var tally = LoadTally()
        for microseconds in 1...count { tally.response.record(.microseconds(microseconds)) }
        tally.statuses[2] = UInt64(count)
        tally.errors.read = failures
        return try Sample.result(tally)
    }

    @Test(
        "rules are judged by the figures",
        arguments: [
            ("p99<1ms", true), ("p99<100us", false), ("p99.99<1s", false), ("mean<600us", true),
            ("mean<400us", false), ("max<=1ms", true), ("max<1ms", false), ("rps>999", true),
            ("rps>1000", false), ("errors<=1", true), ("errors<1", false), ("errors<0.1%", true),
            ("errors<0.05%", false),
        ])
    func judged(_ text: String, _ isMet: Bool) throws {
        let outcome = try Objective(parsing: text).judge(try result(count: 1_000, failures: 1))
        #expect(outcome.isMet == isMet, "\(outcome.figure)")
        #expect(!outcome.figure.isEmpty)
    }

    @Test("nothing is met where nothing was measured")
    func empty() throws {
        for text in ["p50<1s", "mean<1s", "max<1s", "rps>1", "errors<1%"] {
            #expect(
                try !Objective(parsing: text).judge(try Sample.result(LoadTally())).isMet, "\(text)"
            )
        }
    }
}
