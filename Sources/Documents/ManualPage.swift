import Basis

/// A program's manual page, in the macros of man(7).
package struct ManualPage {
    package let program: DocumentedProgram
    let version: String
    /// When this version was released, as `2026-11-30`.
    let date: String
    /// Programs whose pages are worth a look.
    let seeAlso: [String]

    package init(
        _ program: DocumentedProgram, version: String, date: String, seeAlso: [String]
    ) {
        self.program = program
        self.version = version
        self.date = date
        self.seeAlso = seeAlso
    }

    package var text: String {
        var lines = [
            // The first line of the source (man-pages(7)): what made it.
            #".\" Made by switchyard-documents from the program's table of options."#,
            ".TH \(Self.escaped(program.name.uppercased())) 1 \(date)"
                + " \"Switchyard \(version)\" \"User Commands\"",
            ".SH NAME", "\(Self.escaped(program.name)) \\- \(Self.escaped(phrase))",
            ".SH SYNOPSIS",
        ]
        if let parser = program.only {
            lines += synopsis(parser)
            lines += [".SH DESCRIPTION"] + Self.paragraph(program.summary)
            lines += [".SH OPTIONS"] + parser.options.flatMap(Self.entry)
            lines += notes(parser, under: ".SH NOTES")
        } else {
            lines += [".B \(Self.escaped(program.name))", "\\fICOMMAND\\fR [\\fIoption\\fR ...]"]
            lines += [".SH DESCRIPTION"] + Self.paragraph(program.summary)
            lines += [".SH COMMANDS"]
            for command in program.commands { lines += section(command) }
        }
        lines += Self.surroundings
        lines += [
            ".SH SEE ALSO",
            seeAlso.map { "\\fB\(Self.escaped($0))\\fR(1)" }.joined(separator: ",\n"),
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// The summary as the phrase that whatis(1) shows.
    private var phrase: String {
        let sentence =
            program.summary.last == "." ? program.summary.dropLast() : program.summary[...]
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }

    private func section(_ command: DocumentedProgram.Command) -> [String] {
        let parser = command.parser
        return [".SS \(Self.escaped(command.name ?? ""))"] + Self.paragraph(parser.summary)
            + [".PP"] + synopsis(parser) + parser.options.flatMap(Self.entry)
            + notes(parser, under: ".PP")
    }

    private func synopsis(_ parser: OptionParser) -> [String] {
        var call = "[\\fIoption\\fR ...]"
        if !parser.operands.isEmpty { call += " " + Self.escaped(parser.operands) }
        return [".B \(Self.escaped(parser.program))", call]
    }

    /// What stands below the options in the help, line for line: some of it is in columns.
    private func notes(_ parser: OptionParser, under heading: String) -> [String] {
        if parser.epilogue.isEmpty { return [] }
        let lines = parser.epilogue.split(separator: "\n", omittingEmptySubsequences: false)
        return [heading, ".EX"] + lines.map { Self.escaped($0) } + [".EE"]
    }

    private static func entry(_ option: OptionSpec) -> [String] {
        var label = option.spellings.map { "\\fB\(escaped($0))\\fR" }.joined(separator: ", ")
        if let value = option.value { label += " \\fI\(escaped(value))\\fR" }
        return [".TP", label] + paragraph(option.help)
            + (option.isRepeatable ? ["May be given more than once."] : [])
    }

    private static func paragraph(_ text: String) -> [String] {
        text.split(separator: "\n").map { escaped($0) }
    }

    private static let surroundings = [
        ".SH ENVIRONMENT", ".TP", ".B NO_COLOR", "Not empty: text has no colours.",
    ]

    /// Text that groff(7) shows as it stands, in one line of the source.
    static func escaped(_ text: some StringProtocol) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case "\"": escaped += "\\(dq"
            case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                escaped += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count))
                escaped += digits + "]"
            }
        }
        // At the start of a line a dot would begin a request.
        return escaped.first == "." ? "\\&" + escaped : escaped
    }
}
