import Platform
import Testing

@testable import Matrix

@Suite("what listeners refused")
struct ListenCountTests {
    @Test(
        "it is read by its names",
        arguments: [
            (
                """
                TcpExt: SyncookiesSent ListenOverflows ListenDrops PAWSActive
                TcpExt: 1 22 333 4
                IpExt: InNoRoutes ListenOverflows
                IpExt: 5 6
                """, [22, 333]
            ),
            ("TcpExt: ListenDrops ListenOverflows\nTcpExt: 7 8\n", [8, 7]),
            ("TcpExt: ListenDrops\nTcpExt: 7\n", nil),
            ("TcpExt: ListenDrops ListenOverflows\nTcpExt: 7\n", nil),
            ("TcpExt: ListenDrops ListenOverflows\n", nil),
            ("", nil),
        ] as [(String, [Int64]?)])
    func table(text: String, wanted: [Int64]?) {
        let counts = ListenCounts(netstat: text)
        #expect(counts.map { [$0.overflows, $0.drops] } == wanted)
    }

    @Test("the kernel tells it of a process that lives")
    func kernel() throws {
        let here = try #require(ListenCounts(ofProcess: currentProcessID))
        #expect(here.overflows >= 0 && here.drops >= here.overflows)
        #expect(here.since(here) == ListenCounts(netstat: Self.nothing))
        #expect(ListenCounts(ofProcess: 0) == nil)
    }

    private static let nothing = "TcpExt: ListenOverflows ListenDrops\nTcpExt: 0 0\n"
}
