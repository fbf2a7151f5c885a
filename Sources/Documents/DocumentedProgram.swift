package import Basis

/// A program as its manual page and its completions show it.
package struct DocumentedProgram: Sendable {
    /// A command of the program, or the program itself where it has none.
    package struct Command: Sendable {
        /// What stands behind the program on the command line; nil for the program itself.
        package let name: String?
        package let parser: OptionParser

        package init(_ name: String?, _ parser: OptionParser) {
            self.name = name
            self.parser = parser
        }
    }

    package let name: String
    /// What it is for, one sentence.
    package let summary: String
    package let commands: [Command]
    /// What the value of an option can be, by the option's name, where its table does not say.
    let words: [String: [String]]
    /// The program's own call that lists the matrices it knows, a line each.
    let matrices: String?

    /// A program without commands.
    package init(_ parser: OptionParser, words: [String: [String]] = [:]) {
        self.init(
            parser.program, summary: parser.summary, commands: [Command(nil, parser)], words: words)
    }

    package init(
        _ name: String, summary: String, commands: [Command], words: [String: [String]] = [:],
        matrices: String? = nil
    ) {
        self.name = name
        self.summary = summary
        self.commands = commands
        self.words = words
        self.matrices = matrices
    }

    /// Nil for a program with commands.
    var only: OptionParser? { commands.first { $0.name == nil }?.parser }

    /// The commands by name, with what each is for; `help` among them.
    var named: [(name: String, summary: String)] {
        commands.compactMap { command in command.name.map { ($0, command.parser.summary) } }
            + [("help", "list the options of a command")]
    }

    /// The program's name as a shell's function may be called.
    var identifier: String { String(name.map { $0 == "-" ? "_" : $0 }) }
}
