import Basis

/// A program's completion for zsh, by its function `_arguments` (zshcompsys(1)).
package struct ZshCompletion {
    private let program: DocumentedProgram

    package init(_ program: DocumentedProgram) { self.program = program }

    package var text: String {
        var lines = [
            "#compdef \(program.name)",
            "# Completion of \(program.name) for zsh, made from the program's table of options.",
            "",
        ]
        if let parser = program.only {
            lines += arguments(parser, indent: "")
        } else {
            lines += [
                "_\(program.identifier)() {",
                "    local curcontext=$curcontext state state_descr line",
                "    typeset -A opt_args",
                "    local -a commands",
                "    commands=(",
            ]
            lines += program.named.map { command in
                "        \(Self.quoted("\(command.name):\(command.summary)"))"
            }
            lines += [
                "    )",
                "    _arguments -C '1: :->command' '*:: :->argument' && return",
                "    case $state in",
                "    command) _describe command commands ;;",
                "    argument)",
                "        case $words[1] in",
                "        help) _describe command commands ;;",
            ]
            for command in program.commands {
                lines.append("        \(command.name ?? ""))")
                lines += arguments(command.parser, indent: "            ")
                lines.append("            ;;")
            }
            lines += ["        esac", "        ;;", "    esac", "}", ""]
            if let matrices = program.matrices {
                lines += [
                    "_\(program.identifier)_matrices() {",
                    #"    compadd -- ${(f)"$(\#(matrices) 2>/dev/null)"}"#, "    _files", "}", "",
                ]
            }
            lines.append("_\(program.identifier) \"$@\"")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func arguments(_ parser: OptionParser, indent: String) -> [String] {
        var specs = parser.options.map(spec)
        let operands = Suggestion(operandsOf: parser, program)
        // A blank, as for values, would keep options from being completed too.
        let action = operands == .nothing ? "()" : action(operands)
        if !parser.operands.isEmpty {
            specs.append(Self.quoted("*:\(escaped("operand")):\(action)"))
        }
        return ["\(indent)_arguments -s -S : \\"]
            + specs.enumerated().map { index, spec in
                "\(indent)    \(spec)" + (index == specs.count - 1 ? "" : " \\")
            }
    }

    private func spec(_ option: OptionSpec) -> String {
        var tail = "[" + option.help.flatMap { "[]\\".contains($0) ? "\\\($0)" : "\($0)" } + "]"
        if let value = option.value {
            tail += ":\(escaped(value)):\(action(Suggestion(option, of: program)))"
        }
        let long = "--\(option.name)" + (option.value == nil ? "" : "=")
        guard let letter = option.short else {
            return Self.quoted((option.isRepeatable ? "*" : "") + long + tail)
        }
        let short = "-\(letter)" + (option.value == nil ? "" : "+")
        let before =
            option.isRepeatable ? "*" : "(\(option.spellings.joined(separator: " ")))"
        return "\(Self.quoted(before)){\(short),\(long)}\(Self.quoted(tail))"
    }

    private func action(_ suggestion: Suggestion) -> String {
        switch suggestion {
        case .nothing: " "
        case .words(let words): "(\(escaped(words.joined(separator: " "))))"
        case .files: "_files"
        case .folders: "_files -/"
        case .matrices: "_\(program.identifier)_matrices"
        }
    }

    /// Within a specification a colon would end the part.
    private func escaped(_ text: String) -> String {
        String(text.flatMap { $0 == ":" ? "\\:" : "\($0)" })
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.flatMap { $0 == "'" ? #"'\''"# : "\($0)" } + "'"
    }
}
