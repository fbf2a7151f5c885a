/// One option of a command line, as its help shows it.
package struct OptionSpec: Sendable {
    package let name: String
    package let short: Character?
    /// The placeholder of the value (`N`, `TIME`); nil for a switch.
    package let value: String?
    /// What it does and its default, one line.
    package let help: String
    package let isRepeatable: Bool

    /// - Parameter name: without the leading dashes.
    package init(
        _ name: String, short: Character? = nil, value: String? = nil, repeatable: Bool = false,
        help: String
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.help = help
        self.isRepeatable = repeatable
    }
}

/// What a program or subcommand understands: its options, its operands and the sentence that says
/// what it is for.
package struct OptionParser: Sendable {
    package let program: String
    package let operands: String
    package let summary: String
    package let options: [OptionSpec]
    /// Shown below the options in the help: examples, exit statuses.
    package let epilogue: String

    package init(
        program: String, operands: String = "", summary: String, options: [OptionSpec],
        epilogue: String = ""
    ) {
        self.program = program
        self.operands = operands
        self.summary = summary
        self.options = options + [OptionSpec("help", short: "h", help: "show this help")]
        self.epilogue = epilogue
    }

    /// The whole help text, at most 100 columns wide where the entries are.
    package var help: String {
        var text = "\(summary)\n\nusage: \(program) [options]"
        text += operands.isEmpty ? "\n\n" : " \(operands)\n\n"
        let labels = options.map { option in
            let short = option.short.map { "-\($0), " } ?? "    "
            return "  \(short)--\(option.name)" + (option.value.map { " \($0)" } ?? "")
        }
        let width = min(34, labels.map(\.count).max() ?? 0)
        for (label, option) in zip(labels, options) {
            let padding = max(0, width - label.count)
            let gap = label.count > width ? "\n" + String(repeating: " ", count: width) : ""
            text += label + gap + String(repeating: " ", count: padding) + "  " + option.help + "\n"
        }
        return epilogue.isEmpty ? text : text + "\n" + epilogue + "\n"
    }

    /// Reads `arguments` (without the program's name). Options and operands may be mixed;
    /// `--name=value`, `--name value`, `-xvalue` and `-x value` mean the same; `--` ends the
    /// options.
    package func parse(_ arguments: [String]) throws(Complaint) -> ParsedOptions {
        var parsed = ParsedOptions(parser: self)
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            if argument == "--" {
                parsed.operands += arguments[index...]
                break
            }
            guard argument.utf8.count > 1, argument.utf8.first == UInt8(ascii: "-") else {
                parsed.operands.append(argument)
                continue
            }
            let (option, attached) = try match(argument)
            if option.value == nil {
                if let attached {
                    throw Complaint(
                        "--\(option.name) takes no value, but got '\(attached)'",
                        remedy: "leave the value out")
                }
                try parsed.add("", to: option)
            } else if let attached {
                try parsed.add(attached, to: option)
            } else {
                guard index < arguments.count, !isOption(arguments[index]) else {
                    throw Complaint(
                        "--\(option.name) has no value",
                        remedy: "write --\(option.name) \(option.value ?? "")")
                }
                try parsed.add(arguments[index], to: option)
                index += 1
            }
        }
        return parsed
    }

    /// Whether `argument` is one of the options, so that `--csv --json -` is a forgotten file name
    /// and not a file called `--json`. Where it is meant so, `--csv=--json` says it.
    private func isOption(_ argument: String) -> Bool {
        options.contains {
            argument == "--\($0.name)" || argument.utf8.starts(with: "--\($0.name)=".utf8)
        }
    }

    private func match(_ argument: String) throws(Complaint) -> (OptionSpec, attached: String?) {
        if argument.utf8.starts(with: "--".utf8) {
            let body = Substring(argument.unicodeScalars.dropFirst(2))
            // By bytes: an accent that a value begins with would be one character with the sign.
            let sign = body.utf8.firstIndex(of: UInt8(ascii: "="))
            let name = String(body[..<(sign ?? body.endIndex)])
            let attached = sign.map { String(body[body.utf8.index(after: $0)...]) }
            if let option = options.first(where: { $0.name == name }) { return (option, attached) }
            let near = nearestName(to: name, among: options.map(\.name))
            throw Complaint(
                "unknown option --\(name)",
                remedy: near.map { "did you mean --\($0)?" } ?? "see \(program) --help")
        }
        let scalars = argument.unicodeScalars.dropFirst()
        let letter = Character(scalars.first!)
        guard let option = options.first(where: { $0.short == letter }) else {
            throw Complaint("unknown option -\(letter)", remedy: "see \(program) --help")
        }
        let rest = String(scalars.dropFirst())
        return (option, rest.isEmpty ? nil : rest)
    }
}

