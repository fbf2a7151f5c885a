import Basis
import Foundation
import Platform
import Report
import TestSupport
import Testing

@testable import Matrix

@Suite("the measuring agent")
struct AgentTests {
    /// Listens, forks a worker that holds the listener too, and burns as many CPU seconds as it is
    /// told on a line, in the worker; then says so.
    private static let burner = """
        import os, resource, socket, sys
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        ask, answer = os.pipe(), os.pipe()
        if os.fork() == 0:
            for line in os.fdopen(ask[0]):
                end = sum(os.times()[:2]) + float(line)
                while sum(os.times()[:2]) < end: pass
                os.write(answer[1], b"done\\n")
        print(listener.getsockname()[1], flush=True)
        done = os.fdopen(answer[0])
        for line in sys.stdin:
            os.write(ask[1], line.encode())
            print(done.readline().strip(), flush=True)
        """

    private struct Burner: ~Copyable {
        let port: UInt16
        private(set) var child: ChildProcess

        init() throws {
            var options = SpawnOptions("python3", ["-SEc", AgentTests.burner])
            options.standardInput = .piped
            options.cpus = .ofParent
            var child = try ChildProcess(options)
            let line = child.nextLine(timeout: TestLimit.hang) ?? ""
            guard let port = UInt16(line) else { throw TestFailure("no port: \(line)") }
            self.port = port
            self.child = child
        }

        mutating func burn(_ seconds: Double) throws {
            let isTold = child.tell("\(seconds)")
            #expect(isTold)
            let answer = child.nextLine(timeout: TestLimit.hang)
            #expect(answer == "done")
        }
    }

    @Test("all that hold a listener are found, with what descends from them")
    func found() throws {
        let burner = try Burner()
        let holders = try ListenerProcesses.holding(burner.port)
        #expect(holders.count == 2 && holders.contains(burner.child.processID))
        let agent = try MeasureAgent(roots: [burner.child.processID])
        #expect(agent.hello.processes == holders.sorted())
        #expect(try AgentHello(json: agent.hello.json) == agent.hello)
        #expect(agent.hello.place.isMachine(of: .own))
        #expect(agent.hello.place.knowsProcesses(of: .own))
    }

    @Test("what the processes burn is what the agent says, by the kernel's own count")
    func burn() throws {
        var burner = try Burner()
        var agent = try MeasureAgent(roots: try ListenerProcesses.holding(burner.port))
        let first = try AgentReading(json: agent.answer(AgentRequest.read.line))
        #expect(first.foreignShare == nil && first.stolenShare == nil)
        #expect(first.process.threads == 2 && first.process.resident > 1 << 20)
        try burner.burn(0.3)
        let second = try AgentReading(json: agent.answer(AgentRequest.read.line))
        let burnt = (second.process.cpu - first.process.cpu).inSeconds
        // The witness counts in ticks of 10 ms and burns until the tick after.
        #expect((0.28...0.5).contains(burnt), "\(burnt)")
        #expect(second.time > first.time)
        let shares = [second.foreignShare, second.busyShare].compactMap { $0 }
        #expect(shares.allSatisfy { (0...1).contains($0) })
        let use = MeasuredUse(from: first, to: second)
        #expect(use.text.contains("CPU time") && use.text.contains("CPUs in the mean"))
        #expect(use.json["cpu_ns"] == .integer((second.process.cpu - first.process.cpu).raw))
    }

