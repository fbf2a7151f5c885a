import Basis
import Foundation
import Glibc
import Platform
import Report
import Serve
import TestSupport
import Testing

/// A terminal that closes (SIGHUP) ends the programs in order.
@Suite("hang-up", .serialized)
struct HangupTests {
    @Test("a server drains and removes its control socket", arguments: bytePatterns)
    func server(pattern: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let server = try ServerUnderTest(pattern, ["--control", path])
        let busy = try server.connect()
        try busy.send(HTTPText.get("/wait?us=200000"))
        busy.awaitDelivery()
        TestClock.sleep(.milliseconds(50))
        #expect(FileManager.default.fileExists(atPath: path))
        kill(server.process.id, SIGHUP)
        let reply = try busy.reply()
        #expect(reply.text == "waited\n" && reply["connection"] == "close")
        #expect(try server.ending().requests == 1)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a server whose output nobody reads any more removes its control socket too")
    func withoutReader() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        // The second process of the pipe ends with its first line, as a terminal does.
        var options = SpawnOptions(
            "/bin/sh",
            [
                "-c",
                "\"$0\" --listen 127.0.0.1:0 --control \"$1\" & echo $! > \"$2\"; wait $!"
                    + "; echo $? > \"$3\"",
                try Programs.own("switchyard-server"), path, folder.file("id"),
                folder.file("status"),
            ])
        options.program = "/bin/sh"
        options.arguments =
            [
                "-c", "/bin/sh \"$@\" | head -n 1 > /dev/null", "sh",
            ] + options.arguments
        var shell = try ChildProcess(options)
        let isThere = TestClock.eventually {
            FileManager.default.fileExists(atPath: path)
                && (try? String(contentsOfFile: folder.file("id"), encoding: .utf8))?.isEmpty
                    == false
        }
        #expect(isThere)
        TestClock.sleep(.milliseconds(100))
        let text = try String(contentsOfFile: folder.file("id"), encoding: .utf8)
        let id = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        kill(id, SIGHUP)
        let end = shell.wait(timeout: TestLimit.hang)
        #expect(end != nil)
        let status = try String(contentsOfFile: folder.file("status"), encoding: .utf8)
        #expect(status == "0\n")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("nohup is respected")
    func ignored() throws {
        var options = SpawnOptions(
            "/bin/sh",
            [
                "-c", "trap '' HUP; exec \"$0\" --listen 127.0.0.1:0 --pattern single",
                try Programs.own("switchyard-server"),
            ])
        options.standardError = .captured
        var child = try ChildProcess(options)
        let ready = child.nextLine(timeout: TestLimit.hang)
        #expect(ready?.contains("\"ready\"") == true)
        kill(child.processID, SIGHUP)
        let early = child.wait(timeout: .milliseconds(300))
        #expect(early == nil)
        child.terminate()
        let end = child.wait(timeout: TestLimit.hang)
        #expect(end?.ending == .exited(0))
    }

    @Test("a generator ends with the report of what there is")
    func generator() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("control")
        let server = try ServerUnderTest("single", ["--control", path])
        let run = try server.startLoad("/plaintext", ["-d", "10m"])
        try server.awaitRequests(path)
        run.hangUp()
        let outcome = try run.outcome()
        let report = try outcome.report()
        #expect(report.warnings.contains { $0.hasPrefix("interrupted after ") })
        _ = try server.stop()
    }
}
