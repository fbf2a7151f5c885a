import Basis
import Link
import Report
import Testing

@testable import Matrix

@Suite("what a cell is called and written as")
struct CellIdentityTests {
    @Test("ids and file names are stable, and a cell survives its JSON")
    func identity() throws {
        var cell = Cell(pattern: "acceptors:shared-level", threads: 2, connections: 1)
        #expect(cell.id == "h1/acceptors:shared-level/w2/c1/p13")
        #expect(cell.fileStem == "h1_acceptors-shared-level_w2_c1_p13")
        cell.arrival = .constant(PerSecond(raw: 2_500_000))
        cell.tls = .v12
        cell.path = "/bytes/5?x=é"
        cell.nodelay = .off
        #expect(
            cell.id
                == "h1/acceptors:shared-level/w2/c1/p13/r2500k-constant/tls1.2/nagle/tbytes-5?x=é")
        #expect(cell.fileStem.utf8.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "/") })
        #expect(try Cell(RecordFields(JSONValue(parsing: cell.json.compact))) == cell)
        // A cell on loopback reads and is written as before there were links.
        #expect(cell.json["rtt_ns"] == nil && cell.link.isLoopback)
        cell.link.roundTrip = .milliseconds(20)
        cell.link.loss = try #require(parseShare("0.07%"))
        cell.link.rate = 1_500_000
        #expect(cell.id.contains("/nagle/rtt20ms/loss0.07%/link1500kbit/t"))
        #expect(cell.fileStem.contains("_loss0.07-_"))
        #expect(try Cell(RecordFields(JSONValue(parsing: cell.json.compact))) == cell)
    }

    @Test("how bytes go to sockets is in the id where it is unusual, and read from older journals")
    func transmission() throws {
        let text = """
            {defaults: {pattern: 'single', threads: 1, connections: 1}, include: [
             {nodelay: [true, 'off', 'server', 'load']},
             {quickack: ['on', 'server'], cork: ['off', 'load']},
             {request_shape: ['head-then-body', 'trickle'], reply_shape: 'trickle'}]}
            """
        let parsed = try Matrix(parsing: text, file: "m.json5").expand(
            profile: Matrix.defaultProfile, filter: nil, serverThreads: 1
        ).cells
        let endings = [
            "", "/nagle", "/nagle-load", "/nagle-server", "/quickack", "/quickack-server",
            "/quickack/cork-load", "/quickack-server/cork-load",
            "/request-head-then-body/reply-trickle", "/request-trickle/reply-trickle",
        ]
        #expect(Set(parsed.map(\.id)) == Set(endings.map { "h1/single/w1/c1/p13" + $0 }))
        for cell in parsed {
            #expect(try Cell(RecordFields(JSONValue(parsing: cell.json.compact))) == cell)
        }
        let plain = Cell(pattern: "single", threads: 1, connections: 1)
        let json = plain.json.compact
        #expect(json.contains(#""nodelay":true"#) && !json.contains("quickack"))
        #expect(!json.contains("shape"))
        let older = json.replacing(#""nodelay":true"#, with: #""nodelay":false"#)
        #expect(try Cell(RecordFields(JSONValue(parsing: older))).nodelay == .off)
        let odd = json.replacing(#""nodelay":true"#, with: #""nodelay":"both""#)
        #expect(throws: RecordRefusal.self) { try Cell(RecordFields(JSONValue(parsing: odd))) }
    }
}
