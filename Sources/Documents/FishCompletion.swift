import Basis

/// A program's completion for fish.
package struct FishCompletion {
    private let program: DocumentedProgram

    package init(_ program: DocumentedProgram) { self.program = program }

    package var text: String {
        var lines = [
            "# Completion of \(program.name) for fish, made from the program's table of options.",
            "complete -c \(program.name) -f",
        ]
        if let parser = program.only {
            lines += self.lines(parser, condition: "")
        } else {
            lines += [
                "function __\(program.identifier)_command",
                "    set -l words (commandline -opc)",
                "    test (count $words) -gt 1; and contains -- $words[2] $argv", "end",
                "function __\(program.identifier)_begins",
                "    test (count (commandline -opc)) -eq 1", "end",
            ]
            for command in program.named {
                for place in [
                    "__\(program.identifier)_begins", "__\(program.identifier)_command help",
                ] {
                    lines.append(
                        "complete -c \(program.name) -n \(Self.quoted(place)) -a \(command.name)"
                            + " -d \(Self.quoted(command.summary))")
                }
            }
            for command in program.commands {
                let place = "__\(program.identifier)_command \(command.name ?? "")"
                lines += self.lines(command.parser, condition: " -n \(Self.quoted(place))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func lines(_ parser: OptionParser, condition: String) -> [String] {
        let start = "complete -c \(program.name)\(condition)"
        var lines = parser.options.map { option in
            var line = start + (option.short.map { " -s \($0)" } ?? "") + " -l \(option.name)"
            if option.value != nil { line += value(Suggestion(option, of: program)) }
            return line + " -d \(Self.quoted(option.help))"
        }
        switch Suggestion(operandsOf: parser, program) {
        case .nothing, .words: break
        case .files, .folders: lines.append("\(start) -F")
        case .matrices:
            lines.append("\(start) -F -a \(Self.quoted("(\(program.matrices ?? "") 2>/dev/null)"))")
        }
        return lines
    }

    private func value(_ suggestion: Suggestion) -> String {
        switch suggestion {
        case .nothing: " -x"
        case .words(let words): " -x -a \(Self.quoted(words.joined(separator: " ")))"
        case .folders: " -x -a '(__fish_complete_directories)'"
        case .files, .matrices: " -r -F"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.flatMap { "'\\".contains($0) ? "\\\($0)" : "\($0)" } + "'"
    }
}