/// The options and operands found on one command line, with typed access that complains in one
/// line.
package struct ParsedOptions: Sendable {
    package fileprivate(set) var operands: [String] = []
    private var values: [String: [String]] = [:]
    private let parser: OptionParser

    fileprivate init(parser: OptionParser) { self.parser = parser }

    fileprivate mutating func add(_ value: String, to option: OptionSpec) throws(Complaint) {
        if option.value != nil, !option.isRepeatable, values[option.name] != nil {
            throw Complaint("--\(option.name) is given twice", remedy: "give it once")
        }
        values[option.name, default: []].append(value)
    }

    package var wantsHelp: Bool { has("help") }

    /// Whether the option stands on the command line at all.
    package func has(_ name: String) -> Bool { !all(name).isEmpty }

    /// Every value given for a repeatable option, in order.
    package func all(_ name: String) -> [String] {
        precondition(parser.options.contains { $0.name == name }, "--\(name) is not declared")
        return values[name] ?? []
    }

    package func text(_ name: String) -> String? { all(name).last }

    /// A whole number such as `64` or `10k` within `range`.
    package func count(_ name: String, in range: ClosedRange<Int>) throws(Complaint) -> Int? {
        guard let text = text(name) else { return nil }
        guard let value = parseCount(text), range.contains(value) else {
            throw Complaint(
                "--\(name) '\(text)' is not a whole number from \(range.lowerBound)"
                    + " to \(range.upperBound)",
                remedy: "give one such as \(max(range.lowerBound, min(64, range.upperBound)))")
        }
        return value
    }

    /// A seed of random numbers.
    package func seed(_ name: String) throws(Complaint) -> Int64? {
        guard let text = text(name) else { return nil }
        // Digits only: a count passes through floating point, which loses the last ones.
        guard let seed = Int64(text), SeededGenerator.seeds.contains(seed) else {
            throw Complaint(
                "--\(name) '\(text)' is not a whole number from 0 to"
                    + " \(SeededGenerator.seeds.upperBound - 1)",
                remedy: "give one such as 42")
        }
        return seed
    }

    /// A time such as `250ms` within `range`.
    package func time(
        _ name: String, in range: ClosedRange<Nanoseconds> = .zero ... .forever
    ) throws(Complaint) -> Nanoseconds? {
        guard let text = text(name) else { return nil }
        guard let value = Nanoseconds(parsing: text) else {
            throw Complaint(
                "--\(name) '\(text)' is not a time", remedy: "give one such as 10s, 250ms or 50us")
        }
        guard range.contains(value) else {
            let bounds =
                range.upperBound == .forever
                ? "at least \(range.lowerBound.display)"
                : "from \(range.lowerBound.display) to \(range.upperBound.display)"
            throw Complaint("--\(name) \(text) is out of range", remedy: "give a time \(bounds)")
        }
        return value
    }

    /// A rate such as `50k`, in events a second.
    package func rate(_ name: String) throws(Complaint) -> PerSecond? {
        guard let text = text(name) else { return nil }
        guard let value = PerSecond(parsing: text) else {
            throw Complaint(
                "--\(name) '\(text)' is not a rate",
                remedy: "give events a second such as 5000 or 50k")
        }
        return value
    }

    package func bytes(_ name: String, in range: ClosedRange<Int>) throws(Complaint) -> ByteCount? {
        guard let text = text(name) else { return nil }
        guard let value = ByteCount(parsing: text), range.contains(value.raw) else {
            throw Complaint(
                "--\(name) '\(text)' is not a size from \(ByteCount(raw: range.lowerBound).display)"
                    + " to \(ByteCount(raw: range.upperBound).display)",
                remedy: "give one such as 4096 or 64KiB")
        }
        return value
    }

    /// `on` or `off`.
    package func toggle(_ name: String) throws(Complaint) -> Bool? {
        guard let text = text(name) else { return nil }
        switch text {
        case "on", "true", "yes", "1": return true
        case "off", "false", "no", "0": return false
        default:
            throw Complaint("--\(name) '\(text)' is neither on nor off", remedy: "give on or off")
        }
    }

    /// One of an enumeration's raw values.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(Complaint) -> Choice? where Choice.RawValue == String {
        guard let text = text(name) else { return nil }
        if let value = Choice(rawValue: text) { return value }
        let names = Choice.allCases.map(\.rawValue)
        let near = nearestName(to: text, among: names).map { "did you mean \($0)? " } ?? ""
        throw Complaint(
            "--\(name) '\(text)' is unknown",
            remedy: near + "choose from \(names.joined(separator: ", "))")
    }
}
