import Basis
import Foundation
import Platform
import Report

/// The agent that tells what a server uses which it has not started: to a runner, line by line, or
/// to a person over the time that a command takes.
enum MeasureCommand: Command {
    static let name = "measure"
    static let parser = OptionParser(
        program: "switchyard measure", operands: "[-- COMMAND [ARGUMENT]...]",
        summary: "tell what the processes of a running server use",
        options: [
            OptionSpec("port", value: "PORT", help: "of the server: all that listen on it here"),
            OptionSpec("pid", value: "PID", help: "a process of the server instead"),
            RunOptions.json,
        ],
        epilogue: """
            Counts those processes with all that descend from them. With COMMAND it says what they
            used while that ran, as text or with --json as one object, on standard error, and ends
            with the status of COMMAND. Without, it is the agent of a matrix with `measure`: it
            answers JSON lines of the standard input until that ends (docs/FORMAT.md). Such as:
            switchyard measure --port 8080 -- switchyard-load -d 5s http://127.0.0.1:8080/
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        var agent = try MeasureAgent(roots: try roots(options))
        guard !options.operands.isEmpty else {
            if options.has("json") {
                throw Complaint(
                    "--json means nothing without a command",
                    remedy: "leave it out: the agent speaks JSON anyhow")
            }
            agent.serve({ readLine() }, { StandardStreams.output($0) })
            return .success
        }
        let status = try measure(
            options.operands, by: &agent, asJSON: options.has("json"), on: console)
        // The status is the command's own, for which this program has no name.
        StandardStreams.end(status: status)
    }

    private static func roots(_ options: ParsedOptions) throws(Complaint) -> [Int32] {
        let port = try options.count("port", in: 1...65_535)
        let process = try options.count("pid", in: 1...Int(Int32.max))
        switch (port, process) {
        case (let port?, nil): return try ListenerProcesses.holding(UInt16(port))
        case (nil, let process?): return [Int32(process)]
        default:
            throw Complaint(
                "measure is told \(port == nil ? "no server" : "both --port and --pid")",
                remedy: "give --port PORT or --pid PID")
        }
    }

    private static func measure(
        _ command: [String], by agent: inout MeasureAgent, asJSON: Bool, on console: Console
    ) throws(Complaint) -> Int32 {
        let before = try read(&agent)
        var options = SpawnOptions(command[0], Array(command.dropFirst()))
        options.standardInput = .inherit
        options.standardOutput = .inherit
        options.diesWithParent = true
        // It reads the keys, and Ctrl-C ends it and not who measures.
        let terminal = ControllingTerminal()
        options.terminal = terminal
        defer { terminal?.takeBack() }
        var ending: ChildProcess.Ending?
        do throws(SystemError) {
            var process = try ChildProcess(options)
            while ending == nil { ending = process.wait(timeout: .seconds(3_600))?.ending }
        } catch {
            throw error.complaint(
                "can't run \(command[0])", remedy: "name a program behind --", status: .usage)
        }
        let after = try read(&agent)
        let use = MeasuredUse(from: before, to: after)
        console.errors(asJSON ? use.json.compact + "\n" : use.text)
        switch ending {
        case .exited(let status)?: return status
        case .killed(let signal)?: return 128 + signal
        case nil: return 0
        }
    }

    private static func read(_ agent: inout MeasureAgent) throws(Complaint) -> AgentReading {
        do throws(RecordRefusal) {
            return try agent.read()
        } catch {
            throw Complaint("\(error)", remedy: "measure a server that runs on", status: .failure)
        }
    }
}
