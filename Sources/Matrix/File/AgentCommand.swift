import Basis

/// How the agent is started that tells what a server uses: here, or by a command such as `ssh HOST`
/// on the server's machine. What it is asked to do stands behind that command (`MeasureCommand`).
struct AgentCommand: Equatable, Sendable {
    /// In front of the agent's own command line; empty on this machine.
    let prefix: [String]
    /// The program there; nil for `switchyard` in the path, and here for this program.
    let program: String?

    /// Stands for this machine.
    static let here = "local"

    /// As a person would write it.
    var text: String {
        prefix.isEmpty ? Self.here : prefix.map { ShellWords.quote($0) }.joined(separator: " ")
    }

    var members: [JSONValue.Member] {
        let measure: JSONValue =
            prefix.isEmpty ? .string(Self.here) : .array(prefix.map { .string($0) })
        return [.init("measure", measure)] + (program.map { [.init("agent", .string($0))] } ?? [])
    }

    /// The program and its arguments.
    ///
    /// - Parameter own: this program, which is the agent on this machine.
    func words(port: UInt16, own: String) -> [String] {
        let program = program ?? (prefix.isEmpty ? own : "switchyard")
        return prefix + [program, "measure", "--port", "\(port)"]
    }

    /// - Parameters:
    ///   - measure: `local`, a command line that is split as by a shell, or its words as a list.
    ///   - program: the path of `switchyard` on the server's machine.
    init(
        _ measure: JSONValue, program: JSONValue?, _ place: FilePlace, _ programPlace: FilePlace
    ) throws(Complaint) {
        let words = try Self.words(measure, place)
        prefix = words == [Self.here] ? [] : words
        try Self.check(prefix, place)
        guard let program else {
            self.program = nil
            return
        }
        let text = try programPlace.text(program, example: "/usr/local/bin/switchyard")
        // A shell on the other side would take other characters for its own.
        guard text.wholeMatch(of: /[A-Za-z0-9_.~\/][A-Za-z0-9_.~\/+@:-]*/) != nil else {
            throw programPlace.complaint(
                "'\(text)' is no plain path",
                "write one of letters, digits and / . _ ~ + -, such as /usr/local/bin/switchyard")
        }
        self.program = text
    }

    private static func words(_ value: JSONValue, _ place: FilePlace) throws(Complaint) -> [String]
    {
        if case .string(let text) = value {
            do throws(Complaint) {
                return try ShellWords.split(text, origin: "command")
            } catch {
                throw place.complaint(error.problem, error.remedy)
            }
        }
        guard case .array(let list) = value else { throw place.complaint("is no command", example) }
        var words: [String] = []
        for word in list {
            guard case .string(let text) = word else {
                throw place.complaint("holds something else than texts", "put each word in quotes")
            }
            words.append(text)
        }
        if words.isEmpty { throw place.complaint("is no command", example) }
        return words
    }

    private static let example = "write \"local\", or \"ssh HOST\" for the server's machine"

    private static func check(_ prefix: [String], _ place: FilePlace) throws(Complaint) {
        guard let program = prefix.first else { return }
        if program.isEmpty || program.hasPrefix("-") {
            throw place.complaint("'\(program)' is no program", example)
        }
        guard program == "ssh" || program.hasSuffix("/ssh") else { return }
        guard let host = sshHost(prefix.dropFirst()), !host.isEmpty, !host.hasPrefix("-") else {
            throw place.complaint(
                "ssh is told no host", "write \"ssh HOST\", with options in front of HOST")
        }
    }

    /// The destination among the arguments of ssh(1): what is no option and no value of one.
    private static func sshHost(_ arguments: ArraySlice<String>) -> String? {
        var rest = arguments
        while let word = rest.popFirst() {
            if word == "--" { return rest.first }
            guard word.hasPrefix("-"), word.count > 1 else { return word }
            // Flags may stand together; the first letter that takes a value takes what is left of
            // the word, or the next one.
            guard
                let place = word.dropFirst().firstIndex(where: {
                    "BbcDEeFIiJLlmOoPpQRSWw".contains($0)
                })
            else { continue }
            if word.index(after: place) == word.endIndex { _ = rest.popFirst() }
        }
        return nil
    }
}
