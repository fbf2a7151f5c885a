import Basis
import Foundation
import Platform
import TestSupport
import Testing

@Suite("installing")
struct InstallTests {
    private static func built() throws -> String { folderPart(of: try Programs.own("switchyard")) }

    /// `make install` of the programs of this build, below `usr` of a folder.
    private func install(into folder: TemporaryFolder) throws -> Script {
        try Script(
            "make",
            [
                "-C", Script.root, "install", "PREFIX=/usr", "DESTDIR=\(folder.path)",
                "BUILD=\(Self.built())",
            ])
    }

    private static func names(_ folder: String, _ ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(Script.root)/\(folder)")
            .filter { $0.hasSuffix(ending) }
    }

    private static func expected() throws -> Set<String> {
        var files: Set = [
            "share/switchyard/plots/README.md", "share/switchyard/installed.txt",
            "share/switchyard/Protos/switchyard/v1/bench.proto",
            "share/switchyard/Protos/grpc/health/v1/health.proto",
            "share/doc/switchyard/README.md", "share/doc/switchyard/CHANGELOG.md",
            "share/doc/switchyard/LICENSE",
        ]
        for name in Documented.programs {
            files.formUnion([
                "bin/\(name)", "share/man/man1/\(name).1",
                "share/bash-completion/completions/\(name)",
                "share/zsh/site-functions/_\(name)", "share/fish/vendor_completions.d/\(name).fish",
            ])
        }
        for name in try names("Benchmarks", ".json5") {
            files.insert("share/switchyard/Benchmarks/\(name)")
        }
        for name in try names("plots", ".gp") { files.insert("share/switchyard/plots/\(name)") }
        return files
    }

    /// A matrix of one cell, half a second long.
    private static let tiny = """
        {
          defaults: {connections: 2, rate: "500", warmup: "0s", duration: "300ms", repeat: 1},
          axes: {pattern: ["single"]},
        }
        """

    @Test("everything lands below DESTDIR, works there, and goes again but for what is another's")
    func wholeWay() throws {
        let folder = try TemporaryFolder()
        let ending = try install(into: folder)
        try #require(ending.status == 0, "\(ending.errors)")
        #expect(Set(folder.files(below: "usr")) == (try Self.expected()))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["usr"])

        try matricesAreFound(folder.file("usr/bin/switchyard"))
        try figuresAreDrawn(folder.file("usr/bin/switchyard"))
        try documentsAreFound(folder.file("usr/share"))
        let own = try folder.write("", "usr/share/switchyard/Benchmarks/mine.json5")

        let removal = try Script(
            "make",
            ["-C", Script.root, "uninstall", "PREFIX=/usr", "DESTDIR=\(folder.path)"])
        #expect(removal.status == 0, "\(removal.errors)")
        #expect(folder.files(below: "usr") == ["share/switchyard/Benchmarks/mine.json5"])
        try FileManager.default.removeItem(atPath: own)
        let again = try Script(
            "scripts/install", ["--remove", "/usr"], ["DESTDIR": folder.path])
        #expect(again.status == 1 && again.errors.contains("nothing is installed"))
    }

