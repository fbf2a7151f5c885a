import Basis
import Foundation
import Testing

@testable import Matrix

/// `switchyard compare` as a user runs it, without the process around it.
struct CompareCommandTests {
    /// What a command wrote and its exit status.
    struct Outcome {
        var status = Basis.ExitStatus.success
        var output = ""
        var errors = ""
    }

    /// Runs `switchyard compare` in a folder of its own with these files.
    final class Desk {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "switchyard-compare-\(UUID().uuidString)")

        init(_ files: [String: String] = [:]) throws {
            for (name, text) in files {
                let file = url.appending(path: name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
        }
        deinit { try? FileManager.default.removeItem(at: url) }

        func path(_ name: String) -> String { url.path + "/" + name }

        func read(_ name: String) throws -> String {
            try String(contentsOf: url.appending(path: name), encoding: .utf8)
        }

        /// Words that begin with @ are paths of the desk.
        func compare(_ arguments: String) -> Outcome {
            final class Texts {
                var output = ""
                var errors = ""
            }
            let texts = Texts()
            let words =
                arguments.split(separator: " ").map {
                    $0.hasPrefix("@") ? path(String($0.dropFirst())) : String($0)
                } + ["--out", path("out")]
            let status = Switchyard.main(
                ["compare"] + words,
                on: Console(
                    output: { texts.output += $0 }, errors: { texts.errors += $0 }))
            return Outcome(
                status: status, output: texts.output.replacing(url.path + "/", with: "@"),
                errors: texts.errors.replacing(url.path + "/", with: "@"))
        }
    }

    /// A run of `runs.csv` rows: `launches` blocks of two cells, two seconds apart. The launch of
    /// an even block begins at `offset`, of an odd one at 1 - `offset`, so that offsets 0 and 1
    /// interleave as ABBA; a `late` run begins when the other is over.
    static func run(
        launches: Int = 16, slower: Double = 0, offset: Int = 0, late: Bool = false,
        cells: [String] = ["h1/single/w1/c64", "h1/sharded:hash/w1/c64"], seed: UInt64
    ) -> String {
        var generator = SeededGenerator(seed: seed)
        var text = "schema,time_utc,cell_id,rps,srv_cpu_ns_per_req,p99_ns,verdict,valid,"
        text += "invalid_reason\n"
        for block in 0..<launches {
            for (index, cell) in cells.enumerated() {
                let order = block.isMultiple(of: 2) ? offset : 1 - offset
                let second = (late ? 1_800 : 0) + (block * cells.count + index) * 2 + order
                let time = "2026-11-23T10:\(two(second / 60)):\(two(second % 60))Z"
                func noise() -> Double { 1 + 0.01 * (2 * generator.nextOpenUnit() - 1) }
                let change = index == 0 ? 1 + slower : 1
                text += "switchyard.runs/1,\(time),\(cell),"
                text += fixed(50_000 * noise() / change, decimals: 1) + ","
                text += fixed(9_000 * noise() * change, decimals: 1) + ","
                text += fixed(2_000_000 * noise() * change, decimals: 0) + ",valid,1,\n"
            }
        }
        return text
    }

    static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    static func manifest(_ hardware: String) -> String {
        #"{"fingerprint": {"hw_id": "\#(hardware)", "sw_id": "s"}}"#
    }

    @Test("an interleaved design proves what is there, and only that")
    func interleaved() throws {
        let desk = try Desk([
            "base.csv": Self.run(seed: 1),
            "cand.csv": Self.run(slower: 0.08, offset: 1, seed: 2),
        ])
        let outcome = desk.compare("@base.csv @cand.csv")
        #expect(outcome.status == .success)
        let golden = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Golden/compare.txt")
        if outcome.output != (try String(contentsOf: golden, encoding: .utf8)) {
            let actual = FileManager.default.temporaryDirectory
                .appending(path: "actual-compare.txt")
            try outcome.output.write(to: actual, atomically: true, encoding: .utf8)
            Issue.record("differs: diff '\(golden.path)' '\(actual.path)'; copy it if it is right")
        }
        let table = try desk.read("out/compare.csv")
        #expect(table.hasPrefix("schema,cell_id,metric,unit,better,tier,base,cand,ratio,ci_lo"))
        #expect(table.split(separator: "\n").count == 7)
        #expect(try desk.read("out/report.md").contains("2 worse"))
        let json = try JSONSerialization.jsonObject(
            with: Data(try desk.read("out/compare.json").utf8))
        #expect((json as? [String: Any])?["schema"] as? String == "switchyard.comparison/1")
    }

    @Test("runs made one after the other prove nothing, and the output says why")
    func sequential() throws {
        let desk = try Desk([
            "base/runs.csv": Self.run(seed: 1), "base/manifest.json": Self.manifest("one"),
            "cand/runs.csv": Self.run(slower: 0.3, late: true, seed: 2),
            "cand/manifest.json": Self.manifest("one"),
        ])
        let outcome = desk.compare("@base @cand")
        #expect(outcome.status == .success)
        #expect(outcome.output.contains("0 better, 0 worse, 0 same, 6 unproven\n"))
        #expect(
            outcome.output.contains("sequential: one side was measured after the other"))
        #expect(outcome.output.contains("+30."), "the estimate is still shown")
    }

