import Basis
import Foundation

/// How a program was called, told without naming the user or the machine: results are shown around.
struct Surroundings: Sendable {
    private let arguments: [String]
    private let environment: [String: String]
    /// nil where leaving it out would leave no path.
    private let folder: String?
    private let home: String?

    /// Variables that change how programs run and name nobody.
    private static let recordedVariables = [
        "GLIBC_TUNABLES", "LANG", "LC_ALL", "MALLOC_ARENA_MAX", "NO_COLOR",
    ]

    /// - Parameter folder: the working directory, absolute.
    init(arguments: [String], environment: [String: String], folder: String) {
        func named(_ path: String?) -> String? {
            var path = path ?? ""
            while path.hasSuffix("/") { path.removeLast() }
            return path.hasPrefix("/") ? path : nil
        }
        self.arguments = arguments
        self.environment = environment
        self.folder = named(folder)
        home = named(environment["HOME"])
    }

    /// Those of this process.
    static var current: Surroundings {
        Surroundings(
            arguments: CommandLine.arguments, environment: ProcessInfo.processInfo.environment,
            folder: FileManager.default.currentDirectoryPath)
    }

    /// The command line, and those variables that programs heed.
    var members: [JSONValue.Member] {
        let variables = Self.recordedVariables.compactMap { name in
            environment[name].map { JSONValue.Member(name, .string($0)) }
        }
        return [
            .init("argv", .array(arguments.map { .string($0) })),
            .init("environment", .object(variables)),
        ]
    }

    /// `text` with paths below the working directory made relative to it, and the home folder
    /// written `~`.
    func anonymous(_ text: String) -> String {
        var text = text
        if let folder {
            text = Self.replace(folder + "/", by: "", in: text)
            text = Self.replace(folder, by: ".", in: text)
        }
        return withoutHome(text)
    }

    /// The same for every text within a value.
    func anonymous(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(anonymous(text))
        case .array(let values): .array(values.map { anonymous($0) })
        case .object(let members):
            .object(members.map { .init($0.name, anonymous($0.value)) })
        default: value
        }
    }

    /// `text` with the home folder written `~`.
    func withoutHome(_ text: String) -> String {
        home.map { Self.replace($0, by: "~", in: text) } ?? text
    }

    /// A path that `withoutHome` wrote, as it was.
    func withHome(_ path: String) -> String {
        guard let home, path == "~" || path.hasPrefix("~/") else { return path }
        return home + path.dropFirst()
    }

    /// Replaces `path` wherever it stands as a whole: neither in the middle of a longer path nor as
    /// the beginning of a longer name.
    private static func replace(_ path: String, by other: String, in text: String) -> String {
        func continues(_ character: Character?) -> Bool {
            guard let character else { return false }
            return character.isLetter || character.isNumber || "._-~".contains(character)
        }
        var result = ""
        var rest = text[...]
        while let found = rest.range(of: path) {
            let before =
                found.lowerBound > text.startIndex
                ? text[text.index(before: found.lowerBound)] : nil
            let after = found.upperBound < text.endIndex ? text[found.upperBound] : nil
            let isWhole =
                !continues(before) && before != "/" && (path.hasSuffix("/") || !continues(after))
            result += rest[..<found.lowerBound]
            result += isWhole ? other : path
            rest = rest[found.upperBound...]
        }
        return result + rest
    }
}
