import Basis
import Foundation
import Platform
import Serve
import TestSupport
import Testing

@Suite("server: control socket")
struct ServerControlTests {
    private static let request = HTTPText.get("/plaintext")

    private func snapshot(_ path: String) throws -> ServerReport {
        let client = try RawClient(path: path)
        try client.send("snapshot\n")
        return try ServerReport(line: try client.line())
    }

    @Test("a snapshot is the last line's object while the server runs", arguments: bytePatterns)
    func snapshot(pattern: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let server = try ServerUnderTest(pattern, ["--control", path])
        #expect(try snapshot(path).requests == 0)
        let client = try server.connect()
        for _ in 0..<10 { _ = try client.ask(Self.request) }
        // A thread publishes at the end of its turn, which may be after the reply.
        let isCounted = try TestClock.eventually { try snapshot(path).requests == 10 }
        #expect(isCounted)
        let last = try snapshot(path)
        #expect(last.event == "snapshot" && last.accepted == 1)
        #expect(last.workers.count == (try server.stop().workers.count))
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("many askers at once are answered, during load, line for line")
    func concurrent() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let server = try ServerUnderTest("acceptors:exclusive", ["--control", path])
        let port = server.port
        let faults = Guarded<[String]>([])
        try withThreads(8) { index in
            do {
                if index < 2 {
                    let client = try RawClient(port: port)
                    for _ in 0..<200 { _ = try client.ask(Self.request) }
                    return
                }
                let client = try RawClient(path: path)
                for _ in 0..<20 {
                    try client.send("snapshot\nsnapshot\nwhat?\n")
                    for event in ["snapshot", "snapshot", "error"] {
                        let line = try client.line()
                        if !line.hasPrefix(#"{"event":"\#(event)""#) {
                            faults.withLock { $0.append(line) }
                        }
                    }
                }
            } catch {
                faults.withLock { $0.append("\(error)") }
            }
        }
        faults.withLock { #expect($0.isEmpty, "\($0)") }
        #expect(try server.stop().requests == 400)
    }

    @Test("peers that ask nothing, too much or nonsense do not keep others out")
    func badPeers() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let server = try ServerUnderTest("single", ["--control", path])
        let before = server.process.descriptors
        do {
            let silent = try (0..<40).map { _ in try RawClient(path: path) }
            let endless = try RawClient(path: path)
            try? endless.send(String(repeating: "a", count: 100_000))
            #expect(try endless.endsSilently())
            let asker = try RawClient(path: path)
            try asker.send("\u{0}\u{ff}\n\nsnapshot\n")
            #expect(try asker.line().hasPrefix(#"{"event":"error""#))
            #expect(try asker.line().hasPrefix(#"{"event":"error""#))
            #expect(try asker.line().hasPrefix(#"{"event":"snapshot""#))
            #expect(server.process.comesToRest, "a thread is busy with \(silent.count) idle peers")
        }
        #expect(TestClock.eventually { server.process.descriptors == before })

        // An answer to somebody who has gone, and one to somebody who has ended his half.
        for _ in 0..<20 { try RawClient(path: path).send("snapshot\nsnapshot\n") }
        let half = try RawClient(path: path)
        try half.send("snapshot\n")
        half.finishSending()
        #expect(try half.line().hasPrefix(#"{"event":"snapshot""#))
        _ = try server.stop()
    }

    @Test("it answers even when descriptors have run out")
    func outOfDescriptors() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let server = try ServerUnderTest(
            "single", descriptorLimit: 40, ["--control", path])
        let clients = try (0..<60).map { _ in try server.connect() }
        #expect(TestClock.eventually { server.process.descriptors >= 38 })
        #expect(try TestClock.eventually { try snapshot(path).accepted >= 20 })
        #expect(try snapshot(path).accepted <= clients.count)
        #expect(server.process.comesToRest)
        _ = try server.stop()
    }

    @Test("an answer longer than a socket buffer arrives whole", .enabled(if: !Sanitizer.isActive))
    func longAnswers() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let server = try ServerUnderTest(
            "acceptors:exclusive", threads: 1_000, ["--control", path])
        #expect(try snapshot(path).workers.count == 1_000)
        #expect(try server.stop().workers.count == 1_000)
    }

    @Test("what lies at the path is replaced only if it is a socket that nobody listens on")
    func stalePaths() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let files = FileManager.default

        // Killed, a server leaves its socket behind.
        try { _ = try ServerUnderTest("single", ["--control", path]) }()
        #expect(files.fileExists(atPath: path))
        let server = try ServerUnderTest("single", ["--control", path])
        #expect(try snapshot(path).workers.count == 1)

        let arguments = ["--listen", "127.0.0.1:0", "--control"]
        let second = try ServerOutcome(arguments + [path])
        #expect(second.ending == .exited(1) && second.errors.contains("in use"))
        #expect(try snapshot(path).workers.count == 1)
        _ = try server.stop()

        let precious = folder.file("precious")
        try "content".write(toFile: precious, atomically: true, encoding: .utf8)
        let third = try ServerOutcome(arguments + [precious])
        #expect(third.ending == .exited(1) && third.output.isEmpty)
        #expect(try String(contentsOfFile: precious, encoding: .utf8) == "content")

        let fourth = try ServerOutcome(arguments + [folder.file("no/such/folder")])
        #expect(fourth.ending == .exited(1) && fourth.output.isEmpty)
        #expect(try ServerOutcome(arguments + [folder.path]).ending == .exited(1))
    }

    @Test("the socket is for its owner only")
    func permissions() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let server = try ServerUnderTest("single", ["--control", path])
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        #expect((facts[.posixPermissions] as? Int) == 0o600)
        _ = try server.stop()
    }
}