    @Test("another machine is exit status 13 unless asked for, and then nothing is proved")
    func otherMachine() throws {
        let desk = try Desk([
            "base/runs.csv": Self.run(seed: 1), "base/manifest.json": Self.manifest("one"),
            "cand/runs.csv": Self.run(slower: 0.3, offset: 1, seed: 2),
            "cand/manifest.json": Self.manifest("two"),
        ])
        let refused = desk.compare("@base @cand")
        #expect(refused.status == .otherMachine && refused.output.isEmpty)
        #expect(refused.errors.contains("different machines; measure both on one, or add --across"))
        let shown = desk.compare("@base @cand --across-machines")
        #expect(shown.status == .success)
        #expect(shown.output.contains("0 worse, 0 same, 6 unproven"))
    }

    @Test("tables of one's own are compared by named columns")
    func foreign() throws {
        var base = "who,size,round,ms\n"
        var candidate = base
        for round in 0..<16 {
            base += "a,1,\(round),\(100 + round % 3)\nb,1,\(round),\(50 + round % 3)\n"
            candidate += "a,1,\(round),\(120 + round % 2)\nb,1,\(round),\(50 + round % 3)\n"
        }
        let desk = try Desk(["base.csv": base, "cand.csv": candidate])
        let paired = desk.compare(
            "@base.csv @cand.csv --key who,size --metric ms:lower --pair-by round")
        #expect(paired.status == .success)
        #expect(paired.output.contains("2 comparisons: 0 better, 1 worse, 1 same, 0 unproven"))
        let unpaired = desk.compare("@base.csv @cand.csv --key who,size --metric ms:lower")
        #expect(unpaired.output.contains("0 worse, 0 same, 2 unproven"))
        #expect(unpaired.output.contains("unknown-order: the tables don't say in which order"))
    }

    @Test("cells without a partner are named")
    func unequalCells() throws {
        let desk = try Desk([
            "base.csv": Self.run(seed: 1),
            "cand.csv": Self.run(offset: 1, cells: ["h1/single/w1/c64", "new"], seed: 2),
        ])
        let output = desk.compare("@base.csv @cand.csv").output
        #expect(output.contains("only in @base.csv: h1/sharded:hash/w1/c64; of these nothing"))
        #expect(output.contains("only in @cand.csv: new; of these nothing is known"))
    }

