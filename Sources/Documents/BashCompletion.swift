import Basis

/// A program's completion for bash, which needs nothing but bash.
package struct BashCompletion {
    private let program: DocumentedProgram

    package init(_ program: DocumentedProgram) { self.program = program }

    package var text: String {
        var lines = [
            "# Completion of \(program.name) for bash, made from the program's table of options.",
            "_\(program.identifier)() {",
            "    local line=${COMP_LINE:0:COMP_POINT} word option before",
            "    # By blanks: bash would cut words at = and : too.",
            "    word=${line##*[[:space:]]}",
            #"    before=${line%"$word"}"#,
            #"    before=${before%"${before##*[![:space:]]}"}"#,
            "    option=${before##*[[:space:]]}",
            "    if [[ $word == --*=* ]]; then",
            "        option=${word%%=*}",
            "        word=${word#*=}",
            "    fi",
            "    COMPREPLY=()",
        ]
        if let parser = program.only {
            lines += self.lines(parser, indent: "    ")
        } else {
            let names = program.named.map(\.name)
            lines += ["    if ((COMP_CWORD == 1)); then"] + offer(.words(names), indent: "        ")
            lines += ["        return", "    fi", "    case ${COMP_WORDS[1]} in"]
            for command in program.commands {
                lines.append("    \(command.name ?? ""))")
                lines += self.lines(command.parser, indent: "        ") + ["        ;;"]
            }
            lines += ["    help)"] + offer(.words(names), indent: "        ")
            lines += ["        ;;", "    esac"]
        }
        lines += [
            "    # Bash puts in the place of what follows the last colon only.",
            "    if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then",
            #"        COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")"#, "    fi",
            "}",
            "complete -F _\(program.identifier) \(program.name)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private func lines(_ parser: OptionParser, indent: String) -> [String] {
        var lines: [String] = []
        let valued = parser.options.filter { $0.value != nil }
        if !valued.isEmpty {
            lines.append("\(indent)case $option in")
            for option in valued {
                lines.append("\(indent)\(option.spellings.joined(separator: " | ")))")
                lines += offer(Suggestion(option, of: program), indent: indent + "    ")
                lines.append("\(indent)    ;;")
            }
            lines.append("\(indent)*)")
        }
        let inner = valued.isEmpty ? indent : indent + "    "
        lines.append("\(inner)if [[ $word == -* ]]; then")
        lines += offer(.words(parser.options.flatMap(\.spellings)), indent: inner + "    ")
        lines.append("\(inner)else")
        lines += offer(Suggestion(operandsOf: parser, program), indent: inner + "    ")
        lines.append("\(inner)fi")
        if !valued.isEmpty { lines += ["\(inner);;", "\(indent)esac"] }
        return lines
    }

    private func offer(_ suggestion: Suggestion, indent: String) -> [String] {
        func fill(_ call: String) -> String {
            #"\#(indent)mapfile -t COMPREPLY < <(compgen \#(call) -- "$word")"#
        }
        // Where complete is not running the call, as in a script, there is nothing to tell it.
        let names = "\(indent)compopt -o filenames 2>/dev/null"
        switch suggestion {
        case .nothing: return ["\(indent):"]
        case .words(let words): return [fill("-W '\(words.joined(separator: " "))'")]
        case .files: return [fill("-f"), names]
        case .folders: return [fill("-d"), names]
        case .matrices:
            return [fill(#"-f -W "$(\#(program.matrices ?? "") 2>/dev/null)""#), names]
        }
    }
}
