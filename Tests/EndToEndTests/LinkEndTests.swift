import Basis
import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// How a link ends, with what status, and that nothing of it is left.
@Suite("ends of a link", .serialized)
struct LinkEndTests {
    @Test(
        "the status is the command's own",
        arguments: [
            ("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137),
            ("kill -TERM $$", 143),
        ] as [(String, Int32)])
    func statuses(script: String, status: Int32) throws {
        try LinkRun.require()
        let outcome = try LinkRun.run(["--rtt", "1ms", "-q", "--", "sh", "-c", script])
        #expect(outcome.status == status && outcome.errors.isEmpty, "\(outcome)")
    }

    @Test("the streams of the command are those of the link, and of the far one the errors")
    func streams() throws {
        try LinkRun.require()
        var options = SpawnOptions(
            "/bin/sh",
            [
                "-c", "echo in | \"$0\" link --rtt 0s --far 'echo far' -- sh -c 'cat; echo e >&2'",
                try Programs.own("switchyard"),
            ])
        options.standardError = .captured
        var child = try ChildProcess(options)
        let outcome = try LinkRun.end(&child)
        #expect(outcome.status == 0 && outcome.output == "in\n", "\(outcome)")
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.contains("far") && lines.contains("e"), "\(outcome)")
        #expect(outcome.errors.contains("link: round trip 0ns over "), "\(outcome)")
    }

