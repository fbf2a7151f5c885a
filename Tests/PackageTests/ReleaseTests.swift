import Basis
import Foundation
import TestSupport
import Testing

@Suite("a release is one version")
struct ReleaseTests {
    private static func changelog() throws -> [String] {
        try String(contentsOfFile: "\(Script.root)/CHANGELOG.md", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test(
        "programs, manual pages and CHANGELOG.md name the same version",
        arguments: Documented.programs)
    func version(program: String) throws {
        let newest = try Self.changelog().first {
            $0.hasPrefix("## [") && !$0.contains("Unreleased")
        }
        let date = try Script("scripts/release-date").output.dropLast()
        #expect(newest == "## [\(switchyardVersion)] - \(date)")
        #expect(
            try Script("scripts/release-date", ["--version"]).output == switchyardVersion + "\n")
        let isRunner = program == "switchyard"
        let said = try Script(try Programs.own(program), [isRunner ? "version" : "--version"])
        #expect(said.lines.first == "\(program) \(switchyardVersion)")
        let page = try Script(
            try Programs.own("switchyard-documents"), ["man", program, "--date", String(date)])
        #expect(page.output.contains("1 \(date) \"Switchyard \(switchyardVersion)\""))
    }

    @Test("CHANGELOG.md has the form of keepachangelog.com")
    func form() throws {
        let lines = try Self.changelog()
        let kinds: Set = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
        var dates: [String] = []
        for line in lines where line.hasPrefix("#") {
            if line.hasPrefix("### ") {
                #expect(kinds.contains(String(line.dropFirst(4))), "\(line)")
            } else if line.hasPrefix("## "), line != "## [Unreleased]" {
                let words = line.split(separator: " ")
                #expect(words.count == 4 && words[2] == "-", "\(line)")
                let date = String(words[3])
                // A day that the calendar has.
                let day = try Script("date", ["-u", "-d", date, "+%F"])
                #expect(day.output == date + "\n", "\(line)")
                dates.append(date)
            }
        }
        #expect(lines[0] == "# Changelog")
        #expect(!dates.isEmpty && dates == dates.sorted(by: >))
    }

    @Test("the notes of a release are the newest version's section")
    func notes() throws {
        let notes = try Script("scripts/release-notes").output
        #expect(notes.contains("### Added") && !notes.contains("\n## "))
    }
}
