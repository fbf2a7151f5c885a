import Basis
import Foundation
import Load
import Matrix
import Serve
import TestSupport
import Testing

/// A program, or a command of `switchyard`, and what it understands.
struct Documented: CustomTestStringConvertible {
    let program: String
    let command: String?
    let parser: OptionParser

    var testDescription: String { parser.program }
    /// What stands before the options on the command line.
    var call: String { command.map { "\(program) \($0)" } ?? program }

    static let all =
        [
            Documented(program: "switchyard-server", command: nil, parser: ServerOptions.parser),
            Documented(program: "switchyard-load", command: nil, parser: LoadOptions.parser),
        ]
        + Switchyard.parsers.map {
            Documented(program: "switchyard", command: $0.name, parser: $0.parser)
        }
    static let programs = ["switchyard", "switchyard-server", "switchyard-load"]

    /// What switchyard-documents prints, in a file.
    static func write(
        _ kind: String, of program: String, as name: String, to folder: TemporaryFolder
    ) throws -> String {
        let made = try Script(
            try Programs.own("switchyard-documents"), [kind, program, "--date", "2026-11-30"])
        try #require(made.status == 0, "\(made.errors)")
        return try folder.write(made.output, name)
    }

    var spellings: Set<String> {
        Set(parser.options.flatMap { (($0.short.map { ["-\($0)"] }) ?? []) + ["--\($0.name)"] })
    }
}

@Suite("manual pages and completions say what the programs' tables say")
struct DocumentTests {
    /// The page as a reader sees it, without bold and underlined.
    private func rendered(_ program: String) throws -> (text: [Substring], warnings: String) {
        let folder = try TemporaryFolder()
        let page = try Documented.write("man", of: program, as: "page.1", to: folder)
        let options = ["-man", "-ww", "-Tutf8", "-rLL=200n", "-P-c", "-P-b", "-P-u", "-P-o", page]
        let groff = try Script("groff", options)
        #expect(groff.status == 0)
        return (groff.output.split(separator: "\n"), groff.errors)
    }

    @Test(
        "each option stands in the manual page with its value and its help",
        .enabled(if: Programs.isPresent("groff")), arguments: Documented.all)
    func manual(_ documented: Documented) throws {
        var lines = try rendered(documented.program).text[...]
        if let command = documented.command {
            // Sub-sections are three columns in.
            lines = lines.drop { $0 != "   \(command)" }.dropFirst()
            lines = lines.prefix { line in line.hasPrefix("     ") || line.isEmpty }
            #expect(!lines.isEmpty, "no section \(command)")
        }
        for option in documented.parser.options {
            let short = option.short.map { "-\($0), " } ?? ""
            let label = "\(short)--\(option.name)" + (option.value.map { " \($0)" } ?? "")
            // A short label has its text in the same line, a long one in the next.
            let isThere = lines.indices.contains { index in
                let words = lines[index...].prefix(2).joined(separator: " ").split(separator: " ")
                return words.joined(separator: " ").hasPrefix("\(label) \(option.help)")
            }
            #expect(isThere, "\(label)")
        }
        for line in documented.parser.epilogue.split(separator: "\n") {
            let words = line.drop { $0 == " " }
            #expect(lines.contains { $0.hasSuffix(words) }, "\(line)")
        }
    }

    @Test(
        "foreign readers of manual pages find nothing to warn of", arguments: Documented.programs)
    func warnings(_ program: String) throws {
        let folder = try TemporaryFolder()
        let page = try Documented.write("man", of: program, as: "\(program).1", to: folder)
        if Programs.isPresent("groff") {
            #expect(try rendered(program).warnings == "")
            let summary = try Script("lexgrog", [page])
            #expect(summary.output.contains("\"\(program) - "), "\(summary.output)")
            let man = try Script(
                "man", ["--warnings", "-l", page], ["LC_ALL": "C.UTF-8", "MANPAGER": "cat"])
            #expect(man.status == 0 && man.errors == "" && man.output.contains("SYNOPSIS"))
        }
        if Programs.isPresent("mandoc") {
            let lint = try Script("mandoc", ["-T", "lint", "-W", "warning", page])
            #expect(lint.status == 0 && lint.output == "", "\(lint.output)")
        }
    }

    @Test("a command that is wrong gets a line that says how to mend it")
    func refusals() throws {
        let program = try Programs.own("switchyard-documents")
        for (arguments, words) in [
            ([], "man switchyard-load"), (["man", "switchyard-lod"], "switchyard-load"),
            (["tcsh", "switchyard"], "man switchyard-load"), (["man", "switchyard"], "--date"),
        ] as [([String], String)] {
            let ending = try Script(program, arguments)
            #expect(ending.status == 64 && ending.output.isEmpty, "\(arguments)")
            #expect(ending.errors.contains(words), "\(ending.errors)")
            #expect(ending.errors.split(separator: "\n").count == 1)
        }
    }
}
