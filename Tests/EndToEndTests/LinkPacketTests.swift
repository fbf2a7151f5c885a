import Basis
import Foundation
import Measure
import Platform
import Report
import TestSupport
import Testing

/// What crosses a link, and how. No bound here depends on how fast the machine is.
@Suite("packets over a link", .serialized)
struct LinkPacketTests {
    /// Answers on TCP with what it was sent, and on UDP with the numbers that came.
    private static let server = """
        import json, os, select, socket, sys
        far = os.environ['SWITCHYARD_FAR']
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.bind((far, 9001))
        l = socket.socket()
        l.setsockopt(socket.IPPROTO_TCP, 23, 16)
        l.bind((far, 9000))
        l.listen()
        seen = []
        while True:
            for ready in select.select([l, u], [], [])[0]:
                if ready is u:
                    data, sender = u.recvfrom(2000)
                    if data[:3] == b'end':
                        u.sendto(json.dumps(seen).encode(), sender)
                    else:
                        seen.append(int(data[:6]))
                else:
                    c, _ = l.accept()
                    options = c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[5]
                    first = c.recv(1)
                    c.sendall(b'%d\\n' % options)
                    count = len(first)
                    while data := c.recv(65536):
                        count += len(data)
                    c.sendall(b'%d\\n' % count)
                    c.close()
        """

    private static func link(
        _ client: String, _ options: [String], in folder: TemporaryFolder
    ) throws -> LinkRun.Outcome {
        let python = try LinkRun.requirePython()
        try server.write(toFile: folder.file("server.py"), atomically: true, encoding: .utf8)
        let start = ["--far", "'\(python)' -SE server.py", "--await", "9000", "--", python, "-SE"]
        return try LinkRun.run(options + start + ["-c", client], in: folder.path)
    }

    @Test(
        "a round trip takes what was asked for, segments are full, and a link goes both ways",
        arguments: ["tun", "veth"])
    func roundTrip(device: String) throws {
        try LinkRun.require(device)
        let client = """
            import os, socket, time
            far = os.environ['SWITCHYARD_FAR']
            start = time.monotonic_ns()
            s = socket.create_connection((far, 9000))
            print(time.monotonic_ns() - start)
            print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))
            start = time.monotonic_ns()
            s.sendall(b'x')
            s.recv(1)
            print(time.monotonic_ns() - start)
            s.sendall(b'y' * 299_999)
            s.shutdown(socket.SHUT_WR)
            rest = b''
            while data := s.recv(100):
                rest += data
            print(rest.split()[-1].decode())
            """
        let outcome = try Self.link(
            client, ["--rtt", "20ms", "--device", device, "--json"], in: TemporaryFolder())
        #expect(outcome.status == 0, "\(outcome)")
        let figures = outcome.output.split(separator: "\n").compactMap { Int($0) }
        try #require(figures.count == 4, "\(outcome)")
        #expect(figures[0] >= 20_000_000 && figures[2] >= 20_000_000, "\(figures)")
        // The MTU of Ethernet without the heads and the time stamps of TCP.
        #expect(figures[1] == 1_448)
        #expect(figures[3] == 300_000)
        let report = try outcome.report()
        #expect(report["device"] == .string(device) && report["rtt_ns"] == 20_000_000)
        for way in ["forth", "back"] {
            #expect(report[way]?["lost"] == 0 && report[way]?["refused"] == 0, "\(report)")
        }
        guard case .integer(let packets)? = report["forth"]?["packets"],
            case .integer(let bytes)? = report["forth"]?["bytes"]
        else { throw TestFailure("\(report)") }
        #expect(packets >= 300_000 / 1_448 && bytes >= 300_000 + 40 * packets, "\(report)")
    }

    @Test("TCP Fast Open works: from the second connection on the SYN has the request")
    func fastOpen() throws {
        try LinkRun.require()
        let client = """
            import os, socket, time
            far = os.environ['SWITCHYARD_FAR']
            for _ in range(3):
                s = socket.socket()
                s.setsockopt(socket.IPPROTO_TCP, 30, 1)
                start = time.monotonic_ns()
                s.connect((far, 9000))
                s.sendall(b'x')
                theirs = int(s.recv(100))
                own = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[5]
                print(own & 32, theirs & 32, time.monotonic_ns() - start)
                s.close()
            """
        let outcome = try Self.link(client, ["--rtt", "10ms", "-q"], in: TemporaryFolder())
        #expect(outcome.status == 0, "\(outcome)")
        let rows = outcome.output.split(separator: "\n").map {
            $0.split(separator: " ").compactMap { Int($0) }
        }
        try #require(rows.count == 3 && rows.allSatisfy { $0.count == 3 }, "\(outcome)")
        #expect(rows.map { $0[0] } == [0, 32, 32] && rows.map { $0[1] } == [0, 32, 32], "\(rows)")
        #expect(rows[0][2] >= 20_000_000 && rows.allSatisfy { $0[2] >= 10_000_000 }, "\(rows)")
    }

