import Basis
import Platform
import Report

/// An agent at work for one launch. It ends when its standard input does, which is with this
/// program at the latest; dropping it kills the command that it was started by.
struct RunningAgent: ~Copyable {
    /// How long it is waited for.
    struct Patience {
        /// For a connection to another machine, and for the agent to look at every process there.
        var hello = Nanoseconds.seconds(10)
        var answer = Nanoseconds.seconds(5)
    }

    private enum Limit {
        /// For it to end in order, or behind its output.
        static let stop = Nanoseconds.seconds(1)
        /// What a complaint shows of what came instead of an answer.
        static let characters = 120
    }

    private(set) var hello: AgentHello
    private var process: ChildProcess
    private let command: AgentCommand
    private let patience: Patience

    /// - Parameters:
    ///   - port: of the server.
    ///   - cpus: for what runs of it on this machine.
    ///   - own: this program, which is the agent on this machine.
    init(
        _ command: AgentCommand, port: UInt16, cpus: CPUSet? = nil, own: String = Programs.own,
        patience: Patience = Patience()
    ) throws(LaunchFailure) {
        let words = command.words(port: port, own: own)
        var options = SpawnOptions(words[0], Array(words.dropFirst()))
        options.cpus = cpus
        options.diesWithParent = true
        options.standardInput = .piped
        options.standardError = .captured
        var process: ChildProcess
        do throws(SystemError) {
            process = try ChildProcess(options)
        } catch {
            let remedy = command.prefix.isEmpty ? Self.agentRemedy : "mend `measure`"
            throw LaunchFailure(
                "the agent \(words[0]) can't be started: \(error.reason); \(remedy)")
        }
        guard let line = process.nextLine(timeout: patience.hello) else {
            throw Self.failure(&process, command, within: patience.hello)
        }
        hello = try Self.read(line, command) { (value) throws(RecordRefusal) in
            try AgentHello(json: value)
        }
        self.process = process
        self.command = command
        self.patience = patience
    }

    /// The command's on this machine.
    var processID: Int32 { process.processID }

    /// Looks for the server's processes anew.
    mutating func watch(_ cpus: CPUSet, others: [Int32]) throws(LaunchFailure) {
        let line = try ask(.watch(cpus: cpus, others: others))
        hello = try Self.read(line, command) { (value) throws(RecordRefusal) in
            try AgentHello(json: value)
        }
    }

    mutating func read() throws(LaunchFailure) -> AgentReading {
        let line = try ask(.read)
        return try Self.read(line, command) { (value) throws(RecordRefusal) in
            try AgentReading(json: value)
        }
    }

    /// The fingerprint of the server's machine.
    mutating func machine() throws(LaunchFailure) -> JSONValue {
        // Programs are run for it.
        let line = try ask(.machine, within: patience.hello)
        return try Self.read(line, command) { (value) throws(RecordRefusal) in
            _ = try RecordFields(value).text("hw_id")
            return value
        }
    }

    private mutating func ask(
        _ request: AgentRequest, within limit: Nanoseconds? = nil
    ) throws(LaunchFailure) -> String {
        let limit = limit ?? patience.answer
        if process.tell(request.line), let line = process.nextLine(timeout: limit) { return line }
        throw Self.failure(&process, command, within: limit)
    }

    /// Lets it end.
    mutating func stop() {
        process.closeInput()
        _ = process.wait(timeout: Limit.stop)
    }

    private static let agentRemedy =
        "install switchyard there, or give its path: agent: \"/path/of/switchyard\""

    private static func read<Message>(
        _ line: String, _ command: AgentCommand,
        _ parse: (JSONValue) throws(RecordRefusal) -> Message
    ) throws(LaunchFailure) -> Message {
        let value = try? JSONValue(parsing: line)
        if case .string(let error)? = value?["error"] {
            throw LaunchFailure("\(name(command)) says: \(error)")
        }
        if let value, let message = try? parse(value) { return message }
        throw LaunchFailure(
            "\(name(command)) printed '\(line.prefix(Limit.characters))' instead of an answer;"
                + " let nothing else print there, such as a start-up file of the shell, and use the"
                + " same version on both machines")
    }

    private static func name(_ command: AgentCommand) -> String {
        "the agent of `measure: \(command.text)`"
    }

    /// What became of an agent that said nothing, with the last of what it, or what was to start
    /// it, complained of.
    private static func failure(
        _ process: inout ChildProcess, _ command: AgentCommand, within limit: Nanoseconds
    ) -> LaunchFailure {
        // The end of its output comes before its own.
        let ending = process.wait(timeout: Limit.stop)?.ending
        if ending == nil { process.killNow() }
        let said = lastLine(process.remainingErrors(timeout: .milliseconds(500)))
        let own = said.hasPrefix("switchyard: ") ? String(said.dropFirst(12)) : said
        let words = own.isEmpty ? "" : ": \(own)"
        switch ending {
        case nil:
            return LaunchFailure(
                "\(name(command)) did not answer within \(limit.display)\(words); see that"
                    + " '\(command.text) true' ends at once and asks nothing")
        case .killed(let signal):
            return LaunchFailure("\(name(command)) was killed by signal \(signal)\(words)")
        // What a shell says of a program that it can't find (POSIX, XCU 2.8.2).
        case .exited(127), .exited(126):
            return LaunchFailure("\(name(command)) is not there\(words); \(agentRemedy)")
        case .exited(let status):
            return LaunchFailure("\(name(command)) ended with status \(status)\(words)")
        }
    }
}