    @Test("what can't be run has env's status and one line that says why")
    func unusable() throws {
        try LinkRun.require()
        let missing = try LinkRun.run(["--rtt", "0s", "--", "/nonexistent/program"])
        #expect(missing.status == 127, "\(missing)")
        #expect(
            missing.errors == "switchyard: can't run '/nonexistent/program': No such file or "
                + "directory; check its name and its rights\n")
        let locked = try LinkRun.run(["--rtt", "0s", "--", "/etc/passwd"])
        #expect(locked.status == 126 && locked.errors.contains("can't run '/etc/passwd'"))
        let far = try LinkRun.run(["--rtt", "0s", "--far", "/nonexistent/x", "--", "true"])
        #expect(far.status == 127 && far.errors.contains("'/nonexistent/x'"), "\(far)")
        let silent = try LinkRun.run(
            ["--rtt", "0s", "--far", "sh -c 'exit 3'", "--await", "80", "--", "true"])
        #expect(silent.status == 1, "\(silent)")
        #expect(
            silent.errors == "switchyard: the far command ended with status 3 before it listened "
                + "on port 80; run it by itself to see why\n")
    }

    @Test("the settings inside are not those outside, and both sides know the addresses")
    func settings() throws {
        try LinkRun.require()
        let names = ["tcp_fastopen", "tcp_fastopen_blackhole_timeout_sec"]
        let paths = names.map { "/proc/sys/net/ipv4/\($0)" }
        let before = try paths.map { try readFile($0) }
        let devices = try readFile("/proc/net/dev").split(separator: "\n").count
        let script =
            "cat \(paths.joined(separator: " ")); echo $SWITCHYARD_NEAR $SWITCHYARD_FAR"
            + "; test -e $SWITCHYARD_FAR_NETWORK && test -e $SWITCHYARD_NEAR_NETWORK || echo none"
            + "; cat /proc/sys/net/ipv6/conf/link0/disable_ipv6 2>/dev/null || echo 1"
        let outcome = try LinkRun.run(["--rtt", "0s", "-q", "--", "sh", "-c", script])
        #expect(outcome.output == "3\n0\n198.18.0.1 198.18.0.2\n1\n", "\(outcome)")
        #expect(try paths.map { try readFile($0) } == before)
        #expect(try readFile("/proc/net/dev").split(separator: "\n").count == devices)
    }

    /// Ways to end a link; the near command sleeps.
    enum Blow: String, CaseIterable, Sendable {
        case interrupt, terminate, killNear, killLink, exit
    }

    @Test(
        "nothing is left behind, however it ends", arguments: Blow.allCases, ["tun", "veth"])
    func remains(blow: Blow, device: String) throws {
        try LinkRun.require(device)
        let folder = try TemporaryFolder()
        // Each side has a child of its own, and the far one may ignore what asks it to end.
        let trap = blow == .interrupt ? "trap '' TERM; " : ""
        let far = trap + "sleep 1000 & echo $$ $! > far; readlink /proc/self/ns/net > net"
        let near =
            "sleep 1000 & echo $$ $!; while ! test -s net; do sleep 0.01; done; "
            + (blow == .exit ? "exit 5" : "wait")
        var child = try LinkRun.begin(
            [
                "--rtt", "1ms", "--device", device, "-q", "--far",
                "sh -c '\(far.replacing("'", with: "'\\''")); wait'", "--", "sh", "-c", near,
            ], in: folder.path)
        let line = child.nextLine(timeout: TestLimit.hang) ?? ""
        var ids = line.split(separator: " ").compactMap { Int32($0) }
        try #require(ids.count == 2)
        let isReady = TestClock.eventually {
            (try? readFile(folder.file("net")))?.hasSuffix("\n") == true
        }
        try #require(isReady)
        ids += try readFile(folder.file("far")).split(whereSeparator: \.isWhitespace)
            .compactMap { Int32($0) }
        let network = try readFile(folder.file("net")).trimmingCharacters(in: .newlines)
        #expect(ids.count == 4 && network.hasPrefix("net:"))
        switch blow {
        case .interrupt: kill(child.processID, SIGINT)
        case .terminate: kill(child.processID, SIGTERM)
        case .killNear: kill(ids[0], SIGKILL)
        case .killLink: kill(child.processID, SIGKILL)
        case .exit: break
        }
        let ending = child.wait(timeout: TestLimit.hang)?.ending
        let expected: ChildProcess.Ending =
            switch blow {
            case .interrupt: .exited(130)
            case .terminate: .exited(143)
            case .killNear: .exited(137)
            case .killLink: .killed(signal: SIGKILL)
            case .exit: .exited(5)
            }
        let errors = child.remainingErrors(timeout: .seconds(1))
        #expect(ending == expected, "\(errors)")
        let isOver = TestClock.eventually {
            !ids.contains { LinkRun.isAlive($0) } && LinkRun.members(ofNetwork: network).isEmpty
        }
        let left = ids.filter { LinkRun.isAlive($0) }
        #expect(isOver, "\(left) of \(ids), \(LinkRun.members(ofNetwork: network)) are left")
        for id in left { kill(id, SIGKILL) }
    }

    @Test("who has no rights gets a link where the machine allows it, and stays who it was")
    func unprivileged() throws {
        var prefix: [String] = []
        let folder = try TemporaryFolder()
        if geteuid() == 0 {
            let setpriv = Programs.found("setpriv")
            guard let setpriv else { try Test.cancel("setpriv is not installed") }
            // Where this build is, others need not be able to look.
            let copy = folder.file("switchyard")
            try FileManager.default.copyItem(atPath: Programs.own("switchyard"), toPath: copy)
            for path in [copy, folder.path] {
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o755], ofItemAtPath: path)
            }
            let drop = "exec \"$0\" --reuid 65534 --regid 65534 --clear-groups \"$@\""
            prefix = ["/bin/sh", "-c", "shift; set -- '\(copy)' \"$@\"; \(drop)", setpriv]
        }
        try LinkRun.require(through: prefix)
        let outcome = try LinkRun.run(
            [
                "--rtt", "5ms", "--json", "--", "sh", "-c",
                "id -u; cat /proc/sys/net/ipv4/tcp_fastopen",
            ],
            through: prefix)
        let user = geteuid() == 0 ? 65_534 : geteuid()
        #expect(outcome.status == 0 && outcome.output == "\(user)\n3\n", "\(outcome)")
        #expect(try outcome.report()["unprivileged"] == true)
    }

    @Test("in a terminal the command has the keyboard, Ctrl-Z stops all and Ctrl-C ends it")
    func terminal() throws {
        let python = try LinkRun.requirePython()
        try LinkRun.require()
        // A shell with job control, as far as it is needed.
        let script = """
            import os, pty, select, signal, sys, time
            program = sys.argv[1]
            shell, terminal = pty.fork()
            if shell == 0:
                signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                job = os.fork()
                if job == 0:
                    os.setpgid(0, 0)
                    os.tcsetpgrp(0, os.getpid())
                    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
                    os.execv(program, [program, 'link', '--rtt', '1ms', '-q', '--', 'sh', '-c',
                        'echo ready; read a; trap "echo caught; exit 9" INT; echo got $a; '
                        'while :; do sleep 0.05; done'])
                while True:
                    _, status = os.waitpid(job, os.WUNTRACED)
                    os.tcsetpgrp(0, os.getpgrp())
                    if not os.WIFSTOPPED(status):
                        os.write(1, b'status %d\\n' % os.waitstatus_to_exitcode(status))
                        os._exit(0)
                    os.write(1, b'stopped\\n')
                    os.tcsetpgrp(0, job)
                    os.kill(-job, signal.SIGCONT)
            seen = b''
            def expect(word):
                global seen
                end = time.monotonic() + 25
                while word not in seen:
                    if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                        sys.exit('no %r in %r' % (word, seen))
                    seen += os.read(terminal, 1000)
                seen = seen[seen.index(word) + len(word):]
            expect(b'ready')
            os.write(terminal, b'\\x1a')
            expect(b'stopped')
            os.write(terminal, b'hello\\n')
            expect(b'got hello')
            os.write(terminal, b'\\x03')
            expect(b'caught')
            expect(b'status 9')
            """
        var options = SpawnOptions(python, ["-SE", "-c", script, try Programs.own("switchyard")])
        options.standardError = .captured
        var child = try ChildProcess(options)
        let outcome = try LinkRun.end(&child)
        #expect(outcome.status == 0, "\(outcome)")
    }
}