    private func matricesAreFound(_ program: String) throws {
        let folder = try TemporaryFolder()
        let list = try Script(program, ["list", "--matrices"], in: folder.path)
        let known = try Self.names("Benchmarks", ".json5").map { String($0.dropLast(6)) }.sorted()
        #expect(list.lines == known)
        let asJSON = try Script(program, ["list", "--matrices", "--json"], in: folder.path)
        #expect(
            try JSONValue(parsing: asJSON.output) == [
                "schema": "switchyard.matrices/1", "matrices": .array(known.map { .string($0) }),
            ])
        for arguments in [["saturation"], ["Benchmarks/default.json5"], []] {
            let plan = try Script(program, ["plan"] + arguments, in: folder.path)
            #expect(plan.status == 0, "\(arguments): \(plan.errors)")
        }
        let unknown = try Script(program, ["plan", "saturatoin"], in: folder.path)
        #expect(unknown.status == 64 && unknown.errors.split(separator: "\n").count == 1)
        #expect(
            unknown.errors.hasPrefix(
                "switchyard: there is no matrix 'saturatoin'; did you mean saturation? name a file")
        )
        for name in known { #expect(unknown.errors.contains(name)) }
        // A file of the user's own comes before one that has its name.
        try folder.write("{ nonsense", "churn")
        let own = try Script(program, ["plan", "churn"], in: folder.path)
        #expect(own.status == 64 && own.errors.contains("churn: line 1,"), "\(own.errors)")
    }

    /// By the programs that look for them.
    private func documentsAreFound(_ share: String) throws {
        let library = "/usr/share/bash-completion/bash_completion"
        for name in Documented.programs {
            if Programs.isPresent("man") {
                let page = try Script("man", ["-M", "\(share)/man", "-w", name])
                #expect(page.lines == ["\(share)/man/man1/\(name).1"], "\(page.errors)")
            }
            guard FileManager.default.fileExists(atPath: library) else { continue }
            let loaded = try Script.shell(
                "source \(library); _completion_loader \(name); complete -p \(name)",
                ["XDG_DATA_DIRS": share])
            let function = name.map { $0 == "-" ? "_" : "\($0)" }.joined()
            #expect(loaded.output == "complete -F _\(function) \(name)\n", "\(loaded.errors)")
        }
    }

    private func figuresAreDrawn(_ program: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.tiny, "tiny.json5")
        // Another's scripts in the working directory are not run.
        try folder.write("exit status 1\n", "plots/style.gp")
        try folder.write("exit status 1\n", "plots/strange.gp")
        let run = try Script(program, ["run", "-q", "tiny.json5"], in: folder.path)
        // Where other tests run the launch may not count.
        #expect([0, 12].contains(run.status), "\(run.errors)")
        #expect(!run.errors.contains("strange"))
        if Programs.isPresent("gnuplot") {
            let reference = "\(Script.root)/results/reference"
            for file in ["cells.csv", "runs.csv", "workers.csv", "manifest.json"] {
                let copied = try Script(
                    "cp", ["\(reference)/\(file)", folder.file("results/latest/\(file)")])
                #expect(copied.status == 0, "\(copied.errors)")
            }
            let plot = try Script(program, ["plot"], in: folder.path)
            #expect(plot.status == 0 && plot.errors == "", "\(plot.errors)")
            let drawn = Set(plot.lines.map(namePart))
            #expect(drawn.isSuperset(of: ["cost.svg", "throughput.svg"]), "\(plot.output)")
        }
        let nothing = try Script(
            program, ["run", "-q", "tiny.json5"], ["PATH": "/nonexistent"], in: folder.path)
        #expect([0, 12].contains(nothing.status), "\(nothing.errors)")
        let notes = nothing.errors.split(separator: "\n").filter { $0.contains("gnuplot") }
        #expect(
            notes == [
                "note: gnuplot is not installed, so nothing is drawn; run: apt-get install"
                    + " gnuplot-nox"
            ], "\(nothing.errors)")
    }

    @Test(
        "what can't be installed is refused in one line",
        arguments: [
            (["usr", "/"], "is no path from the root"), ([], "is no path from the root"),
            (["/usr", "/nonexistent"], "there is no program switchyard in /nonexistent"),
        ] as [([String], String)])
    func refusals(arguments: [String], words: String) throws {
        let folder = try TemporaryFolder()
        let ending = try Script("scripts/install", arguments, ["DESTDIR": folder.path])
        #expect(ending.status == 1 && ending.errors.contains(words), "\(ending.errors)")
        #expect(ending.errors.split(separator: "\n").count == 1)
        #expect(folder.files() == [])
    }

    @Test(
        "a list that leads elsewhere is not followed",
        arguments: ["../outside", "share/../../outside", "/outside"])
    func foreignList(line: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("", "outside")
        try folder.write("", "usr/bin/switchyard")
        try folder.write("bin/switchyard\n\(line)\n", "usr/share/switchyard/installed.txt")
        let ending = try Script("scripts/install", ["--remove", "/usr"], ["DESTDIR": folder.path])
        #expect(ending.status == 1 && ending.errors.contains("not removed"), "\(ending.errors)")
        #expect(folder.files().count == 3)
    }
}
