import Basis
import Glibc
import Platform
import Testing

@Suite("child processes")
struct ChildProcessTests {
    @Test("a child's lines, its ending and its errors come back")
    func echo() throws {
        var options = SpawnOptions("sh", ["-c", "echo one; echo two; echo bad >&2; exit 7"])
        options.standardError = .captured
        var child = try ChildProcess(options)
        #expect(child.nextLine(timeout: .seconds(10)) == "one")
        #expect(child.remainingOutput(timeout: .seconds(10)) == "two\n")
        #expect(child.remainingErrors(timeout: .seconds(10)) == "bad\n")
        let end = child.wait(timeout: .seconds(10))
        #expect(end?.ending == .exited(7))
    }

    @Test(
        "a sleep ends when one of two children writes or ends, and not before",
        arguments: [
            ("echo said", true), ("echo said >&2", true), ("exit", true), ("exec 2>&-", true),
            (":", false),
        ])
    func activity(action: String, isActive: Bool) throws {
        var options = SpawnOptions(
            "sh", ["-c", "trap '\(action)' TERM; echo up; while :; do :; done"])
        options.standardError = .captured
        var child = try ChildProcess(options)
        let other = try ChildProcess(SpawnOptions("sleep", ["1000"]))
        #expect(child.nextLine(timeout: .seconds(60)) == "up")
        let before = MonotonicClock.now + .milliseconds(20)
        child.sleep(until: before, unless: other)
        #expect(MonotonicClock.now >= before)
        child.terminate()
        let deadline = MonotonicClock.now + (isActive ? .seconds(60) : .milliseconds(20))
        child.sleep(until: deadline, unless: other)
        #expect((MonotonicClock.now < deadline) == isActive)
        other.sleep(until: deadline, unless: child)
        #expect((MonotonicClock.now < deadline) == isActive)
    }

    @Test("a pipe whose end was read wakes nobody any more")
    func closedPipe() throws {
        var options = SpawnOptions("sh", ["-c", "exec >&- 2>&-; while :; do :; done"])
        options.standardError = .captured
        var child = try ChildProcess(options)
        let other = try ChildProcess(SpawnOptions("sleep", ["1000"]))
        #expect(child.remainingOutput(timeout: .seconds(60)).isEmpty)
        #expect(child.remainingErrors(timeout: .seconds(60)).isEmpty)
        let deadline = MonotonicClock.now + .milliseconds(20)
        child.sleep(until: deadline, unless: other)
        #expect(MonotonicClock.now >= deadline)
    }

    @Test("a program that does not exist is refused with its errno")
    func missing() {
        #expect(throws: SystemError("execvp", code: 2)) {
            _ = try ChildProcess(SpawnOptions("/nonexistent/program"))
        }
    }

    @Test("a child runs on the CPUs it was given")
    func affinity() throws {
        let cpu = try #require(CPUSet.available.cpus.last)
        var options = SpawnOptions("grep", ["Cpus_allowed_list", "/proc/self/status"])
        options.cpus = CPUSet([cpu])
        var child = try ChildProcess(options)
        let line = child.nextLine(timeout: .seconds(10)) ?? ""
        #expect(line.hasSuffix("\t\(cpu)"))
    }

    @Test("a child gets its standard streams and no other descriptor of its parent")
    func descriptors() throws {
        // dup(2) makes a descriptor without close-on-exec, as careless libraries do.
        let stray = dup(0)
        defer { close(stray) }
        var child = try ChildProcess(SpawnOptions("ls", ["/proc/self/fd"]))
        // The fourth is the folder that it reads.
        #expect(child.remainingOutput(timeout: .seconds(10)) == "0\n1\n2\n3\n")
    }

    @Test("a dropped child is gone")
    func dropped() throws {
        let id: Int32
        do {
            let child = try ChildProcess(SpawnOptions("sleep", ["1000"]))
            id = child.processID
        }
        #expect(throws: SystemError.self) { try readFile("/proc/\(id)/status") }
    }

    @Test("what a child leaves in its group ends with it", arguments: [true, false])
    func leftovers(isAsked: Bool) throws {
        // The shell waits for its child, or ends before it.
        let script = isAsked ? "sleep 1000 & echo $!; wait" : "sleep 1000 & echo $!"
        var child = try ChildProcess(SpawnOptions("sh", ["-c", script]))
        let first = child.nextLine(timeout: .seconds(10))
        let id = try #require(first)
        if isAsked { child.terminate() }
        #expect(child.wait(timeout: .seconds(10)) != nil)
        // Whoever inherits an orphan reaps it in its own time.
        let deadline = MonotonicClock.now + .seconds(10)
        func isAlive() -> Bool {
            let status = try? readFile("/proc/\(id)/status")
            return status.map { !$0.contains("State:\tZ") } ?? false
        }
        while isAlive(), MonotonicClock.now < deadline { blockThread(for: .milliseconds(5)) }
        #expect(!isAlive())
    }

    /// Address 0 of a process is never mapped: proc_pid_mem(5) answers with EIO.
    @Test(
        "an error while reading is no end of the file",
        arguments: [("/", EISDIR), ("/proc/self/mem", EIO)])
    func readError(path: String, code: Int32) {
        #expect(throws: SystemError("read", code: code)) { try readFile(path) }
    }

    @Test("a wait ends at its deadline while the child runs, and a signal ends the child")
    func deadline() throws {
        var child = try ChildProcess(SpawnOptions("sleep", ["1000"]))
        #expect(child.wait(timeout: .milliseconds(20)) == nil)
        child.terminate()
        let end = child.wait(timeout: .seconds(10))
        #expect(end?.ending == .killed(signal: 15))
    }

    @Test("a child is told lines, until nobody reads them or its input is ended")
    func told() throws {
        var options = SpawnOptions("cat")
        options.standardInput = .piped
        var child = try ChildProcess(options)
        for line in ["one", "", "three"] {
            #expect(child.tell(line) == true)
            #expect(child.nextLine(timeout: .seconds(60)) == line)
        }
        child.closeInput()
        #expect(child.wait(timeout: .seconds(60))?.ending == .exited(0))
        #expect(child.tell("four") == false)

        options = SpawnOptions("sh", ["-c", "exec <&-; echo closed; exec sleep 100"])
        options.standardInput = .piped
        var deaf = try ChildProcess(options)
        #expect(deaf.nextLine(timeout: .seconds(60)) == "closed")
        // It would end this program by a signal.
        #expect(deaf.tell("anything") == false)
        var plain = try ChildProcess(SpawnOptions("true"))
        #expect(plain.tell("nobody listens") == false)
    }
}
