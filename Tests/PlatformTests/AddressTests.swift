import Basis
import Platform
import TestSupport
import Testing

@Suite("socket addresses")
struct SocketAddressTests {
    @Test(
        "what is read is shown as it is usually written",
        arguments: [
            ("127.0.0.1:80", "127.0.0.1:80"), (":0", "0.0.0.0:0"),
            ("0.0.0.0:65535", "0.0.0.0:65535"),
            ("[::1]:8080", "[::1]:8080"), ("[2001:db8::5]:1", "[2001:db8::5]:1"),
            ("[::]:1", "[::]:1"),
            ("[::ffff:1.2.3.4]:1", "[::ffff:1.2.3.4]:1"), ("::1:80", "[::1]:80"),
            ("255.255.255.255:1", "255.255.255.255:1"), ("127.1:5", "127.0.0.1:5"),
        ])
    func reading(text: String, shown: String) throws {
        #expect(try SocketAddress(parsing: text).description == shown)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", "1.2.3.4", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:65536", "1.2.3.4:-1", "[::1]", "a b:1",
            "300.1.1.1:1", "nowhere.invalid:1",
        ])
    func strangers(text: String) {
        #expect(throws: Complaint.self) { try SocketAddress(parsing: text) }
    }

    @Test("localhost is the loopback of both families, a number is itself")
    func all() throws {
        let local = try SocketAddress.all(host: "LocalHost", port: 5)
        #expect(
            Set(local).isSuperset(of: [.v4(0x7F00_0001, port: 5), .v6(0, 1, port: 5, scope: 0)]))
        #expect(Set(local).count == local.count)
        #expect(try SocketAddress.all(host: "127.0.0.2", port: 1) == [.v4(0x7F00_0002, port: 1)])
        #expect(throws: Complaint.self) { try SocketAddress.all(host: "nowhere.invalid", port: 1) }
    }

    @Test(
        "a listener's address names the port that the kernel chose",
        arguments: [
            "127.0.0.1:0", "[::1]:0",
        ])
    func chosenPort(text: String) throws {
        let wanted = try SocketAddress(parsing: text)
        let listener = try Socket.listen(on: wanted, ListenOptions())
        let address = try Socket.localAddress(of: listener)
        let port = try #require(address.port)
        #expect(port > 0 && address == wanted.with(port: port))
    }

    @Test("a second listener on an address is refused, unless both share the port")
    func sharedPorts() throws {
        var options = ListenOptions()
        let first = try Socket.listen(on: .v4(0x7F00_0001, port: 0), options)
        let address = try Socket.localAddress(of: first)
        do {
            _ = try Socket.listen(on: address, options)
            Issue.record("two sockets listen on one address")
        } catch { #expect(error.isAddressInUse) }
        options.sharesPort = true
        let third = try Socket.listen(on: .v4(0x7F00_0001, port: 0), options)
        let shared = try Socket.localAddress(of: third)
        let fourth = try Socket.listen(on: shared, options)
        #expect(try Socket.localAddress(of: fourth) == shared)
    }
}

@Suite("CPU sets")
struct CPUSetTests {
    @Test(
        "are written as short as can be",
        arguments: [
            ([], ""), ([0], "0"), ([0, 1], "0-1"), ([3, 1, 2, 7, 7], "1-3,7"),
            ([0, 2, 4], "0,2,4"),
        ] as [([Int], String)])
    func writing(cpus: [Int], text: String) {
        #expect(CPUSet(cpus).description == text)
    }

    @Test(
        "malformed lists and CPUs that are not there are refused",
        arguments: [
            "", ",", "1,", "-", "1-", "-1", "2-1", "a", "1-2-3", "0x1", "8192", "8191", "1 ",
            "99999999999999999999",
        ])
    func strangers(text: String) {
        #expect(throws: Complaint.self) { try CPUSet(parsing: text) }
    }

    @Test("the available set reads back, and binds")
    func available() throws {
        let all = CPUSet.available
        #expect(try CPUSet(parsing: all.description) == all)
        let one = CPUSet([try #require(all.cpus.last)])
        try withThreads(1) { _ in
            try? one.bindThisThread()
            #expect(CPUSet.available == one && CPUSet.current == one.cpus[0])
        }
        #expect(CPUSet.available == all)
    }
}
