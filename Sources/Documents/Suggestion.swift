import Basis

/// What a shell offers where a value or an operand is to be typed.
enum Suggestion: Equatable {
    case nothing
    case words([String])
    case files
    case folders
    /// Names of the program's own matrices, and files.
    case matrices

    /// For the value of an option, by its placeholder: `on|off` says the words themselves, `FILE`,
    /// `PATH` and `DIR` a kind of place.
    init(_ option: OptionSpec, of program: DocumentedProgram) {
        let parts = (option.value ?? "").split(separator: "|")
        if let known = program.words[option.name] {
            self = .words(known)
        } else if parts.contains("FILE") || parts.contains("PATH") {
            self = .files
        } else if parts.contains("DIR") {
            self = .folders
        } else if parts.count > 1, parts.allSatisfy({ $0.allSatisfy(\.isLowercase) }) {
            self = .words(parts.map(String.init))
        } else {
            self = .nothing
        }
    }

    /// For the operands, by what the usage calls them.
    init(operandsOf parser: OptionParser, _ program: DocumentedProgram) {
        let names = parser.operands.split { !$0.isUppercase }
        if program.matrices != nil, names.contains("MATRIX") {
            self = .matrices
        } else if names.contains(where: { ["RUN", "BASE", "FILE", "COMMAND"].contains($0) }) {
            self = .files
        } else {
            self = .nothing
        }
    }
}

extension OptionSpec {
    /// As it may be typed: `-c` and `--connections`.
    var spellings: [String] { (short.map { ["-\($0)"] } ?? []) + ["--\(name)"] }
}