    /// Sends numbered datagrams, so few and short that a receiver without a CPU has room for all of
    /// them; prints which of them came.
    private static let numbers = """
        import os, socket
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.connect((os.environ['SWITCHYARD_FAR'], 9001))
        u.settimeout(0.2)
        for number in range(100):
            u.send(b'%06d' % number)
        for _ in range(200):
            try:
                u.send(b'end')
                print(u.recv(65536).decode())
                break
            except TimeoutError:
                pass
        """

    @Test("the same seed loses the same packets on every device", arguments: ["tun", "veth"])
    func losses(device: String) throws {
        try LinkRun.require(device)
        func survivors(seed: Int, loss: String) throws -> (String, JSONValue) {
            let outcome = try Self.link(
                Self.numbers,
                [
                    "--rtt", "1ms", "--loss", loss, "--seed", "\(seed)", "--device", device,
                    "--json",
                ], in: TemporaryFolder())
            #expect(outcome.status == 0, "\(outcome)")
            return (outcome.output, try outcome.report())
        }
        let (first, report) = try survivors(seed: 3, loss: "20%")
        let numbers = first.split { !$0.isNumber }.compactMap { Int($0) }
        #expect((50..<100).contains(numbers.count) && numbers == numbers.sorted(), "\(first)")
        guard case .integer(let lost)? = report["forth"]?["lost"] else {
            throw TestFailure("\(report)")
        }
        #expect(Int(lost) >= 100 - numbers.count && report["seed"] == 3)
        #expect(try survivors(seed: 3, loss: "20%").0 == first)
        #expect(try survivors(seed: 4, loss: "20%").0 != first)
        let whole = try survivors(seed: 3, loss: "0%").0
        #expect(whole.split { !$0.isNumber }.count == 100)
    }

    @Test("a rate is not exceeded, and what its queue has no room for is dropped and counted")
    func rate() throws {
        try LinkRun.require()
        let client = """
            import os, socket, time
            s = socket.create_connection((os.environ['SWITCHYARD_FAR'], 9000))
            start = time.monotonic_ns()
            s.sendall(b'y' * 100_000)
            s.shutdown(socket.SHUT_WR)
            while s.recv(100):
                pass
            print(time.monotonic_ns() - start)
            """
        let paced = try Self.link(
            client, ["--rtt", "0s", "--rate", "2mbit", "-q"], in: TemporaryFolder())
        let time = try #require(Int(paced.output.trimmingCharacters(in: .newlines)), "\(paced)")
        #expect(time >= 400_000_000)
        // A datagram takes a second, and two fit.
        let flood = """
            import os, socket
            u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for number in range(50):
                u.sendto(b'%06d' % number + b'.' * 994, (os.environ['SWITCHYARD_FAR'], 9001))
            """
        let dropped = try Self.link(
            flood, ["--rtt", "0s", "--rate", "8kbit", "--queue", "2KiB", "--json"],
            in: TemporaryFolder())
        guard case .integer(let count)? = try dropped.report()["forth"]?["dropped"] else {
            throw TestFailure("\(dropped)")
        }
        #expect((1...50).contains(count), "\(dropped)")
    }

    @Test("a server and a generator of ours work behind a link, begun by one command")
    func programs() throws {
        try LinkRun.require()
        let folder = try TemporaryFolder()
        let outcome = try LinkRun.run(
            [
                "--rtt", "20ms", "--far",
                "'\(try Programs.own("switchyard-server"))' --listen 0.0.0.0:8080", "--await",
                "8080", "-q", "--", try Programs.own("switchyard-load"), "-q", "-c", "2", "-d",
                "500ms", "--warmup", "0s", "--json", folder.file("report.json"),
                "http://198.18.0.2:8080/plaintext",
            ])
        #expect(outcome.status == 0, "\(outcome)")
        let text = try String(contentsOfFile: folder.file("report.json"), encoding: .utf8)
        let report = try LoadReport(json: JSONValue(parsing: text))
        #expect(report.requests > 0 && report.statuses.success2xx == report.requests)
        #expect(outcome.errors.contains(#""event":"stopped""#), "\(outcome)")
        #expect(report.latency.min >= .milliseconds(20))
    }
}
