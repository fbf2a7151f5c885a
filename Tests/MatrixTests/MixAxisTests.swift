import Basis
import Report
import Testing

@testable import Matrix

@Suite("axes of mixes and of bursts")
struct MixAxisTests {
    private static let bimodal = """
        {name: 'bimodal', kinds: [
          {name: 'short', weight: 95, path: '/work?us=20'},
          {name: 'long', weight: 5, path: '/work?us=1000'},
        ]}
        """

    private static func matrix(_ mix: String, more: String = "") throws -> Matrix {
        try Matrix(parsing: "{axes: {pattern: 'single', mix: \(mix)\(more)}}", file: "m.json5")
    }

    private static func cells(_ mix: String, more: String = "") throws -> [Cell] {
        try matrix(mix, more: more).expand(profile: "default", filter: nil, serverThreads: 1).cells
    }

    @Test("a mix is part of a cell, of its id and of its record, and goes to the generator")
    func cell() throws {
        let cells = try Self.cells("['none', \(Self.bimodal)]")
        #expect(cells.count == 2)
        let plain = try #require(cells.first { $0.mix == nil })
        let mixed = try #require(cells.first { $0.mix != nil })
        #expect(!plain.id.contains("mix"))
        #expect(mixed.id.wholeMatch(of: /h1\/single\/w1\/c64\/p13\/mix-bimodal-[0-9a-f]{6}/) != nil)
        #expect(try Cell(RecordFields(mixed.json)) == mixed)
        #expect(try Cell(RecordFields(JSONValue(parsing: mixed.json.compact))) == mixed)
        let arguments = RunningGenerator.arguments(
            mixed, host: "127.0.0.1", port: 1, threads: 1, seed: 1, settings: Settings(), turn: nil)
        let place = try #require(arguments.firstIndex(of: "--mix"))
        let said = try RequestMix(parsing: arguments[place + 1], file: "--mix")
        #expect(said == mixed.mix)
        #expect(arguments.last == "http://127.0.0.1:1/")
    }

    @Test("other weights under the same name are another cell")
    func weights() throws {
        let other = Self.bimodal.replacing("95", with: "94")
        let cells = try Self.cells("[\(Self.bimodal), \(other)]")
        #expect(Set(cells.map(\.id)).count == 2 && Set(cells.map(\.fileStem)).count == 2)
    }

    @Test("a filter finds a mix by its name")
    func filter() throws {
        let filter = try CellFilter(parsing: "mix=bimodal", origin: "--filter")
        let cells = try Self.matrix("['none', \(Self.bimodal)]")
            .expand(profile: "default", filter: filter, serverThreads: 1).cells
        #expect(cells.map { $0.mix?.name } == ["bimodal"])
    }

    @Test(
        "a mix that can't be carried out is refused in one line",
        arguments: [
            ("'bimodal'", "axes.mix: is not an object; write {key: value, ...}"),
            ("{kindz: []}", "axes.mix: unknown key 'kindz'; did you mean 'kinds'?"),
            (
                "{kinds: []}",
                "axes.mix: 0 kinds make no mix; list 1 to 128 such as "
                    + "kinds: [{weight: 95, path: \"/a\"}, ...]"
            ),
            (
                "{kinds: [{wieght: 1, path: '/a'}]}",
                "axes.mix.kinds[0]: unknown key 'wieght'; did you mean 'weight'?"
            ),
            (
                "{kinds: [{weight: 0, path: '/a'}]}",
                "axes.mix.kinds[0].weight: 0 is no weight; give a number above 0, such as 95 or 0.5"
            ),
            (
                "{kinds: [{weight: 1, path: '/a'}, {weight: 1, path: '/a'}]}",
                "axes.mix.kinds[1]: a second kind is named '/a'; give each a name of its own"
            ),
            (
                "{kinds: [{weight: 1, path: 'a'}]}",
                "axes.mix.kinds[0].path: 'a' is no path; write one such as \"/work?us=50\""
            ),
            (
                "{name: 'a b', kinds: []}",
                "axes.mix.name: \"a b\" is no name for a mix; "
                    + "use up to 40 letters, digits, dots and dashes"
            ),
            (
                "{kinds: [{weight: 1, path: '/a', method: 'HEAD'}]}",
                "axes.mix.kinds[0].method: HEAD can't be mixed with others; leave it out"
            ),
        ])
    func refusal(mix: String, complaint: String) throws {
        #expect {
            _ = try Self.matrix(mix)
        } throws: { error in
            "\(error)" == "m.json5: \(complaint)"
        }
    }

    @Test(
        "a mix is no path, and not of every protocol",
        arguments: [
            (", path: '/a'", "a mix and a path together"),
            (", protocol: 'ws'", "a mix with protocol ws"),
        ])
    func abilities(more: String, what: String) throws {
        let cells = try Self.cells(Self.bimodal, more: more)
        #expect {
            try Abilities.check(cells)
        } throws: { error in
            "\(error)".contains("asks for \(what), which")
        }
    }

    @Test("a mix that no argument can hold is refused")
    func length() throws {
        let body = String(repeating: "x", count: 70_000)
        let kinds = "{weight: 1, path: '/a'}, {weight: 1, path: '/b', body: '\(body)'}"
        let cells = try Self.cells("{kinds: [\(kinds)]}")
        #expect {
            try Abilities.check(cells)
        } throws: { error in
            "\(error)".contains("asks for a mix of more than 64 KiB, which")
        }
    }

    @Test("bursts are part of a cell with a rate, and go to the generator")
    func bursts() throws {
        let text = "{axes: {pattern: 'single', rate: '3k', burst: [1, 30]}}"
        let cells = try Matrix(parsing: text, file: "m.json5")
            .expand(profile: "default", filter: nil, serverThreads: 1).cells
        #expect(
            cells.map(\.id).sorted() == [
                "h1/single/w1/c64/p13/r3k", "h1/single/w1/c64/p13/r3k/burst30",
            ])
        let cell = try #require(cells.first { $0.burst == 30 })
        #expect(try Cell(RecordFields(cell.json)) == cell)
        let arguments = RunningGenerator.arguments(
            cell, host: "127.0.0.1", port: 1, threads: 1, seed: 1, settings: Settings(), turn: nil)
        let place = try #require(arguments.firstIndex(of: "--burst"))
        #expect(arguments[place + 1] == "30")
        var closed = cell
        closed.arrival = .closed
        #expect {
            try Abilities.check([closed])
        } throws: { error in
            "\(error)".contains("asks for bursts without a rate, which")
        }
    }
}
