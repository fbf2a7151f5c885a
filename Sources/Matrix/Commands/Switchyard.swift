package import Basis

/// The program `switchyard`.
package enum Switchyard {
    static let commands: [any Command.Type] = [
        DoctorCommand.self, ListCommand.self, PlanCommand.self, RunCommand.self,
        ResumeCommand.self, CompareCommand.self, GateCommand.self,
        GateSelftestCommand.self, CalibrateCommand.self, PlotCommand.self, ReportCommand.self,
        HistoryCommand.self, LinkCommand.self, MeasureCommand.self, ValidateCommand.self,
        VersionCommand.self,
    ]

    /// What the program is for.
    package static let summary =
        "Measures how a server's execution pattern decides its speed and its tail."

    /// What each command understands, for the manual and the completions.
    package static var parsers: [(name: String, parser: OptionParser)] {
        commands.map { ($0.name, $0.parser) }
    }

    /// The call that prints the names of the matrices that come with the program.
    package static let listOfMatrices = "switchyard \(ListCommand.name) --matrices"

    /// Runs the command that `arguments` (without the program) name, and says what went wrong in
    /// one line.
    package static func main(_ arguments: [String], on console: Console) -> ExitStatus {
        do throws(Complaint) {
            return try dispatch(arguments, on: console)
        } catch {
            console.errors("switchyard: \(error)\n")
            return error.status
        }
    }

    private static func dispatch(
        _ arguments: [String], on console: Console
    ) throws(Complaint) -> ExitStatus {
        guard let name = arguments.first else {
            console.errors(help)
            return .usage
        }
        if ["-h", "--help", "help"].contains(name) {
            guard arguments.count <= 2 else {
                throw Complaint(
                    "'\(arguments[2])' is one word too many", remedy: "name one command")
            }
            let subject = arguments.count > 1 ? arguments[1] : "help"
            let isOwn = ["-h", "--help", "help"].contains(subject)
            console.output(isOwn ? help : try command(named: subject).parser.help)
            return .success
        }
        let command = try command(named: name)
        let options = try command.parser.parse(Array(arguments.dropFirst()))
        if options.wantsHelp {
            console.output(command.parser.help)
            return .success
        }
        return try command.run(options, on: console)
    }

    private static func command(named name: String) throws(Complaint) -> any Command.Type {
        if let command = commands.first(where: { $0.name == name || "--\($0.name)" == name }) {
            return command
        }
        let near = nearestName(to: name, among: commands.map { $0.name } + ["help"])
        throw Complaint(
            "unknown command '\(name)'",
            remedy: near.map { "did you mean '\($0)'?" } ?? "see switchyard --help")
    }

    private static var help: String {
        var text = "\(summary)\n\n"
        text += "usage: switchyard COMMAND [options]\n\n"
        for command in commands {
            let gap = String(repeating: " ", count: max(1, 15 - command.name.count))
            text += "  \(command.name)\(gap)\(command.parser.summary)\n"
        }
        return text + "\n'switchyard help COMMAND' lists the options of a command, and so does\n"
            + "'switchyard COMMAND --help'.\n"
    }
}