    @Test(
        "what can't be compared is one line that says what to do",
        arguments: [
            ("@absent @good.csv", Basis.ExitStatus.usage, "there is no @absent"),
            ("@good.csv", .usage, "compare takes a base and a candidate, not 1 names"),
            ("@folder @good.csv", .usage, "@folder holds no runs.csv"),
            (
                "@empty.csv @good.csv", .failure,
                "@empty.csv is no table: line 1: there is no header"
            ),
            ("@bare.csv @good.csv", .failure, "@bare.csv has no rows"),
            ("@torn.csv @good.csv", .failure, "@torn.csv is no table: line 3: 2 fields under"),
            ("@mixed.csv @good.csv", .failure, "@mixed.csv mixes rows of the schemas"),
            ("@old.csv @good.csv", .failure, "@old.csv has the schema 'runs/0'"),
            ("@foreign.csv @good.csv", .usage, "@foreign.csv is no table of switchyard run"),
            ("@other.csv @good.csv", .otherMachine, "have no cell in common"),
            (
                "@letters.csv @good.csv", .failure,
                "@letters.csv line 4: 'fast' under rps is not a number"
            ),
            ("@hex.csv @good.csv", .failure, "@hex.csv line 2: '0x10' under rps is not a number"),
            ("@sides.csv @good.csv", .usage, "@sides.csv holds several sides of a gate: base, c"),
            ("@failed.csv @good.csv", .failure, "no figure of @failed.csv can be compared"),
            ("@cpu.csv @rate.csv", .failure, "no figure of @cpu.csv can be compared"),
            ("@binary.csv @good.csv", .failure, "@binary.csv is not UTF-8 text"),
            ("@foreign.csv @foreign.csv --key wh --metric ms:lower", .usage, "no column 'wh'"),
            ("@foreign.csv @foreign.csv --key who --metric ms", .usage, "which way is better"),
            ("@foreign.csv @foreign.csv --key who --metric ms:up", .usage, "is not COL:lower"),
            ("@good.csv @good.csv --metric rsp:higher", .usage, "did you mean 'rps'?"),
            ("@badmanifest @good.csv", .failure, "manifest.json is no manifest"),
        ])
    func refused(arguments: String, status: Basis.ExitStatus, words: String) throws {
        let good = Self.run(launches: 2, seed: 1)
        let desk = try Desk([
            "good.csv": good, "folder/readme": "", "empty.csv": "",
            "bare.csv": "schema,cell_id,rps\n", "torn.csv": "a,b,c\n1,2,3\n1,2\n1,2,3\n",
            "mixed.csv": good + good.split(separator: "\n")[1].replacing("runs/1", with: "runs/2")
                + "\n", "old.csv": good.replacing("switchyard.runs/1", with: "runs/0"),
            "foreign.csv": "who,ms\na,1\n", "badmanifest/runs.csv": good,
            "badmanifest/manifest.json": "{",
            "other.csv": Self.run(launches: 2, cells: ["other"], seed: 1),
            "letters.csv":
                "schema,cell_id,rps\n\nswitchyard.runs/1,a,1\nswitchyard.runs/1,a,fast\n",
            "hex.csv": "schema,cell_id,rps\nswitchyard.runs/1,a,0x10\n",
            "sides.csv": "schema,side,cell_id,rps\nswitchyard.runs/1,base,a,1\n"
                + "switchyard.runs/1,cand,a,1\n",
            "failed.csv": good.replacing(",1,\n", with: ",0,\n"),
            "cpu.csv": "schema,cell_id,srv_cpu_ns_per_req\nswitchyard.runs/1,a,1\n",
            "rate.csv": "schema,cell_id,rps\nswitchyard.runs/1,a,1\n",
        ])
        try Data([0x1F, 0x8B, 0xFF]).write(to: desk.url.appending(path: "binary.csv"))
        let outcome = desk.compare(arguments)
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1 && outcome.output.isEmpty)
    }

    @Test("a torn last line is left out and said")
    func tornLastLine() throws {
        let desk = try Desk([
            "base.csv": Self.run(seed: 1) + "switchyard.runs/1,2026",
            "cand.csv": Self.run(offset: 1, seed: 2),
        ])
        let outcome = desk.compare("@base.csv @cand.csv")
        #expect(outcome.status == .success)
        #expect(outcome.output.contains("@base.csv: the last line was cut short and is left out"))
    }

    /// Two tables of one launch in each of many cells; `moved` cells differ by far.
    private static func many(cells: Int, moved: Int) -> [String: String] {
        var files = ["base.csv": "who,ms\n", "cand.csv": "who,ms\n"]
        for cell in 0..<cells {
            files["base.csv"]? += "c\(cell),100\n"
            files["cand.csv"]? += "c\(cell),\(cell >= cells - moved ? 150 : 101)\n"
        }
        return files
    }

    @Test("of many rows those that moved most are drawn, and the rest is counted")
    func forestRows() throws {
        let desk = try Desk(Self.many(cells: 500, moved: 59))
        let outcome = desk.compare("@base.csv @cand.csv --key who --metric ms:lower")
        #expect(outcome.status == .success)
        #expect(try desk.read("out/compare.csv").split(separator: "\n").count == 501)
        let drawn = try desk.read("out/forest.csv").split(separator: "\n")
        #expect(drawn.count == 61 && drawn[1].contains(",c0,") && drawn[2].contains(",c441,"))
        if Plotter.isAvailable {
            #expect(try desk.read("out/plots/forest.svg").contains("(60 of 500 rows)"))
        }
    }

    @Test("a comparison leaves no figure of the one before it in its folder")
    func staleFigure() throws {
        let desk = try Desk(
            Self.many(cells: 3, moved: 1).merging(
                ["out/forest.csv": "old", "out/plots/forest.svg": "old"]) { $1 })
        _ = desk.compare("@base.csv @cand.csv --key who --metric ms:lower --plots @absent")
        #expect(!FileManager.default.fileExists(atPath: desk.path("out/forest.csv")))
        #expect(!FileManager.default.fileExists(atPath: desk.path("out/plots/forest.svg")))
    }

    @Test(
        "a run is named as for other commands: latest, its name, a link with or without a slash",
        arguments: ["latest", "one", "@results/latest", "@results/latest/", "@results/one/"])
    func runNames(name: String) throws {
        let desk = try Desk([
            "results/one/runs.csv": Self.run(seed: 1),
            "results/one/manifest.json": Self.manifest("one"),
            "results/two/runs.csv": Self.run(offset: 1, seed: 2),
            "results/two/manifest.json": Self.manifest("one"),
        ])
        try FileManager.default.createSymbolicLink(
            atPath: desk.path("results/latest"), withDestinationPath: "one")
        let outcome = desk.compare("\(name) two --results @results")
        #expect(outcome.status == .success, "\(outcome.errors)")
        #expect(outcome.output.contains("base       @results/one\n"))
        #expect(outcome.output.contains("candidate  @results/two\n"))
        let absent = desk.compare("latets two --results @results")
        #expect(absent.status == .usage && absent.errors.contains("did you mean latest?"))
    }

    /// Twenty rows whose column `p` is given.
    private static func joined(_ figure: Double, by pair: (Int) -> String) -> String {
        "cell,p,lat\n" + (0..<20).map { "c,\(pair($0)),\(figure + Double($0 % 7))\n" }.joined()
    }

    @Test("rows that name no pair are not joined, and those without a partner are counted")
    func partnerless() throws {
        let desk = try Desk([
            "none.csv": Self.joined(100) { _ in "" }, "some.csv": Self.joined(100) { "\($0)" },
            "later.csv": Self.joined(130) { "\($0 + 10)" },
        ])
        let options = "--key cell --metric lat:lower --pair-by p"
        let empty = desk.compare("@none.csv @none.csv \(options)")
        #expect(empty.output.contains("0 better, 0 worse, 0 same, 1 unproven"))
        #expect(empty.output.contains("20 rows of @none.csv have no partner with the same p\n"))
        let half = desk.compare("@some.csv @later.csv \(options)")
        #expect(half.output.contains("10 rows of @some.csv have no partner with the same p\n"))
        #expect(half.output.contains("10 rows of @later.csv have no partner with the same p\n"))
        #expect(try desk.read("out/compare.csv").contains(",10,10,"))
    }

    /// Launches at these seconds and slots.
    private static func launches(_ times: [(second: Int, slot: Int)], _ figure: Double) -> String {
        "schema,time_utc,slot,cell_id,rps\n"
            + times.map {
                "switchyard.runs/1,2026-11-23T10:00:\(two($0.second))Z,\($0.slot),c,\(figure)\n"
            }.joined()
    }

    @Test("one side behind the other is sequential, however few launches there are")
    func fewSequential() throws {
        for (base, candidate) in [([0, 2], [4, 6]), ([0], [2, 4, 6, 8]), ([0, 2, 4], [6])] {
            let desk = try Desk([
                "base.csv": Self.launches(base.map { ($0, $0) }, 100),
                "cand.csv": Self.launches(candidate.map { ($0, $0) }, 90),
            ])
            let outcome = desk.compare("@base.csv @cand.csv")
            #expect(outcome.output.contains("sequential: one side"), "\(base) \(candidate)")
        }
    }

    @Test("launches of one second are ordered by their slots")
    func slots() throws {
        // ABBA within each second.
        let desk = try Desk([
            "base.csv": Self.launches((0..<12).flatMap { [($0, 0), ($0, 3)] }, 100),
            "cand.csv": Self.launches((0..<12).flatMap { [($0, 1), ($0, 2)] }, 90),
        ])
        _ = desk.compare("@base.csv @cand.csv")
        #expect(try desk.read("out/compare.csv").contains(",interleaved,"))
    }
}
