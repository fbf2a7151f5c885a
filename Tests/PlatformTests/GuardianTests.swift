import Basis
import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// Children whose whole group ends with this program.
@Suite("guardians of child processes", .serialized)
struct GuardianTests {
    /// Whether a process runs: it is neither gone nor a zombie.
    private static func isAlive(_ id: Int32) -> Bool {
        let status = (try? readFile("/proc/\(id)/status")) ?? ""
        return !status.isEmpty && !status.contains("State:\tZ")
    }

    private static func name(_ id: Int32) -> String? {
        (try? readFile("/proc/\(id)/comm")).map { $0.trimmingCharacters(in: .newlines) }
    }

    private static func guarded(_ script: String) throws -> ChildProcess {
        var options = SpawnOptions("sh", ["-c", script])
        options.diesWithParent = true
        options.standardError = .captured
        return try ChildProcess(options)
    }

    /// Starts a child that prints ids, writes them and the guardian's into `file`, and then does
    /// `action` while the child is there.
    private static func announce(
        _ script: String, in file: String, then action: () -> Void
    ) throws {
        var child = try guarded(script)
        let line = child.nextLine(timeout: TestLimit.hang) ?? ""
        try "\(line) \(child.guardianID)".write(
            toFile: file, atomically: true, encoding: .utf8)
        action()
        child.killNow()
    }

    /// What the group of a killed program may be like. `$$` is the leader, `$!` its child.
    static let groups = [
        // The child of a start script, which ends at once when asked.
        "sleep 1000 & echo $$ $!; wait",
        // Both must be killed.
        "trap '' TERM; sh -c 'sleep 1000; sleep 1000' & echo $$ $!; wait",
        // The leader is gone before the program is.
        "sleep 1000 & echo $$ $!",
        // Whoever is stopped can't end in order.
        "sh -c 'kill -STOP $$; sleep 1000' & echo $$ $!; wait",
    ]

    @Test("whoever kills a program ends the groups of its children", arguments: groups)
    func killed(script: String) async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("ids")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [file = file as String, script = script as String] in
            try Self.announce(script, in: file) {
                kill(getpid(), SIGKILL)
                // It comes when this thread next leaves the kernel.
                pause()
            }
        }
        let ids = try readFile(file).split(separator: " ").compactMap { Int32($0) }
        #expect(ids.count == 3 && !ids.contains(0), "\(ids)")
        let isOver = TestClock.eventually { !ids.contains { Self.isAlive($0) } }
        #expect(isOver, "\(ids.filter { Self.isAlive($0) }) of \(ids) outlive their program")
        for id in ids where Self.isAlive(id) { kill(id, SIGKILL) }
    }

    @Test("a program that leaves without a word to its children ends them too")
    func left() async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("ids")
        await #expect(processExitsWith: .exitCode(3)) { [file = file as String] in
            try Self.announce("sleep 1000 & echo $$ $!; wait", in: file) { _exit(3) }
        }
        let ids = try readFile(file).split(separator: " ").compactMap { Int32($0) }
        #expect(ids.count == 3)
        #expect(TestClock.eventually { !ids.contains { Self.isAlive($0) } })
    }

    @Test("a guardian is gone without a trace when its child is", arguments: [true, false])
    func end(isAwaited: Bool) throws {
        let guardian: Int32
        do {
            var child = try Self.guarded(isAwaited ? "exit 7" : "sleep 1000")
            guardian = child.guardianID
            #expect(guardian > 0)
            if isAwaited {
                #expect(child.wait(timeout: TestLimit.hang)?.ending == .exited(7))
            } else {
                #expect(Self.isAlive(guardian))
            }
        }
        // Not even a zombie.
        #expect(throws: SystemError.self) { try readFile("/proc/\(guardian)/stat") }
    }

    @Test("a program that can't be started leaves no guardian")
    func missing() throws {
        var options = SpawnOptions("/nonexistent/program")
        options.diesWithParent = true
        #expect(throws: SystemError("execvp", code: ENOENT)) { _ = try ChildProcess(options) }
        let all = try FileManager.default.contentsOfDirectory(atPath: "/proc")
        let own = all.compactMap { Int32($0) }.filter { id in
            let status = (try? readFile("/proc/\(id)/status")) ?? ""
            return status.contains("PPid:\t\(getpid())\n") && status.contains("Name:\tguardian")
        }
        #expect(own.isEmpty)
    }

    @Test("a guardian holds nothing open but its view of the program, and is a member of the group")
    func holdings() throws {
        // The output is closed while the child lives on.
        var child = try Self.guarded("exec >&- 2>&-; sleep 1000")
        #expect(child.remainingOutput(timeout: TestLimit.hang).isEmpty)
        #expect(child.remainingErrors(timeout: TestLimit.hang).isEmpty)
        let folder = "/proc/\(child.guardianID)/fd"
        let isBare = TestClock.eventually {
            (try? FileManager.default.contentsOfDirectory(atPath: folder)) == ["0"]
        }
        #expect(isBare)
        let view = try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/0")
        #expect(view.contains("pidfd"), "\(view)")
        #expect(getpgid(child.guardianID) == child.processID)
        #expect(TestClock.eventually { Self.name(child.guardianID) == "guardian" })
    }

    @Test("what ends a server in order leaves its guardian at its post")
    func signals() throws {
        var child = try Self.guarded(
            "trap 'echo asked' TERM; echo up; while :; do sleep 0.01; done")
        #expect(child.nextLine(timeout: TestLimit.hang) == "up")
        child.terminate()
        #expect(child.nextLine(timeout: TestLimit.hang) == "asked")
        // It is asked too, and does not hear it (proc_pid_status(5)).
        #expect(TestClock.eventually { Self.name(child.guardianID) == "guardian" })
        let status = try readFile("/proc/\(child.guardianID)/status")
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") })
        let blocked = try #require(UInt64(line.suffix(16), radix: 16))
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGPIPE, SIGTSTP] {
            #expect(blocked >> UInt64(signal - 1) & 1 == 1, "signal \(signal)")
        }
        #expect(Self.isAlive(child.guardianID))
        child.killNow()
        #expect(child.wait(timeout: TestLimit.hang)?.ending == .killed(signal: SIGKILL))
        #expect(!Self.isAlive(child.guardianID))
    }
}