    @Test("the work of processes that the asker names is not foreign")
    func others() throws {
        let server = try Burner()
        var other = try Burner()
        let holders = try ListenerProcesses.holding(other.port)
        var stranger = try MeasureAgent(roots: [server.child.processID])
        var friend = stranger
        _ = stranger.answer(AgentRequest.watch(cpus: .available, others: []).line)
        _ = friend.answer(AgentRequest.watch(cpus: .available, others: holders).line)
        _ = try (stranger.read(), friend.read())
        try other.burn(0.5)
        // Taken first, so that what follows in between can only be to its harm.
        let known = try friend.read().foreignShare
        let unknown = try stranger.read().foreignShare
        // Nil where the kernel's figures can't be right.
        if let known, let unknown, unknown < 1 { #expect(known < unknown) }
    }

    @Test(
        "a line that is no question is answered with what is wrong",
        arguments: [
            ("", "no JSON"), ("read", "no JSON"), ("[]", "is not an object"),
            ("{}", "ask is missing"),
            (#"{"ask": "stop"}"#, "'stop' is unknown"),
            (#"{"ask": "watch", "cpus": "x"}"#, "cpus is no list of CPUs"),
            (#"{"ask": "watch", "others": ["x"]}"#, "others holds something else"),
        ])
    func questions(line: String, problem: String) throws {
        var agent = try MeasureAgent(roots: [currentProcessID])
        guard case .string(let error)? = agent.answer(line)["error"] else {
            throw TestFailure("no error")
        }
        #expect(error.contains(problem), "\(error)")
    }

    @Test(
        "questions are read as they are written",
        arguments: [
            AgentRequest.read, .machine, .watch(cpus: nil, others: []),
            .watch(cpus: CPUSet([0, 2, 3]), others: [4, 5]),
        ])
    func requests(request: AgentRequest) throws {
        #expect(try AgentRequest(line: request.line) == request)
    }

    @Test("it answers until its input ends or nobody reads, and says when the server is gone")
    func serve() throws {
        var agent = try MeasureAgent(roots: [currentProcessID])
        var written: [String] = []
        var lines = [AgentRequest.read.line, AgentRequest.machine.line]
        agent.serve(
            { lines.isEmpty ? nil : lines.removeFirst() },
            {
                written.append($0)
                return true
            })
        #expect(written.count == 3 && written.allSatisfy { $0.hasSuffix("}\n") })
        var asked = 0
        agent.serve(
            {
                asked += 1
                return AgentRequest.read.line
            }, { !$0.contains("time_ns") })
        #expect(asked == 1)
        var ended: MeasureAgent
        do {
            let burner = try Burner()
            ended = try MeasureAgent(roots: [burner.child.processID])
        }
        let answer = ended.answer(AgentRequest.read.line)
        #expect(answer["error"] == "the processes of the server have ended", "\(answer.compact)")
        #expect(throws: Complaint.self) { try MeasureAgent(roots: [Int32.max]) }
    }

    @Test("a port on which nobody listens is said to be one")
    func nobody() throws {
        let port = try Loopback.freePort()
        let complaint = #expect(throws: Complaint.self) { try ListenerProcesses.holding(port) }
        #expect(complaint?.problem == "nobody listens on port \(port) here")
    }

    @Test(
        "measure wants one server, and no --json where it speaks JSON anyhow",
        arguments: [
            ([], "measure is told no server"),
            (["--port", "1", "--pid", "1"], "measure is told both --port and --pid"),
            (["--port", "0"], "--port"), (["--pid", "x"], "--pid"),
            (["--pid", "1", "--json"], "--json means nothing without a command"),
        ])
    func command(words: [String], problem: String) {
        let transcript = Transcript()
        #expect(Switchyard.main(["measure"] + words, on: transcript.console) == .usage)
        #expect(transcript.errors.contains(problem), "\(transcript.errors)")
    }

    /// Stands for ssh: the words behind its host are run.
    private static func agent(
        _ script: String, port: UInt16, program: String? = nil,
        patience: Nanoseconds = TestLimit.hang
    ) throws -> RunningAgent {
        var members: [(String, JSONValue)] = [
            ("measure", .array(["sh", "-c", .string(script), "HOST"]))
        ]
        if let program { members.append(("agent", .string(program))) }
        let value = JSONValue.object(members.map { .init($0.0, $0.1) })
        let place = FilePlace(file: "m", path: "")
        let command = try AgentCommand(
            value["measure"] ?? .null, program: value["agent"], place, place)
        return try RunningAgent(
            command, port: port, own: "/nowhere",
            patience: .init(hello: patience, answer: patience))
    }

    @Test(
        "an agent that hangs, babbles or is not there is given up in one line",
        arguments: [
            ("echo 'Password:' >&2; exec sleep 100", "did not answer within 2.00s: Password:"),
            ("kill -STOP $$", "did not answer within 2.00s"),
            (
                "echo Welcome to this machine; exec sleep 100",
                "printed 'Welcome to this machine' instead"
            ),
            (
                "echo '{\"schema\": \"switchyard.measure/9\"}'; exec sleep 100",
                "instead of an answer"
            ),
            ("echo '{\"error\": \"no\"}'; exec sleep 100", "says: no"),
            (
                "echo 'ssh: connect: refused' >&2; exit 255",
                "ended with status 255: ssh: connect: refused"
            ),
            ("kill -9 $$", "was killed by signal 9"),
            ("exec \"$@\"", "is not there"),
        ])
    func fakes(script: String, problem: String) throws {
        let failure = #expect(throws: LaunchFailure.self) {
            _ = try Self.agent(
                script, port: 1, program: "/no/such/switchyard",
                patience: problem.contains("did not") ? .seconds(2) : TestLimit.hang)
        }
        let reason = failure?.reason ?? ""
        #expect(reason.contains(problem), "\(reason)")
        #expect(!reason.contains("\n"))
        if problem == "is not there" {
            #expect(reason.contains(#"or give its path: agent: "/path/of/switchyard""#))
        }
    }

    @Test("an agent that dies or falls silent behind its hello is noticed at the next question")
    func dies() throws {
        let program = try TestSupport.Programs.own("switchyard")
        let burner = try Burner()
        let lines = #""$@" | { read -r a; echo "$a"; read -r b; echo "$b"; "#
        for (end, problem, patience) in [
            ("echo oh no >&2; exit 3; }", "ended with status 3: oh no", TestLimit.hang),
            ("exec sleep 100; }", "did not answer within 3.00s", .seconds(3)),
        ] {
            var agent = try Self.agent(
                lines + end, port: burner.port, program: program, patience: patience)
            #expect(agent.hello.processes.contains(burner.child.processID))
            #expect(try agent.read().process.threads == 2)
            let failure = #expect(throws: LaunchFailure.self) { _ = try agent.read() }
            #expect(failure?.reason.contains(problem) == true, "\(failure?.reason ?? "")")
        }
    }

    @Test("a real agent measures, and is gone when it is stopped or dropped")
    func real() throws {
        var burner = try Burner()
        let program = try TestSupport.Programs.own("switchyard")
        var agent = try Self.agent("exec \"$@\"", port: burner.port, program: program)
        try agent.watch(CPUSet.available, others: [currentProcessID])
        let first = try agent.read()
        try burner.burn(0.1)
        let second = try agent.read()
        #expect((second.process.cpu - first.process.cpu).inSeconds >= 0.08)
        let id = agent.processID
        agent.stop()
        #expect(TestClock.eventually { !RunningProcess(id: id).isRunning })
    }
}
