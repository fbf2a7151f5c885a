import Basis
import Documents
import Load
import Matrix
import Platform
import Serve

/// switchyard-documents: prints the manual page or a completion of one of the programs, made from
/// the tables that the program itself reads its command line by.
@main
enum Main {
    private enum Kind: String, CaseIterable { case man, bash, zsh, fish }

    private static let parser = OptionParser(
        program: "switchyard-documents", operands: "KIND PROGRAM",
        summary: "print the manual page of a program (man), or its completion for a shell",
        options: [
            OptionSpec("date", value: "DATE", help: "of the release, which a manual page shows")
        ],
        epilogue: "KIND is man, bash, zsh or fish; 'scripts/install' calls this.")

    private static let programs = [
        DocumentedProgram(
            "switchyard", summary: Switchyard.summary,
            commands: Switchyard.parsers.map { DocumentedProgram.Command($0.name, $0.parser) },
            matrices: Switchyard.listOfMatrices),
        DocumentedProgram(
            ServerOptions.parser, words: ["pattern": PatternID.allCases.map(\.rawValue)]),
        DocumentedProgram(LoadOptions.parser),
    ]

    static func main() {
        do throws(Complaint) {
            let options = try parser.parse(CommandArguments.all)
            StandardStreams.output(options.wantsHelp ? parser.help : try document(options))
            StandardStreams.end(parser.program, .success)
        } catch {
            StandardStreams.fail(parser.program, error)
        }
    }

    private static func document(_ options: ParsedOptions) throws(Complaint) -> String {
        guard options.operands.count == 2, let kind = Kind(rawValue: options.operands[0]) else {
            throw Complaint(
                "there are not two operands, a kind and a program",
                remedy: "give such as: man switchyard-load")
        }
        guard let program = programs.first(where: { $0.name == options.operands[1] }) else {
            throw Complaint(
                "there is no program '\(options.operands[1])'",
                remedy: "choose from \(programs.map(\.name).joined(separator: ", "))")
        }
        switch kind {
        case .man:
            guard let date = options.text("date") else {
                throw Complaint("--date is missing", remedy: "give one such as 2026-11-30")
            }
            return ManualPage(
                program, version: switchyardVersion, date: date,
                seeAlso: programs.map(\.name).filter { $0 != program.name }
            ).text
        case .bash: return BashCompletion(program).text
        case .zsh: return ZshCompletion(program).text
        case .fish: return FishCompletion(program).text
        }
    }
}
