import Basis
import Platform
import Testing

@testable import Link

@Suite("what a link reads")
struct LinkTextTests {
    @Test(
        "shares",
        arguments: [
            ("0%", 0.0), ("0.1%", 0.001), ("100%", 1.0), ("50%", 0.5), ("0.1", nil), ("101%", nil),
            ("-1%", nil), ("%", nil), ("1e1%", nil), ("nan%", nil), (".%", nil), ("", nil),
            ("1 %", nil), ("+1%", nil), ("\u{661}%", nil),
        ])
    func shares(text: String, share: Double?) { #expect(parseShare(text) == share) }

    @Test(
        "rates",
        arguments: [
            ("100mbit", 100_000_000), ("8kbit", 8_000), ("1.5gbit", 1_500_000_000),
            ("9600bit", 9_600), ("100", nil), ("mbit", nil), ("-1mbit", nil), ("1e3mbit", nil),
            ("99999999999gbit", nil), ("1MBit", nil), ("", nil), ("infmbit", nil),
        ])
    func rates(text: String, rate: Int?) { #expect(parseBitRate(text) == rate) }

    @Test("who listens is read from the kernel's table")
    func listening() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
               0: 0200C612:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
               1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
               2: 0200C612:1F91 0100C612:8F90 01 00000000:00000000 00:00000000 00000000     0
               3: garbage
               4: a b c 0A
               5: 0100007F:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
            """
        #expect(ListeningPorts.isListening(8_080, table) && ListeningPorts.isListening(80, table))
        #expect(!ListeningPorts.isListening(8_081, table) && !ListeningPorts.isListening(1, table))
        // Only on loopback, which the other side does not reach.
        #expect(!ListeningPorts.isListening(8_082, table))
        let own = "sl\n 0: 00000000000000000000000001000000:1F90 000:0000 0A"
        #expect(!ListeningPorts.isListening(8_080, own))
        let six = "sl\n 0: 00000000000000000000000000000000:1F90 000:0000 0A"
        #expect(ListeningPorts.isListening(8_080, six) && !ListeningPorts.isListening(8_080, ""))
    }

    @Test("the inode of a listener stands in its row")
    func inodes() throws {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0  \
            0 4711 1 0000000000000000 100 0 0 10 0
               1: 0100007F:1F90 0100007F:8F90 01 00000000:00000000 00:00000000 00000000     0  \
            0 4712 1 0000000000000000 20 4 30 10 -1
            """
        #expect(ListeningPorts.rows(table).map(\.inode) == ["4711"])
        #expect(ListeningPorts.rows(table).map(\.port) == [8_080])
        let listener = try Socket.listen(on: .v4(0x7F00_0001, port: 0), ListenOptions())
        let port = try #require(try Socket.localAddress(of: listener).port)
        #expect(ListeningPorts.inodes(port).count == 1)
    }

    @Test(
        "who may not make a network is told what forbids it and what to do",
        arguments: [
            ("kernel/apparmor_restrict_unprivileged_userns", "1\n", "userns=0"),
            ("kernel/unprivileged_userns_clone", "0\n", "unprivileged_userns_clone=1"),
            ("user/max_user_namespaces", "0\n", "max_user_namespaces=10000"),
            ("kernel/unprivileged_userns_clone", "1\n", "container"),
            ("nothing", "", "container"),
        ])
    func prohibition(file: String, content: String, remedy: String) {
        let complaint = Prohibition.complaint(SystemError("unshare", code: 1)) {
            $0 == "/proc/sys/" + file ? content : nil
        }
        #expect(complaint.remedy.contains(remedy) && complaint.remedy.contains("root"))
        #expect(complaint.status == .failure)
    }
}
